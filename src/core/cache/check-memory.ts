import { CostError } from "../cost/cost-error.ts";
import type { StateCost } from "./cache-system.ts";

/** Throws `CostError` when no layer of the model has a state that could be cached, or the capacity is negative or no number. */
export function checkMemory(
  capacityBytes: number,
  { kvBytesPerToken, checkpointBytes }: Pick<StateCost, "kvBytesPerToken" | "checkpointBytes">,
): void {
  checkCapacity(capacityBytes);
  checkStates(kvBytesPerToken > 0 || checkpointBytes > 0);
}

export function checkCapacity(capacityBytes: number): void {
  if (capacityBytes >= 0) return;
  throw new CostError(`The capacity is ${capacityBytes} bytes; a cache needs 0 or more.`);
}

export function checkStates(hasAny: boolean): void {
  if (hasAny) return;
  throw new CostError("The model has no layer whose state could be cached: neither KV nor recurrent state.");
}
