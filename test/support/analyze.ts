/** Runs the whole pipeline on documents given as text. */
import { join } from "node:path";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { Report } from "../../src/analysis/report.ts";
import { type AnalysisSettings, defaultSettings } from "../../src/config/settings.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import type { ParseTools } from "../../src/prompt/format.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));

/** `files` maps paths to texts; `promptcache.json` is the configuration. */
export function analyze(
  files: Readonly<Record<string, string>>,
  settings: Partial<AnalysisSettings> = {},
  parseTools?: ParseTools,
): Report {
  const analyzer = createAnalyzer({ tokenizer, ...(parseTools && { parseTools }) });
  const { "promptcache.json": config, ...documents } = files;
  analyzer.setWorkspace(
    Object.entries(documents).map(([path, text]) => ({ path, text })),
    config === undefined ? null : { path: "promptcache.json", text: config },
    [],
  );
  const run = analyzer.run({ ...defaultSettings, ...settings });
  let step = run.next();
  while (step.done !== true) step = run.next();
  return step.value;
}

/** Sentences that do not repeat, `count` of them; about 14 tokens each. */
export function policyText(count: number, salt = ""): string {
  const lines: string[] = [];
  for (let i = 1; i <= count; i++) {
    lines.push(
      `Rule ${i}${salt}: when case number ${i * 7} applies, answer politely and cite section ${i * 3}.`,
    );
  }
  return lines.join("\n");
}
