/**
 * A trace as it was sent to a model that cannot say what the trace says: it answers with the successors of the prompt's last
 * token, and later prompts carry what it said.
 */
import { type OrderedSequence, SequenceOrder } from "../../../core/cache/engines/llama-cpp/sequence-order.ts";
import { concatTokens } from "../../../core/tokens/common-prefix.ts";

/** Input and output in one, and where the output begins. */
export interface TracedRequest {
  readonly tokens: Int32Array;
  readonly inputLength: number;
}

export interface SentRequest {
  readonly promptTokens: Int32Array;
  readonly outputTokens: Int32Array;
}

/** Behind its last token the answer begins again with 0. */
export const answerVocabulary = 32_000;

export function successorsOf(promptTokens: Int32Array, count: number): Int32Array {
  const last = promptTokens.at(-1) ?? 0;
  return Int32Array.from({ length: count }, (_, index) => (last + 1 + index) % answerVocabulary);
}

interface Earlier extends OrderedSequence {
  /** What was sent and answered in its place. */
  readonly served: Int32Array;
}

/**
 * A prompt takes over what was served of the earlier request that shares its longest prefix, the earliest among equals, as
 * far as they agree, and keeps its own tokens behind that.
 */
export function withSuccessorOutputs(requests: readonly TracedRequest[]): SentRequest[] {
  const order = new SequenceOrder<Earlier>();
  const earlier: Earlier[] = [];
  const sent: SentRequest[] = [];
  for (const { tokens, inputLength } of requests) {
    const promptTokens = tokens.slice(0, inputLength);
    order.measure(promptTokens);
    let nearest: Earlier | null = null;
    for (const each of earlier) if (each.shared > (nearest?.shared ?? 0)) nearest = each;
    if (nearest !== null) promptTokens.set(nearest.served.subarray(0, nearest.shared));
    const outputTokens = successorsOf(promptTokens, tokens.length - inputLength);
    sent.push({ promptTokens, outputTokens });
    const own = { tokens, shared: 0, served: concatTokens(promptTokens, outputTokens) };
    earlier.push(own);
    order.add(own);
  }
  return sent;
}
