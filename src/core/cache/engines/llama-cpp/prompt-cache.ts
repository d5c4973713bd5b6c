/**
 * The host prompt cache of llama.cpp's server (`--cache-ram`): whole sequences with their states and checkpoints.
 * Source: ggml-org/llama.cpp tools/server/server-task.cpp, `server_prompt_cache`; for the bytes src/llama-kv-cache.cpp and
 * src/llama-memory-recurrent.cpp, `state_write`.
 */
import type { LlamaCppOptions } from "./options.ts";
import type { Sequence } from "./sequence.ts";
import type { SequenceOrder } from "./sequence-order.ts";

/** A saved token has its position, the number of its sequences and the one that it is in, beside its KV. */
const bytesPerSavedToken = 12;
/** A sequence that would keep less of itself is not taken back. */
const leastKept = 0.25;

type Sizes = Pick<LlamaCppOptions, "kvBytesPerToken" | "stateBytes" | "promptCacheBytes" | "contextTokens">;

export class HostPromptCache {
  /** Oldest first. */
  readonly #saved = new Set<Sequence>();
  readonly #order: SequenceOrder<Sequence>;
  readonly #sizes: Sizes;
  #bytes = 0;
  #tokens = 0;

  /** `order` holds these sequences and those of the slots. */
  constructor(order: SequenceOrder<Sequence>, sizes: Sizes) {
    this.#order = order;
    this.#sizes = sizes;
  }

  get sequences(): Iterable<Sequence> {
    return this.#saved;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Of a sequence with its state and its checkpoints, less the headers of its layers. */
  bytesOf({ tokens, checkpoints }: Sequence): number {
    const { kvBytesPerToken, stateBytes } = this.#sizes;
    const kvBytes = kvBytesPerToken > 0 ? tokens.length * (kvBytesPerToken + bytesPerSavedToken) : 0;
    return kvBytes + (1 + checkpoints.length) * stateBytes;
  }

  /**
   * The sequence of a slot, which is in the order. It is not saved where a saved one begins with it; saved ones that it
   * begins with go. Returns whether it was: then it is no longer the slot's.
   */
  save(sequence: Sequence): boolean {
    if (this.#order.beginningWith(sequence).some((other) => this.#saved.has(other))) return false;
    for (const beginning of this.#order.beginningsOf(sequence)) this.#remove(beginning);
    this.#saved.add(sequence);
    this.#bytes += this.bytesOf(sequence);
    this.#tokens += sequence.tokens.length;
    return true;
  }

  /**
   * The saved sequence that a slot should rather go on with: more of it is kept, and more of the prompt is shared, than of any
   * other before it, and of the slot's own. What is shared was measured. Ratios are those of 32 bits that the server has.
   */
  better(own: Sequence | null, promptTokens: number): Sequence | null {
    let best: Sequence | null = null;
    let keptShare = own === null ? -1 : Math.fround(own.shared / own.tokens.length);
    let similarity = Math.fround((own?.shared ?? 0) / promptTokens);
    for (const saved of this.#saved) {
      const kept = Math.fround(saved.shared / saved.tokens.length);
      const similar = Math.fround(saved.shared / promptTokens);
      if (kept < leastKept || kept <= keptShare || similar <= similarity) continue;
      best = saved;
      keptShare = kept;
      similarity = similar;
    }
    return best;
  }

  /** Away from here, to a slot; the order keeps it. */
  take(sequence: Sequence): void {
    if (!this.#saved.delete(sequence)) return;
    this.#bytes -= this.bytesOf(sequence);
    this.#tokens -= sequence.tokens.length;
  }

  /** The oldest go until the rest fits; one always stays. Returns those that went. */
  shrink(): Sequence[] {
    const { promptCacheBytes, contextTokens } = this.#sizes;
    const gone: Sequence[] = [];
    const isTooMuch = () =>
      Number.isFinite(promptCacheBytes) ? this.#bytes > promptCacheBytes : this.#tokens > contextTokens;
    for (const oldest of this.#saved) {
      if (this.#saved.size <= 1 || !isTooMuch()) break;
      this.#remove(oldest);
      gone.push(oldest);
    }
    return gone;
  }

  #remove(sequence: Sequence): void {
    if (!this.#saved.has(sequence)) return;
    this.take(sequence);
    this.#order.delete(sequence);
  }
}
