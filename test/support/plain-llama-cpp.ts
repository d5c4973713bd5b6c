/**
 * The specification that `LlamaCppCache` is compared with: llama.cpp's server as its rules are told, with lists, where each
 * sequence is compared with each token by token, and nothing is remembered that can be counted.
 */
import type { LlamaCppOptions } from "../../src/core/cache/engines/llama-cpp/options.ts";

interface PlainSequence {
  readonly tokens: readonly number[];
  readonly checkpoints: readonly { readonly position: number; readonly request: number }[];
}

type Checkpoints = PlainSequence["checkpoints"];

export class PlainLlamaCpp {
  readonly slots: (PlainSequence | null)[];
  saved: PlainSequence[] = [];
  readonly #options: LlamaCppOptions;
  readonly #lastUsed: number[];
  #request = 0;

  constructor(options: LlamaCppOptions) {
    this.#options = options;
    this.slots = new Array<null>(options.slots).fill(null);
    this.#lastUsed = new Array<number>(options.slots).fill(0);
  }

  /** Bytes of what is saved. */
  get savedBytes(): number {
    const { kvBytesPerToken: kv, stateBytes } = this.#options;
    return this.saved
      .map(
        ({ tokens, checkpoints }) =>
          (kv > 0 ? kv + 12 : 0) * tokens.length + stateBytes * (1 + checkpoints.length),
      )
      .reduce((sum, bytes) => sum + bytes, 0);
  }

  serve(
    prompt: readonly number[],
    output: readonly number[],
    userStarts: readonly number[] = [],
  ): { readonly reused: number; readonly slot: number } {
    if (prompt.length === 0) return { reused: 0, slot: -1 };
    const options = this.#options;
    this.#request++;
    const slot = this.#choose(prompt);
    if (options.savesIdleSlots && options.promptCacheBytes > 0) this.#saveIdle(slot);
    this.#lastUsed[slot] = this.#request;
    const room = options.isKvUnified
      ? options.contextTokens
      : Math.floor(options.contextTokens / options.slots);
    if (prompt.length >= room) return { reused: 0, slot };
    const own = this.slots[slot] ?? { tokens: [], checkpoints: [] };
    const shared = common(own.tokens, prompt);
    const reused = this.#resume(own, shared, prompt.length);
    let checkpoints: Checkpoints = own.checkpoints.filter(({ position }) => position <= reused + 1);
    if (options.stateBytes > 0) checkpoints = this.#prefill(checkpoints, reused, prompt.length, userStarts);
    const tokens = [...prompt, ...output.slice(0, -1)].slice(0, room - 1);
    this.slots[slot] = { tokens, checkpoints };
    for (let id = 0; options.isKvUnified && id < this.slots.length; id++) {
      const live = this.slots.reduce((sum, each) => sum + (each?.tokens.length ?? 0), 0);
      if (live > options.contextTokens && id !== slot) this.slots[id] = null;
    }
    return { reused, slot };
  }

  #choose(prompt: readonly number[]): number {
    const shares = this.slots.map((own) =>
      own === null ? 0 : Math.fround(common(own.tokens, prompt) / prompt.length),
    );
    const best = Math.max(...shares);
    let slot = best > Math.fround(this.#options.slotSimilarity) ? shares.indexOf(best) : -1;
    const isNear = slot >= 0;
    if (!isNear) slot = this.#lastUsed.lastIndexOf(Math.min(...this.#lastUsed));
    const own = this.slots[slot] ?? null;
    const loses = !isNear || Math.fround(Math.fround(best * prompt.length) / own!.tokens.length) < 0.5;
    if (loses && this.#options.promptCacheBytes > 0) {
      if (own !== null) this.#save(own);
      this.#takeBack(slot, prompt);
      this.#shrink();
    }
    return slot;
  }

