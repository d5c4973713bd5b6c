/** Everything that advice is made of, for documents given as text. */
import { join } from "node:path";
import { prepare, replayInput } from "../../../src/analysis/analyze.ts";
import { Documents } from "../../../src/analysis/documents.ts";
import { effectiveSettings } from "../../../src/analysis/effective-settings.ts";
import type { AnalysisSettings } from "../../../src/analysis/settings.ts";
import { drain } from "../../../src/core/steps.ts";
import { createTokenizerLoader } from "../../../src/files/vocabulary-files.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../../media/vocabularies"));

/** `files` maps paths to texts; `promptcache.json` is the configuration. */
export function prepareAdvice(
  files: Readonly<Record<string, string>>,
  settings: Partial<AnalysisSettings> = {},
) {
  const { "promptcache.json": config, ...texts } = files;
  const documents = new Documents();
  documents.replaceAll(Object.entries(texts).map(([path, text]) => ({ path, text })));
  const configuration = config === undefined ? null : { path: "promptcache.json", text: config };
  documents.setConfig(configuration);
  const prepared = drain(prepare({ tokenizer }, documents, effectiveSettings(configuration, settings)));
  return { ...prepared, known: replayInput(prepared) };
}
