/**
 * llama.cpp's server: a slot holds one sequence; the recurrent state of a hybrid model cannot be cut back, so that the server
 * keeps context checkpoints, and goes on from the newest one that the next prompt still shares. Sequences that make room
 * for others are saved in host memory, and taken back.
 * Source: ggml-org/llama.cpp tools/server/server-context.cpp and server-task.cpp, see `options.ts`; one request at a time.
 */

import { concatTokens } from "../../../tokens/common-prefix.ts";
import type {
  CacheContents,
  CacheSystem,
  HeldStates,
  Inspection,
  ServeContext,
  Served,
} from "../../cache-system.ts";
import { checkStates } from "../../check-memory.ts";
import { checkpointPrefill } from "./checkpoints.ts";
import type { LlamaCppOptions } from "./options.ts";
import { HostPromptCache } from "./prompt-cache.ts";
import type { Checkpoint, Sequence } from "./sequence.ts";
import { SequenceOrder } from "./sequence-order.ts";
import { chooseSlot, type Slot } from "./slots.ts";

/** In the words of a report. */
const hostMemory = "host prompt cache";

export class LlamaCppCache implements CacheSystem {
  readonly blockTokens = 1;
  readonly computedTokensAtLeast = 1;
  readonly keepsAnything = true;
  readonly #options: LlamaCppOptions;
  readonly #slots: readonly Slot[];
  /** Of the slots and of the host. */
  readonly #order = new SequenceOrder<Sequence>();
  readonly #host: HostPromptCache | null;
  #request = 0;
  #lastSlot = -1;

  constructor(options: LlamaCppOptions) {
    checkStates(options.kvBytesPerToken > 0 || options.stateBytes > 0);
    this.#options = options;
    this.#slots = Array.from({ length: options.slots }, (_, id) => ({ id, sequence: null, lastUsed: 0 }));
    this.#host = options.promptCacheBytes > 0 ? new HostPromptCache(this.#order, options) : null;
  }

  get needsCheckpoints(): boolean {
    return this.#options.stateBytes > 0;
  }

  /** The number of the slot that served the last request; −1 before the first. */
  get lastSlot(): number {
    return this.#lastSlot;
  }

