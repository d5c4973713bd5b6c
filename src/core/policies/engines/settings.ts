/** What the settings of servers have in common. */
import { CostError } from "../../cost/cost-error.ts";
import type { Deployment, EngineSetting, PolicyContext, SettingValue } from "../policy.ts";

/** The flags of all settings that are flags, but for those whose value is the server's own choice; switches have none. */
export function flagsOf(
  settings: readonly EngineSetting[],
  chosen: readonly SettingValue[],
  own: readonly SettingValue[] = [],
): readonly string[] {
  return settings.flatMap(({ name }, at) => {
    const value = chosen[at]!;
    if (!name.startsWith("--") || value === "off" || own.includes(value)) return [];
    return [value === "on" ? name : `${name} ${value}`];
  });
}

/** As servers load it; a word for it where only bytes are known. */
export function modelName({ deployment }: PolicyContext): string {
  return deployment?.model.id ?? "MODEL";
}

/** The flag for GPUs that share a model; none for one. */
export function parallelFlag({ deployment }: PolicyContext, flag: string): readonly string[] {
  const ranks = deployment?.tensorParallel ?? 1;
  return ranks === 1 ? [] : [`${flag} ${ranks}`];
}

/** Each value once. */
export function presentFirst<T extends SettingValue>(present: T, values: readonly T[]): readonly T[] {
  return [...new Set([present, ...values])];
}

/** Throws `CostError` where states come back from host memory, and nobody has published how fast that is on this card. */
export function knownHostLink({ hostBytesPerSecond }: Deployment): number {
  if (hostBytesPerSecond !== null) return hostBytesPerSecond;
  throw new CostError(
    "This policy brings states back from host memory, and of this GPU no bandwidth to host memory is known: choose another GPU, or a policy without lower memories.",
  );
}

/** Without recurrent layers a server has no states to place. */
export function isHybrid({ cost }: PolicyContext): boolean {
  return cost.checkpointBytes > 0;
}
