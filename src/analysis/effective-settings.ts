import { configuredSettings } from "../config/config.ts";
import { parseConfig } from "../config/parse-config.ts";
import { type AnalysisSettings, defaultSettings } from "../config/settings.ts";
import type { SourceDocument } from "../prompt/format.ts";

/** The settings in force: what the user chose, else what promptcache.json says, else the defaults. */
export function effectiveSettings(
  config: SourceDocument | null,
  chosen: Partial<AnalysisSettings>,
): AnalysisSettings {
  return { ...defaultSettings, ...configuredSettings(parseConfig(config).value), ...chosen };
}
