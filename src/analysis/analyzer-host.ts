/** What the stages need of the outside world, and how they tell how far they are. */
import type { ParseTools } from "../prompt/format.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";

export interface AnalysisProgress {
  readonly done: number;
  readonly total: number;
}

/** What the pipeline needs from the outside world. */
export interface AnalyzerHost {
  /** The tokenizer of a shipped vocabulary (`cl100k`, `o200k`, `qwen3`); may load it on first use. */
  tokenizer(vocabulary: string): Tokenizer;
  /** For files of code; without them code holds no templates. */
  readonly parseTools?: ParseTools;
  /** Is told which file is looked into before that is done, and the empty string when none is. */
  onFile?(path: string): void;
}
