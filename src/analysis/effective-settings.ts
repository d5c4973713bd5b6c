import { configFileName, configuredSettings } from "../config/config.ts";
import { parseConfig } from "../config/parse-config.ts";
import { type AnalysisSettings, defaultSettings, UserError } from "../config/settings.ts";
import type { SourceDocument } from "../prompt/format.ts";
import type { ModelReader, SettingsInForce } from "./model-in-force.ts";
import { resolveScenario } from "./scenario.ts";

/**
 * The settings in force: what the user chose, else what promptcache.json says, else the defaults. Throws `UserError` where the
 * file names what is not known, or asks for what cannot be had, and nobody chose otherwise.
 */
export function effectiveSettings(
  config: SourceDocument | null,
  chosen: Partial<AnalysisSettings>,
  readModel: ModelReader = (settings) => settings,
): SettingsInForce {
  const configured = configuredSettings(parseConfig(config).value);
  const settings = { ...defaultSettings, ...configured, ...chosen };
  const read = (given: AnalysisSettings) => readModel(given, chosen.model !== undefined);
  const isFileAsked = Object.keys(configured).some((key) => !(key in chosen));
  const fault = isFileAsked ? faultOf(() => read(settings)) : null;
  // What would be wrong without the file as well is not its fault.
  if (fault !== null && faultOf(() => read({ ...defaultSettings, ...chosen })) === null) {
    throw new UserError(`In ${configFileName}: ${fault}`);
  }
  return read(settings);
}

function faultOf(settings: () => SettingsInForce): string | null {
  try {
    resolveScenario(settings());
    return null;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
