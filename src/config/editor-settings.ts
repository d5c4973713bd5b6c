/** The settings as an editor's configuration holds them. */
import { type AnalysisSettings, type Setting, settingRows, type ValuesOf } from "./settings.ts";

/** What the keys stand below. */
export const section = "promptCacheLens";

type OfEditor = ValuesOf<"editor"> & ValuesOf<"reading">;

export interface Settings extends OfEditor {
  /** Only what the user set: promptcache.json decides the rest, then the default. */
  readonly chosen: Partial<AnalysisSettings>;
}

/** A value as the configuration holds it, and whether somebody set it. */
export interface RawSetting {
  readonly value: unknown;
  readonly isSet: boolean;
}

/** Never fails: what cannot be read is reported by key, and counts as not set. */
export function parseSettings(read: (key: string) => RawSetting, onInvalid: (key: string) => void): Settings {
  const chosen: [string, unknown][] = [];
  const inForce: [string, unknown][] = [];
  for (const [key, row] of settingRows) {
    if (row.inEditor === undefined) continue;
    const value = take(read(key), row);
    if (value === "invalid") onInvalid(key);
    const isUsable = typeof value === "object";
    if (row.concern !== "analysis") inForce.push([key, isUsable ? value.value : row.fallback]);
    else if (isUsable) chosen.push([key, value.value]);
  }
  const settings = { ...Object.fromEntries(inForce), chosen: Object.fromEntries(chosen) };
  return Object.freeze(settings as unknown as Settings);
}

function take(
  { value, isSet }: RawSetting,
  { kind }: Setting<unknown>,
): { value: unknown } | "invalid" | "unset" {
  if (!isSet) return "unset";
  const parsed = kind.parse(value);
  return parsed === null ? "invalid" : { value: parsed };
}
