import { CostError } from "../cost/cost-error.ts";
import type { StateCost } from "./cache-system.ts";

/** Throws `CostError` when no layer of the model has a state that could be cached, or the capacity is negative or no number. */
export function checkMemory(
  capacityBytes: number,
  { kvBytesPerToken, checkpointBytes }: Pick<StateCost, "kvBytesPerToken" | "checkpointBytes">,
): void {
  if (!(capacityBytes >= 0)) {
    throw new CostError(`The capacity is ${capacityBytes} bytes; a cache needs 0 or more.`);
  }
  if (kvBytesPerToken <= 0 && checkpointBytes <= 0) {
    throw new CostError(
      "The model has no layer whose state could be cached: neither KV nor recurrent state.",
    );
  }
}
