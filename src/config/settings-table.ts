/**
 * Every setting, once: its key below `promptCacheLens`, its default, and how its value is read.
 * A test compares this table with package.json.
 */
import { type AnalysisSettings, defaultSettings } from "./settings.ts";

export const section = "promptCacheLens";

export interface Setting<T> {
  readonly fallback: T;
  /** `null` for a value that cannot be used. */
  parse(value: unknown): T | null;
}

/** A file of the project, so that only promptcache.json names it. */
type OfProject = "chatTemplate";

/** What the analysis is about: unless chosen, promptcache.json decides, then the default. */
export const analysisTable: {
  readonly [K in Exclude<keyof AnalysisSettings, OfProject>]: Setting<AnalysisSettings[K]>;
} = {
  model: text(defaultSettings.model),
  gpu: text(defaultSettings.gpu),
  tensorParallel: whole(defaultSettings.tensorParallel, 1, 1024),
  policy: text(defaultSettings.policy),
  capacity: text(defaultSettings.capacity, /^(auto|[0-9]+(\.[0-9]+)? ?([kKMGT]i?)?B?)$/),
  tokenizer: text(defaultSettings.tokenizer),
  sessions: whole(defaultSettings.sessions, 1, 10_000),
  turns: whole(defaultSettings.turns, 1, 1000),
  seed: whole(defaultSettings.seed, 0, 4_294_967_295),
};

/** What the editor does with it. */
export const editorTable = {
  enable: flag(true),
  "diagnostics.enabled": flag(true),
  "codeLens.enabled": flag(true),
  "codeLens.minimumTokens": whole(32, 0, 1_000_000),
  "hover.enabled": flag(true),
  include: texts(),
  exclude: texts(),
  maxFileBytes: whole(5_000_000, 1000, 100_000_000),
} as const;

type EditorValues = {
  readonly [K in keyof typeof editorTable]: (typeof editorTable)[K] extends Setting<infer T> ? T : never;
};

export interface Settings extends EditorValues {
  /** Only what the user set. */
  readonly chosen: Partial<AnalysisSettings>;
}

/** A value as the configuration holds it, and whether somebody set it. */
export interface RawSetting {
  readonly value: unknown;
  readonly isSet: boolean;
}

/** Never fails: what cannot be read is reported by key, and counts as not set. */
export function parseSettings(read: (key: string) => RawSetting, onInvalid: (key: string) => void): Settings {
  const take = (key: string, setting: Setting<unknown>): unknown => {
    const { value, isSet } = read(key);
    if (!isSet) return null;
    const parsed = setting.parse(value);
    if (parsed === null) onInvalid(key);
    return parsed;
  };
  const chosen = Object.entries(analysisTable)
    .map(([key, setting]) => [key, take(key, setting)] as const)
    .filter(([, value]) => value !== null);
  const editor = Object.entries<Setting<unknown>>(editorTable).map(
    ([key, setting]) => [key, take(key, setting) ?? setting.fallback] as const,
  );
  return Object.freeze({
    ...(Object.fromEntries(editor) as EditorValues),
    chosen: Object.fromEntries(chosen),
  });
}

function flag(fallback: boolean): Setting<boolean> {
  return { fallback, parse: (value) => (typeof value === "boolean" ? value : null) };
}

function text(fallback: string, pattern = /\S/): Setting<string> {
  return { fallback, parse: (value) => (typeof value === "string" && pattern.test(value) ? value : null) };
}

function whole(fallback: number, low: number, high: number): Setting<number> {
  return {
    fallback,
    parse: (value) =>
      typeof value === "number" && Number.isInteger(value) && value >= low && value <= high ? value : null,
  };
}

function texts(): Setting<readonly string[]> {
  return {
    fallback: [],
    parse: (value) =>
      Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "") ? value : null,
  };
}
