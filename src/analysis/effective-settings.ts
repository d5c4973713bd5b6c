import { configFileName, configuredSettings } from "../config/config.ts";
import { settingRange } from "../config/config-tree.ts";
import { parseConfig } from "../config/parse-config.ts";
import { type AnalysisSettings, defaultSettings, settingRows, UserError } from "../config/settings.ts";
import { CostError } from "../core/cost/cost-error.ts";
import type { SourceDocument } from "../prompt/format.ts";
import { t } from "../words/l10n.ts";
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
  for (const fault of faults.values())
    throw new UserError(t("In {configFileName}: {fault}", { configFileName, fault }));
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
    const message = t("{fault} Until then {settings} counts.", {
      fault,
      settings: JSON.stringify(settings[key]),
    });
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
  const faults = new Map(refused);
  for (let fault = first.fault; ; ) {
    const next = blamed(
      fault,
      free.filter((key) => !faults.has(key)),
      (key) => tried(() => read([...faults.keys(), key])),
    );
    faults.set(next.key, fault);
    if ("settings" in next.without) return { settings: next.without.settings, faults };
    fault = next.without.fault;
  }
}

/**
 * The key without which it works, else without which something else is wrong; of several the last, as the model is left in
 * force before all. The number of tries grows with the keys, however many of them are wrong.
 */
function blamed(
  fault: string,
  keys: readonly Key[],
  without: (key: Key) => Tried,
): { readonly key: Key; readonly without: Tried } {
  const all = keys.toReversed().map((key) => ({ key, without: without(key) }));
  return (
    all.find(({ without: each }) => "settings" in each) ??
    all.find(({ without: each }) => "fault" in each && each.fault !== fault) ??
    all[0]!
  );
}

type Tried = { readonly settings: SettingsInForce } | { readonly fault: string };

/** Settings that the analysis can work with, or what is wrong with them. */
function tried(read: () => SettingsInForce): Tried {
  try {
    const settings = read();
    resolveScenario(settings);
    return { settings };
  } catch (error) {
    if (error instanceof UserError || error instanceof CostError) return { fault: error.message };
    throw error;
  }
}
