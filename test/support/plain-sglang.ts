/** SGLang's rules on lists and strings: slow, and nothing shared with the cache that it is compared with. */
import type { SglangCacheOptions } from "../../src/core/cache/engines/sglang/sglang-cache.ts";

interface PlainNode {
  /** All symbols from the root, and where the edge begins. */
  readonly path: string[];
  start: number;
  kvStamp: number;
  /** 0 without a state. */
  stateStamp: number;
}

export class PlainSglang {
  nodes: PlainNode[] = [];
  readonly #options: SglangCacheOptions;
  #clock = 0;
  #own = 0;
  #slots = 0;
  #locked = 0;
  #sequence: string[] = [];

  constructor(options: SglangCacheOptions) {
    this.#options = options;
  }

  /** Returns the reused tokens. */
  serve(prompt: readonly number[], answer: readonly number[]): number {
    const { pageTokens: page, stateSlots, chunkTokens, strategy, hasOverlap } = this.#options;
    const output = answer.length === 0 ? [2 ** 30] : answer;
    const tokens = [...prompt, ...output];
    this.#sequence = Array.from({ length: Math.floor(tokens.length / page) }, (_, at) =>
      tokens.slice(at * page, (at + 1) * page).join(" "),
    );
    [this.#own, this.#slots, this.#locked] = [0, 0, 0];
    const isHybrid = stateSlots !== null;
    const isExact = !isHybrid || strategy === "no_buffer";
    const matched = this.#splitAt(Math.floor(Math.max(0, prompt.length - 1) / page));
    const ends = this.#path(matched).filter(({ stateStamp }) => !isHybrid || stateStamp > 0);
    const resumed = ends.at(-1)?.path.length ?? 0;
    this.#stamp(resumed);
    this.#locked = resumed;
    const reused = resumed * page;
    if (isHybrid && resumed > 0) {
      this.#freeSlots(1);
      this.#slots = 1;
    }
    const needed = strategy === "no_buffer" ? 1 : strategy === "extra_buffer" ? 3 : 2;
    if (Math.ceil((prompt.length + 1) / page) > this.#kv() || (isHybrid && needed > stateSlots))
      return reused;

    let position = 0;
    const branch = matched > resumed ? Math.floor((matched * page) / chunkTokens) * chunkTokens : 0;
    for (let start = reused; start < prompt.length; start += this.#options.prefillChunkTokens) {
      const end = Math.min(prompt.length, start + this.#options.prefillChunkTokens);
      if (isHybrid) {
        this.#freeSlots(strategy === "extra_buffer_lazy" ? 2 : 3);
        this.#slots = needed;
      }
      this.#take(end, end - start + (page === 1 ? 0 : page));
      const whole = Math.floor((end - start) / chunkTokens) * chunkTokens;
      position = isExact ? end : branch > start && branch < end ? branch : whole > 0 ? start + whole : 0;
      if (position === 0 || (end === prompt.length && output.length === 1)) continue;
      if (isHybrid && !(isExact && this.#options.checkpointSlots !== undefined)) {
        this.#freeSlots(1);
        if (this.#activeSlots() < 1) continue;
      }
      this.#freeCheckpointSlot();
      this.#keep(Math.floor(position / page), end);
    }
    const last = tokens.length - (hasOverlap ? 0 : 1);
    for (let end = prompt.length + 1; end <= last; end++) this.#take(end, page);
    this.#slots = 0;
    if (isExact) position = last;
    else if (output.length > 1) {
      position = 0;
      for (let at = prompt.length + (hasOverlap ? 2 : 1); at <= last; at++)
        if (at % this.#options.trackIntervalTokens === 0) position = at;
    }
    if (isHybrid) this.#freeCheckpointSlot();
    if (position > 0) this.#keep(Math.floor(position / page), last);
    [this.#own, this.#locked] = [0, 0];
    return reused;
  }

  get symbols(): number {
    return this.nodes.reduce((sum, { path, start }) => sum + path.length - start, 0);
  }

  get states(): number {
    return this.nodes.filter(({ stateStamp }) => stateStamp > 0).length;
  }

  #kv(): number {
    return Math.floor(this.#options.kvTokens / this.#options.pageTokens);
  }

  /** Nodes that the sequence passes up to a position, in order. */
  #path(end: number): PlainNode[] {
    return this.nodes
      .filter(({ path }) => path.length <= end && path.every((symbol, at) => symbol === this.#sequence[at]))
      .sort((a, b) => a.path.length - b.path.length);
  }

  #isLeaf(node: PlainNode): boolean {
    return !this.nodes.some(
      ({ path, start }) => start === node.path.length && node.path.every((symbol, at) => symbol === path[at]),
    );
  }

  /** As far as the sequence agrees, at most up to `limit`; an edge that it ends in is split there. */
  #splitAt(limit: number): number {
    let matched = 0;
    let inside: PlainNode | null = null;
    for (const node of this.nodes) {
      let agreed = 0;
      while (agreed < Math.min(limit, node.path.length) && node.path[agreed] === this.#sequence[agreed])
        agreed++;
      if (agreed <= matched) continue;
      matched = agreed;
      inside = node;
    }
    const cut = this.nodes.filter(
      ({ path, start }) =>
        start < matched &&
        path.length > matched &&
        path.slice(0, matched).every((symbol, at) => symbol === this.#sequence[at]),
    );
    if (
      inside === null ||
      cut.length === 0 ||
      this.#path(matched).some(({ path }) => path.length === matched)
    )
      return matched;
    const lower = cut[0]!;
    this.nodes.push({
      path: lower.path.slice(0, matched),
      start: lower.start,
      kvStamp: ++this.#clock,
      stateStamp: 0,
    });
    lower.start = matched;
    lower.kvStamp = ++this.#clock;
    if (lower.stateStamp > 0) lower.stateStamp = this.#clock;
    return matched;
  }

  #stamp(end: number): void {
    const path = this.#path(end);
    for (const node of path) node.kvStamp = ++this.#clock;
    const last = path.at(-1);
    if (last !== undefined && last.stateStamp > 0) last.stateStamp = ++this.#clock;
  }

  #remove(node: PlainNode): void {
    this.nodes = this.nodes.filter((other) => other !== node);
  }

  #take(end: number, asked: number): void {
    const pages = Math.ceil(asked / this.#options.pageTokens);
    if (this.#kv() - this.symbols - this.#own < pages) {
      const locked = this.#path(this.#locked);
      for (let freed = 0; freed < pages; ) {
        const [oldest] = this.nodes
          .filter((node) => !locked.includes(node) && this.#isLeaf(node))
          .sort((a, b) => a.kvStamp - b.kvStamp);
        if (oldest === undefined) break;
        freed += oldest.path.length - oldest.start;
        this.#remove(oldest);
      }
    }
    this.#own = Math.ceil(end / this.#options.pageTokens) - this.#locked;
  }

  #activeSlots(): number {
    const inTree = this.#options.checkpointSlots === undefined ? this.states : 0;
    return this.#options.stateSlots! - inTree - this.#slots;
  }

  #freeSlots(wanted: number): void {
    this.#evictStates(wanted - this.#activeSlots());
  }

  #freeCheckpointSlot(): void {
    const { checkpointSlots } = this.#options;
    if (checkpointSlots !== undefined && this.states >= checkpointSlots) this.#evictStates(1);
  }

  #evictStates(count: number): void {
    const inUse = this.#path(this.#locked).at(-1);
    for (let evicted = 0; evicted < count; evicted++) {
      const [oldest] = this.nodes
        .filter((node) => node.stateStamp > 0 && node !== inUse)
        .sort((a, b) => a.stateStamp - b.stateStamp);
      if (oldest === undefined) return;
      if (this.#isLeaf(oldest)) this.#remove(oldest);
      else oldest.stateStamp = 0;
    }
  }

  #keep(target: number, end: number): void {
    const { stateSlots, checkpointSlots, pageTokens } = this.#options;
    const held = Math.max(0, ...this.nodes.map(({ path }) => this.#agreement(path, target)));
    if (this.symbols + target - held > this.#kv()) return;
    const room = checkpointSlots === undefined ? stateSlots! - this.#slots : checkpointSlots;
    if (stateSlots !== null && this.states + 1 > room) return;
    const matched = this.#splitAt(target);
    if (matched < target)
      this.nodes.push({
        path: this.#sequence.slice(0, target),
        start: matched,
        kvStamp: ++this.#clock,
        stateStamp: 0,
      });
    const node = this.#path(target).at(-1)!;
    if (stateSlots !== null && node.stateStamp === 0) node.stateStamp = ++this.#clock;
    this.#stamp(target);
    this.#locked = target;
    this.#own = Math.ceil(end / pageTokens) - target;
  }

  #agreement(path: readonly string[], limit: number): number {
    let agreed = 0;
    while (agreed < Math.min(limit, path.length) && path[agreed] === this.#sequence[agreed]) agreed++;
    return agreed;
  }
}
