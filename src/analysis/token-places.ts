/** Where tokens begin in the source of a prompt, and where the cache keeps a state of it. */
import { inspectRequest } from "../core/replay/serve-request.ts";
import { type StaticPrefix, sourceOffsetOf, sourceOfToken } from "../prompt/static-prefix.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import type { Studied } from "./study.ts";

export interface TokenPlaces {
  /**
   * UTF-16 offsets in the document of the prompt at which a token begins, ascending: those of the shared prefix as they are
   * sent; those of static text behind it as if it stood alone, so that the first and the last of a text may be other ones.
   */
  readonly starts: readonly number[];
  /** States that the cache holds at the end of the workload, as far as they lie in the shared prefix. */
  readonly states: readonly { readonly offset: number; readonly tokens: number }[];
}

/** Of one template, by its index. */
export function tokenPlaces(
  studied: Studied,
  index: number,
  { areStartsWanted }: { readonly areStartsWanted: boolean },
): TokenPlaces {
  const template = studied.templates[index]!;
  const prefix = studied.prefixes[index]!;
  const placeOf = (token: number) => {
    const [run] = sourceOfToken(prefix, token);
    return run === undefined || run.text.path !== template.path ? null : sourceOffsetOf(run.text, run.start);
  };
  const starts = () => {
    const leading = Array.from(prefix.tokens, (_, token) => placeOf(token)).filter((at) => at !== null);
    const end = prefix.end ?? Number.POSITIVE_INFINITY;
    const behind = startsBehind(prefix, studied.tokenizer, template.path).filter((at) => at >= end);
    return [...new Set([...leading, ...behind])].sort((a, b) => a - b);
  };
  return {
    starts: areStartsWanted ? starts() : [],
    states: statesIn(studied, index, prefix).flatMap((tokens) => {
      // A state stands behind its last token.
      const offset = tokens >= prefix.tokens.length ? prefix.end : placeOf(tokens);
      return offset === null ? [] : [{ offset, tokens }];
    }),
  };
}

function startsBehind({ texts }: StaticPrefix, tokenizer: Tokenizer, path: string): readonly number[] {
  return texts
    .filter((text) => text.path === path)
    .flatMap((text) => {
      const { ends } = tokenizer.encodeWithEnds(text.text);
      return [0, ...ends.subarray(0, Math.max(0, ends.length - 1))].map((unit) => sourceOffsetOf(text, unit));
    });
}

/** In tokens, ascending; none where the model has no states. */
function statesIn(
  { cache, input, workload }: Studied,
  index: number,
  { tokens }: StaticPrefix,
): readonly number[] {
  const sample = workload.requestsOf[index]?.[0];
  if (!cache.needsCheckpoints || sample === undefined || tokens.length === 0) return [];
  const { checkpoints } = inspectRequest(input, cache, sample, tokens.length);
  return checkpoints.filter((position) => position > 0 && position <= tokens.length);
}
