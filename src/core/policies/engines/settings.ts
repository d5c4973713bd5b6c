/** What the settings of servers have in common. */
import type { PolicyContext, SettingValue } from "../policy.ts";

export function presentFirst<T extends SettingValue>(present: T, values: readonly T[]): readonly T[] {
  return [present, ...values.filter((value) => value !== present)];
}

/** Without recurrent layers a server has no states to place. */
export function isHybrid({ cost }: PolicyContext): boolean {
  return cost.checkpointBytes > 0;
}
