import { configFileName, configuredSettings } from "../config/config.ts";
import { settingRange } from "../config/config-tree.ts";
import { parseConfig } from "../config/parse-config.ts";
import { type AnalysisSettings, defaultSettings, settingRows, UserError } from "../config/settings.ts";
import { CostError } from "../core/cost/cost-error.ts";
import type { SourceDocument } from "../prompt/format.ts";
import type { ModelReader, SettingsInForce } from "./model-in-force.ts";
import type { DocumentProblem } from "./report.ts";
import { resolveScenario } from "./scenario.ts";

type Key = keyof AnalysisSettings;

const noReading: ModelReader = (settings) => settings;

/**
 * The settings in force: what the user chose, else what promptcache.json says, else the defaults. Throws `UserError` where the
 * file names what is not known, or asks for what cannot be had, and nobody chose otherwise.
 */
export function effectiveSettings(
  config: SourceDocument | null,
  chosen: Partial<AnalysisSettings>,
  read: ModelReader = noReading,
): SettingsInForce {
  const { settings, faults } = settled(config, chosen, read);
  for (const fault of faults.values()) throw new UserError(`In ${configFileName}: ${fault}`);
  return settings;
}

/**
 * The same where the file is being written: the default stands in for each of its values that cannot be used, and the settings
 * say so at the value. `refused` are values of the file that somebody else could not use, with the reason. Throws `UserError`
 * for what the user chose.
 */
export function usableSettings(
  config: SourceDocument | null,
  chosen: Partial<AnalysisSettings>,
  read: ModelReader = noReading,
  refused: ReadonlyMap<Key, string> = new Map(),
): SettingsInForce {
  const { settings, faults } = settled(config, chosen, read, refused);
  if (config === null || faults.size === 0) return settings;
  const unusable = [...faults].map(([key, fault]): DocumentProblem => {
    const message = `${fault} Until then ${JSON.stringify(settings[key])} counts.`;
    return { path: config.path, range: settingRange(config.text, key), severity: "error", message };
  });
  return { ...settings, unusable };
}

interface Settled {
  readonly settings: SettingsInForce;
  /** Keys of the file that were left out, and why. */
  readonly faults: ReadonlyMap<Key, string>;
}

function settled(
  config: SourceDocument | null,
  chosen: Partial<AnalysisSettings>,
  readModel: ModelReader,
  refused: ReadonlyMap<Key, string> = new Map(),
): Settled {
  const configured = configuredSettings(parseConfig(config).value);
  const read = (left: readonly Key[]) => {
    const said = Object.entries(configured).filter(([key]) => !left.includes(key as Key));
    const settings = { ...defaultSettings, ...Object.fromEntries(said), ...chosen };
    return readModel(settings, chosen.model !== undefined);
  };
  const asked = settingRows.map(([key]) => key as Key).filter((key) => key in configured && !(key in chosen));
  const given = [...refused.keys()];
  const free = asked.filter((key) => !refused.has(key));
  const first = free.length === 0 ? { settings: read(given) } : tried(() => read(given));
  if ("settings" in first) return { settings: first.settings, faults: refused };
  // What would be wrong without the file as well is not its fault.
  if ("fault" in tried(() => read(asked))) return { settings: read(given), faults: refused };
  const left = fewestLeft(free, (keys) => "settings" in tried(() => read([...given, ...keys])));
  const faults = left.map((key) => {
    const alone = tried(() => read([...given, ...left.filter((each) => each !== key)]));
    return [key, "fault" in alone ? alone.fault : first.fault] as const;
  });
  return { settings: read([...given, ...left]), faults: new Map([...refused, ...faults]) };
}

/** The smallest set of keys without which it works; of several that which leaves the keys in front: the model before all. */
function fewestLeft(keys: readonly Key[], works: (left: readonly Key[]) => boolean): readonly Key[] {
  const backwards = keys.toReversed();
  for (let size = 1; size < keys.length; size++) {
    for (const left of combinations(backwards, size)) if (works(left)) return left.toReversed();
  }
  return keys;
}

function* combinations<T>(items: readonly T[], size: number): Generator<readonly T[], void> {
  if (size === 0) yield [];
  for (let at = 0; size > 0 && at + size <= items.length; at++)
    for (const rest of combinations(items.slice(at + 1), size - 1)) yield [items[at]!, ...rest];
}

/** Settings that the analysis can work with, or what is wrong with them. */
function tried(
  read: () => SettingsInForce,
): { readonly settings: SettingsInForce } | { readonly fault: string } {
  try {
    const settings = read();
    resolveScenario(settings);
    return { settings };
  } catch (error) {
    if (error instanceof UserError || error instanceof CostError) return { fault: error.message };
    throw error;
  }
}
