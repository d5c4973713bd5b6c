/** Everything that advice is made of, for documents given as text. */
import { join } from "node:path";
import { effectiveSettings } from "../../../src/analysis/effective-settings.ts";
import { replayInput } from "../../../src/analysis/replay-input.ts";
import { Study } from "../../../src/analysis/study.ts";
import type { AnalysisSettings } from "../../../src/config/settings.ts";
import { drain } from "../../../src/core/steps.ts";
import { createTokenizerLoader } from "../../../src/hosts/node/vocabulary-files.ts";
import { noTools } from "../../../src/prompt/format.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../../media/vocabularies"));

/** `files` maps paths to texts; `promptcache.json` is the configuration. */
export function prepareAdvice(
  files: Readonly<Record<string, string>>,
  settings: Partial<AnalysisSettings> = {},
  parseTools = noTools,
) {
  const { "promptcache.json": config, ...texts } = files;
  const study = new Study({ tokenizer, parseTools });
  const { documents } = study;
  documents.replaceAll(Object.entries(texts).map(([path, text]) => ({ path, text })));
  const configuration = config === undefined ? null : { path: "promptcache.json", text: config };
  documents.setConfig(configuration);
  const prepared = drain(study.prepare(effectiveSettings(configuration, settings)));
  const spans = drain(study.spansOf(prepared));
  return { ...prepared, spans, known: replayInput(prepared), documents };
}
