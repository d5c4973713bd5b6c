/** The text of a first promptcache.json. */
import {
  type AnalysisSettings,
  type SettingKey,
  type SettingPlace,
  settingRows,
} from "../config/settings.ts";
import type { ScopeClaim } from "../prompt/template.ts";
import { harmless } from "../words/foreign.ts";
import { t } from "../words/l10n.ts";
import { listed } from "../words/lists.ts";
import { scopeWord } from "./scope-words.ts";

export interface FirstConfig {
  /** Those in force. */
  readonly settings: AnalysisSettings;
  /** Settings that the file does not hold. */
  readonly leftOut: readonly SettingKey[];
  /** What is thought of values that nobody has declared, by their names. */
  readonly holes: ReadonlyMap<string, ScopeClaim>;
  /** What requests of the workspace name. */
  readonly models: readonly string[];
}

/** Said also where they are the defaults: what is asked most. */
const alwaysSaid: readonly SettingKey[] = ["model", "gpu", "policy", "sessions", "turns"];

/** More names are not read. */
const mostHoles = 100;

/** What is in force, and what was inferred as comments: JSON with comments, in which every comment can be made an entry. */
export function firstConfig({ settings, leftOut, holes, models }: FirstConfig): string {
  const said = (place: SettingPlace) =>
    settingRows.flatMap(([key, { inFile, fallback }]) => {
      const value: unknown = settings[key as keyof AnalysisSettings];
      const isOther = JSON.stringify(value) !== JSON.stringify(fallback);
      const isSaid = inFile === place && !leftOut.includes(key) && (alwaysSaid.includes(key) || isOther);
      return isSaid ? [`${JSON.stringify(key)}: ${JSON.stringify(value)}`] : [];
    });
  const quoted = models.map((model) => inOneLine(JSON.stringify(model)));
  const requested = models.length === 0 ? [] : [t("// Requests of this workspace name {0}.", listed(quoted))];
  const entries = [
    ...said("top"),
    `"workload": {\n${indented(said("workload").join(",\n"))}\n}`,
    ...(holes.size === 0 ? [] : [`"holes": {\n${indented(holeLines(holes).join("\n"))}\n}`]),
  ];
  return `{\n${indented([...requested, entries.join(",\n")].join("\n"))}\n}\n`;
}

function holeLines(holes: ReadonlyMap<string, ScopeClaim>): readonly string[] {
  const lines = [...holes].slice(0, mostHoles).map(([name, claim]) => {
    const entry = `${JSON.stringify(name)}: { "scope": "${claim.scope}" },`;
    return inOneLine(`// ${entry} // ${scopeWord(claim)}: ${claim.reason}`);
  });
  const left = holes.size - lines.length;
  return [
    t("// How often values change, as it was inferred: declare what is so, and correct what is not."),
    ...lines,
    ...(left === 0 ? [] : [t("// {0} more", left)]),
  ];
}

function indented(lines: string): string {
  return lines.replace(/^/gm, "  ");
}

/** A comment ends with its line. */
function inOneLine(comment: string): string {
  return harmless(comment.replaceAll(/\s+/g, " "));
}
