/**
 * A trace as it is sent to a model that cannot say what the trace says: later prompts carry what it did say. One such model
 * answers with the successors of the prompt's last token.
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

interface Earlier extends OrderedSequence {
  /** What was sent and answered in its place. */
  readonly served: Int32Array;
}

/** The requests of a trace one after the other, with the answers that they get. */
export class AnsweredTrace {
  readonly #order = new SequenceOrder<Earlier>();
  readonly #earlier: Earlier[] = [];

  /**
   * The prompt of the next request. It takes over what was served of the earlier request that shares its longest prefix, the
   * earliest among equals, as far as they agree, and keeps its own tokens behind that.
   */
  prompt({ tokens, inputLength }: TracedRequest): Int32Array {
    const promptTokens = tokens.slice(0, inputLength);
    this.#order.measure(promptTokens);
    let nearest: Earlier | null = null;
    for (const each of this.#earlier) if (each.shared > (nearest?.shared ?? 0)) nearest = each;
    if (nearest !== null) promptTokens.set(nearest.served.subarray(0, nearest.shared));
    return promptTokens;
  }

  /** What was sent for the request, and answered; as many tokens as the trace's output has, or those that match it less. */
  answered({ tokens }: TracedRequest, { promptTokens, outputTokens }: SentRequest): void {
    const served = concatTokens(promptTokens, outputTokens);
    const own = { tokens: tokens.subarray(0, served.length), shared: 0, served };
    this.#earlier.push(own);
    this.#order.add(own);
  }
}

/** Behind its last token the answer begins again with 0. */
export const answerVocabulary = 32_000;

export function successorsOf(promptTokens: Int32Array, count: number): Int32Array {
  const last = promptTokens.at(-1) ?? 0;
  return Int32Array.from({ length: count }, (_, index) => (last + 1 + index) % answerVocabulary);
}

export function withSuccessorOutputs(requests: readonly TracedRequest[]): SentRequest[] {
  const trace = new AnsweredTrace();
  return requests.map((request) => {
    const promptTokens = trace.prompt(request);
    const outputTokens = successorsOf(promptTokens, request.tokens.length - request.inputLength);
    const sent = { promptTokens, outputTokens };
    trace.answered(request, sent);
    return sent;
  });
}