  #save(own: PlainSequence): void {
    if (this.saved.some(({ tokens }) => common(tokens, own.tokens) === own.tokens.length)) return;
    this.saved = this.saved.filter(({ tokens }) => common(tokens, own.tokens) < tokens.length);
    this.saved.push(own);
  }

  #takeBack(slot: number, prompt: readonly number[]): void {
    const share = (each: PlainSequence | null, of: number) =>
      each === null ? 0 : Math.fround(common(each.tokens, prompt) / of);
    const own = this.slots[slot] ?? null;
    let best: PlainSequence | null = null;
    let [kept, near] = [own === null ? -1 : share(own, own.tokens.length), share(own, prompt.length)];
    for (const each of this.saved) {
      const [keeps, is] = [share(each, each.tokens.length), share(each, prompt.length)];
      if (keeps >= 0.25 && keeps > kept && is > near) [best, kept, near] = [each, keeps, is];
    }
    if (best === null) return;
    this.saved = this.saved.filter((each) => each !== best);
    this.slots[slot] = best;
  }

  #saveIdle(busy: number): void {
    for (const [id, own] of this.slots.entries()) {
      if (id === busy || own === null) continue;
      this.#save(own);
      this.#shrink();
      if (this.#options.isKvUnified) this.slots[id] = null;
    }
  }

  #shrink(): void {
    const { promptCacheBytes, contextTokens } = this.#options;
    const tokens = () => this.saved.reduce((sum, each) => sum + each.tokens.length, 0);
    const isTooMuch = () =>
      Number.isFinite(promptCacheBytes) ? this.savedBytes > promptCacheBytes : tokens() > contextTokens;
    while (this.saved.length > 1 && isTooMuch()) this.saved.shift();
  }

  #resume({ tokens, checkpoints }: PlainSequence, shared: number, promptTokens: number): number {
    if (this.#options.stateBytes === 0) return Math.min(shared, promptTokens - 1);
    if (shared === tokens.length && shared < promptTokens) return shared;
    const usable = checkpoints
      .map(({ position }) => position)
      .filter((at) => at <= shared && at < promptTokens);
    return Math.max(0, ...usable);
  }

  #prefill(before: Checkpoints, reused: number, length: number, userStarts: readonly number[]): Checkpoints {
    const { batchTokens, microBatchTokens, minStepTokens, checkpointsPerSequence } = this.#options;
    const request = this.#request;
    if (checkpointsPerSequence === 0) return before;
    let kept = [...before];
    const isFar = (at: number) => kept.length === 0 || at > kept.at(-1)!.position + minStepTokens;
    for (let start = reused; start < length; ) {
      let end = start;
      do {
        end++;
        const left = length - end;
        if (left === Math.min(batchTokens, 4) || left === Math.min(batchTokens, 4 + microBatchTokens)) break;
        if (userStarts.includes(end) && (end === userStarts.at(-1) || isFar(end))) break;
      } while (end < length && end < start + batchTokens);
      const isNearEnd = length < end + microBatchTokens;
      const isUserStart = userStarts.includes(start) && (start === userStarts.at(-1) || isFar(start));
      if (start > 0 && (isNearEnd || isUserStart)) {
        kept = this.#thinned(kept);
        while (kept.length >= checkpointsPerSequence) kept.shift();
        if (this.#options.replacesEqual) kept = kept.filter(({ position }) => position !== start);
        kept.push({ position: start, request });
      }
      start = end;
    }
    return kept;
  }

  #thinned(kept: Checkpoints): { position: number; request: number }[] {
    const { minStepTokens, checkpointsPerSequence, thinsOnlyWhenFull } = this.#options;
    const result: { position: number; request: number }[] = [];
    for (const [index, each] of kept.entries()) {
      const count = result.length + kept.length - index;
      const thins = !thinsOnlyWhenFull || count + 1 >= checkpointsPerSequence;
      const last = result.at(-1)?.position ?? Number.NEGATIVE_INFINITY;
      const isNear = each.position <= last + minStepTokens;
      if (!(thins && each.request !== this.#request && isNear)) result.push(each);
    }
    return result;
  }
}

function common(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