  /** Bytes of the sequences that are saved in host memory, with their checkpoints. */
  get hostBytes(): number {
    return this.#host?.bytes ?? 0;
  }

  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served, context?: ServeContext): void {
    out.evictedNodes = 0;
    out.evictedBytes = 0;
    out.reusedTokens = 0;
    out.insertedTokens = 0;
    out.checkpoints.length = 0;
    out.restoreSeconds = 0;
    out.restored.length = 0;
    if (promptTokens.length === 0) return;
    const { slot, restoredBytes } = this.#slotFor(promptTokens, out);
    // The server refuses a prompt that leaves no room for an answer.
    if (promptTokens.length >= this.#slotTokens) return;
    const reused = this.#resume(slot, promptTokens.length, out);
    out.reusedTokens = reused;
    if (restoredBytes > 0) {
      out.restoreSeconds = restoredBytes / this.#options.hostBytesPerSecond;
      if (reused > 0) out.restored.push({ from: hostMemory, start: 0, end: reused });
    }
    this.#prefill(slot, promptTokens, outputTokens, out, context);
  }

  /** On the GPUs a slot has its KV and the state at its end; its checkpoints are in host memory, as saved sequences are. */
  contents(): CacheContents {
    const live = { tokens: 0, states: 0 };
    const host = { tokens: 0, states: 0 };
    for (const { sequence } of this.#slots) {
      if (sequence === null) continue;
      live.tokens += sequence.tokens.length;
      live.states++;
      host.states += sequence.checkpoints.length;
    }
    for (const { tokens, checkpoints } of this.#host?.sequences ?? []) {
      host.tokens += tokens.length;
      host.states += 1 + checkpoints.length;
    }
    return { ...this.#held(live), host: this.#held(host) };
  }

  inspect(tokens: Int32Array): Inspection {
    this.#order.measure(tokens);
    let cachedTokens = 0;
    const checkpoints = new Set<number>();
    for (const sequence of this.#sequences()) {
      const { shared } = sequence;
      cachedTokens = Math.max(cachedTokens, shared);
      if (!this.needsCheckpoints) continue;
      for (const { position } of sequence.checkpoints) if (position <= shared) checkpoints.add(position);
      if (shared === sequence.tokens.length) checkpoints.add(shared);
    }
    return { cachedTokens, checkpoints: [...checkpoints].sort((a, b) => a - b) };
  }

  #held({ tokens, states }: { readonly tokens: number; readonly states: number }): HeldStates {
    const { kvBytesPerToken, stateBytes } = this.#options;
    const checkpoints = this.needsCheckpoints ? states : 0;
    return { kvBytes: tokens * kvBytesPerToken, checkpointBytes: checkpoints * stateBytes, checkpoints };
  }

  *#sequences(): Generator<Sequence, void, void> {
    for (const { sequence } of this.#slots) if (sequence !== null) yield sequence;
    if (this.#host !== null) yield* this.#host.sequences;
  }

  /** Tokens of prompt and answer that one slot has room for, and one more. */
  get #slotTokens(): number {
    const { contextTokens, slots, isKvUnified } = this.#options;
    return isKvUnified ? contextTokens : Math.floor(contextTokens / slots);
  }

  /** With the sequence that it goes on with, and what came back from host memory for it; the other slots have made room. */
  #slotFor(promptTokens: Int32Array, out: Served): { readonly slot: Slot; readonly restoredBytes: number } {
    this.#request++;
    this.#order.measure(promptTokens);
    const { slot, exchanges } = chooseSlot(this.#slots, promptTokens.length, this.#options.slotSimilarity);
    const restoredBytes =
      exchanges && this.#host !== null ? this.#exchange(this.#host, slot, promptTokens.length, out) : 0;
    if (this.#options.savesIdleSlots && this.#host !== null) this.#saveIdle(this.#host, slot, out);
    slot.lastUsed = this.#request;
    this.#lastSlot = slot.id;
    return { slot, restoredBytes };
  }

  /** The slot's sequence is saved, and a saved one taken back where that is better. Returns the bytes that come back. */
  #exchange(host: HostPromptCache, slot: Slot, promptTokens: number, out: Served): number {
    const own = slot.sequence;
    const isSaved = own !== null && host.save(own);
    const better = host.better(own, promptTokens);
    if (better !== null) {
      if (own !== null && !isSaved) this.#order.delete(own);
      host.take(better);
      slot.sequence = better;
    } else if (isSaved) {
      slot.sequence = this.#copyOf(own);
    }
    this.#shrink(host, out);
    if (better === null) return 0;
    return better.tokens.length * this.#options.kvBytesPerToken + this.#options.stateBytes;
  }

  /** In one pool of KV they are emptied as well. */
  #saveIdle(host: HostPromptCache, busy: Slot, out: Served): void {
    for (const slot of this.#slots) {
      if (slot === busy || slot.sequence === null) continue;
      const { sequence } = slot;
      const isSaved = host.save(sequence);
      if (this.#options.isKvUnified) {
        if (!isSaved) this.#order.delete(sequence);
        slot.sequence = null;
      } else if (isSaved) {
        slot.sequence = this.#copyOf(sequence);
      }
      if (isSaved) this.#shrink(host, out);
    }
  }

  #copyOf(sequence: Sequence): Sequence {
    const copy = { ...sequence, checkpoints: [...sequence.checkpoints] };
    this.#order.addCopy(copy, sequence);
    return copy;
  }

  #shrink(host: HostPromptCache, out: Served): void {
    for (const gone of host.shrink()) {
      out.evictedNodes++;
      out.evictedBytes += host.bytesOf(gone);
    }
  }

  /** Where the prefill begins; what the slot holds behind it is erased. */
  #resume(slot: Slot, promptTokens: number, out: Served): number {
    const { sequence } = slot;
    if (sequence === null) return 0;
    const reused = this.#resumeAt(sequence, promptTokens);
    // The server counts by the last position before a checkpoint, so that one a single token ahead stays.
    const isKept = ({ position }: Checkpoint) => position <= reused + 1;
    this.#countErased(
      sequence.checkpoints.filter((checkpoint) => !isKept(checkpoint)),
      out,
    );
    sequence.checkpoints = sequence.checkpoints.filter(isKept);
    out.evictedBytes += (sequence.tokens.length - sequence.shared) * this.#options.kvBytesPerToken;
    return reused;
  }

  #resumeAt({ tokens, shared, checkpoints }: Sequence, promptTokens: number): number {
    if (!this.needsCheckpoints) return Math.min(shared, promptTokens - 1);
    if (shared === tokens.length && shared < promptTokens) return shared;
    return (
      checkpoints.findLast(({ position }) => position <= shared && position < promptTokens)?.position ?? 0
    );
  }

  /** The slot holds prompt and answer, but for the answer's last token, which is never computed. */
  #prefill(
    slot: Slot,
    promptTokens: Int32Array,
    outputTokens: Int32Array,
    out: Served,
    context: ServeContext | undefined,
  ): void {
    const checkpoints = slot.sequence?.checkpoints ?? [];
    if (this.needsCheckpoints) {
      const prefill = {
        promptTokens: promptTokens.length,
        reusedTokens: out.reusedTokens,
        userStarts: startsInside(context?.userStarts, promptTokens.length),
        request: this.#request,
      };
      this.#countErased(checkpointPrefill(checkpoints, prefill, this.#options), out);
    }
    const answered = Math.min(
      Math.max(0, outputTokens.length - 1),
      this.#slotTokens - 1 - promptTokens.length,
    );
    if (slot.sequence !== null) this.#order.delete(slot.sequence);
    const tokens = concatTokens(promptTokens, outputTokens.subarray(0, answered));
    slot.sequence = { tokens, checkpoints, shared: 0 };
    this.#order.add(slot.sequence);
    this.#makeRoom(slot, out);
    out.insertedTokens = tokens.length;
    if (!this.needsCheckpoints) {
      out.checkpoints.push(tokens.length);
      return;
    }
    const own = checkpoints.filter(({ request }) => request === this.#request);
    out.checkpoints.push(...new Set([...own.map(({ position }) => position), tokens.length]));
  }

  /** In one pool, idle slots are emptied one by one, the first first, until the KV fits. */
  #makeRoom(busy: Slot, out: Served): void {
    const { contextTokens, isKvUnified, kvBytesPerToken, stateBytes } = this.#options;
    if (!isKvUnified) return;
    let tokens = this.#slots.reduce((sum, { sequence }) => sum + (sequence?.tokens.length ?? 0), 0);
    for (const slot of this.#slots) {
      if (tokens <= contextTokens) return;
      if (slot === busy || slot.sequence === null) continue;
      const { sequence } = slot;
      tokens -= sequence.tokens.length;
      this.#order.delete(sequence);
      this.#countErased(sequence.checkpoints, out);
      out.evictedNodes++;
      out.evictedBytes += sequence.tokens.length * kvBytesPerToken + stateBytes;
      slot.sequence = null;
    }
  }

  #countErased(checkpoints: readonly Checkpoint[], out: Served): void {
    out.evictedNodes += checkpoints.length;
    out.evictedBytes += checkpoints.length * this.#options.stateBytes;
  }
}

/** Those that a prompt of this length can have, ascending; a caller may know nothing, or something wrong. */
function startsInside(starts: readonly number[] | undefined, promptTokens: number): readonly number[] {
  if (starts === undefined) return [];
  return starts
    .filter((start) => Number.isInteger(start) && start > 0 && start < promptTokens)
    .sort((a, b) => a - b);
}
