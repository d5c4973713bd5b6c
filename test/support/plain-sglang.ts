/** SGLang's rules on lists and strings: slow, and nothing shared with the cache that it is compared with. */
import type { SglangCacheOptions } from "../../src/core/cache/engines/sglang/sglang-cache.ts";

interface PlainNode {
  /** All symbols from the root, and where the edge begins. */
  readonly path: string[];
  start: number;
  kvStamp: number;
  /** 0 without a state. */
  stateStamp: number;
  /** On the host alone. */
  away: boolean;
  copied: boolean;
  /** When the copied state became the only one; 0 without a copy. */
  copyStamp: number;
  passes: number;
}

function lengthOf(nodes: readonly PlainNode[]): number {
  return nodes.reduce((sum, { path, start }) => sum + path.length - start, 0);
}

export class PlainSglang {
  nodes: PlainNode[] = [];
  readonly #options: SglangCacheOptions;
  #clock = 0;
  #own = 0;
  #slots = 0;
  #locked = 0;
  #inUse = 0;
  /** Of the last request. */
  restored = 0;
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
    [this.#own, this.#slots, this.#locked, this.#inUse, this.restored] = [0, 0, 0, 0, 0];
    const isHybrid = stateSlots !== null;
    const isExact = !isHybrid || strategy === "no_buffer";
    const matched = this.#splitAt(Math.floor(Math.max(0, prompt.length - 1) / page));
    const ends = this.#path(matched).filter((node) => !isHybrid || node.stateStamp > 0 || node.copyStamp > 0);
    const wanted = ends.at(-1)?.path.length ?? 0;
    this.#stamp(wanted);
    const resumed = this.#load(wanted, isHybrid);
    this.restored = resumed < wanted ? 0 : this.restored;
    [this.#locked, this.#inUse] = [resumed, resumed];
    const reused = resumed * page;
    if (isHybrid && resumed > 0 && this.#slots === 0) {
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
      this.#keep(Math.floor(position / page), end, end < prompt.length);
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
    if (position > 0) this.#keep(Math.floor(position / page), last, false);
    [this.#own, this.#locked, this.#inUse] = [0, 0, 0];
    return reused;
  }

  get symbols(): number {
    return lengthOf(this.nodes.filter(({ away }) => !away));
  }

  get hostSymbols(): number {
    return lengthOf(this.nodes.filter(({ copied }) => copied));
  }

  get hostStates(): number {
    return this.nodes.filter(({ copyStamp }) => copyStamp > 0).length;
  }

  /** Where the request can resume: at what it wants, loaded, or at what is on the GPU. */
  #load(wanted: number, isHybrid: boolean): number {
    const { host, pageTokens } = this.#options;
    const path = this.#path(wanted);
    const onGpu = path.filter(({ away, stateStamp }) => !away && (!isHybrid || stateStamp > 0));
    const here = onGpu.at(-1)?.path.length ?? 0;
    if (host === undefined || here === wanted) return here;
    const missing = lengthOf(path.filter(({ away }) => away));
    if (!isHybrid && missing * pageTokens < host.leastLoadedTokens) return here;
    [this.#locked, this.#inUse] = [wanted, here];
    if (isHybrid) {
      this.#freeSlots(1);
      this.#slots = 1;
    }
    if (this.#kv() - this.symbols < missing) this.#evictKv(missing - (this.#kv() - this.symbols));
    if (isHybrid) this.#freeSlots(1);
    if (this.#kv() - this.symbols < missing || (isHybrid && this.#activeSlots() < 1)) {
      this.#slots = 0;
      return here;
    }
    for (const node of path) node.away = false;
    const end = path.at(-1)!;
    if (isHybrid) end.stateStamp = ++this.#clock;
    this.restored = (wanted - here) * pageTokens;
    return wanted;
  }

  /** Counts an insertion; copies the node and what is above it where it is due. */
  #pass(node: PlainNode): void {
    const { host } = this.#options;
    if (host === undefined || ++node.passes < host.copiedAfter || node.copied) return;
    for (const above of this.#path(node.path.length)) {
      if (above.copied) continue;
      const room = Math.floor(host.kvTokens / this.#options.pageTokens);
      while (this.hostSymbols + lengthOf([above]) > room) {
        const [oldest] = this.nodes
          .filter((other) => this.#isHostLeaf(other))
          .sort((a, b) => a.kvStamp - b.kvStamp);
        if (oldest === undefined) return;
        this.#remove(oldest);
      }
      if (above.stateStamp > 0 && this.hostStates >= host.stateSlots) {
        const [oldest] = this.nodes
          .filter(({ copyStamp, stateStamp }) => copyStamp > 0 && stateStamp === 0)
          .sort((a, b) => a.copyStamp - b.copyStamp);
        if (oldest === undefined) return;
        if (this.#isHostLeaf(oldest)) this.#remove(oldest);
        else oldest.copyStamp = 0;
      }
      if (above.stateStamp > 0 && this.hostStates >= host.stateSlots) return;
      above.copied = true;
      if (above.stateStamp > 0) above.copyStamp = ++this.#clock;
    }
  }

  #children(node: PlainNode): PlainNode[] {
    return this.nodes.filter(
      ({ path, start }) => start === node.path.length && node.path.every((symbol, at) => symbol === path[at]),
    );
  }

  #isHostLeaf(node: PlainNode): boolean {
    return node.away && this.#children(node).length === 0;
  }

  #dropState(node: PlainNode): void {
    node.stateStamp = 0;
    if (node.copyStamp > 0) node.copyStamp = ++this.#clock;
  }

  #evictLeaf(node: PlainNode): void {
    if (!node.copied) {
      this.#remove(node);
      return;
    }
    node.away = true;
    if (node.stateStamp > 0) this.#dropState(node);
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
    return !node.away && this.#children(node).every(({ away }) => away);
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
      away: lower.away,
      copied: lower.copied,
      copyStamp: 0,
      passes: lower.passes,
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
    if (this.#kv() - this.symbols - this.#own < pages) this.#evictKv(pages);
    this.#own = Math.ceil(end / this.#options.pageTokens) - this.#locked;
  }

  #evictKv(pages: number): void {
    const locked = this.#path(this.#locked);
    for (let freed = 0; freed < pages; ) {
      const [oldest] = this.nodes
        .filter((node) => !locked.includes(node) && this.#isLeaf(node))
        .sort((a, b) => a.kvStamp - b.kvStamp);
      if (oldest === undefined) break;
      freed += oldest.path.length - oldest.start;
      this.#evictLeaf(oldest);
    }
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
    const inUse = this.#path(this.#inUse).at(-1);
    for (let evicted = 0; evicted < count; evicted++) {
      const [oldest] = this.nodes
        .filter((node) => node.stateStamp > 0 && node !== inUse)
        .sort((a, b) => a.stateStamp - b.stateStamp);
      if (oldest === undefined) return;
      if (this.#isLeaf(oldest)) this.#evictLeaf(oldest);
      else this.#dropState(oldest);
    }
  }

  #keep(target: number, end: number, isChunk: boolean): void {
    const { stateSlots, checkpointSlots, pageTokens } = this.#options;
    const held = Math.max(0, ...this.nodes.map(({ path }) => this.#agreement(path, target)));
    const present = this.#options.host === undefined ? held : this.#locked;
    if (this.symbols + target - present > this.#kv()) return;
    const room = checkpointSlots === undefined ? stateSlots! - this.#slots : checkpointSlots;
    if (stateSlots !== null && this.states + 1 > room) return;
    const matched = this.#splitAt(target);
    for (const node of this.#path(matched)) {
      node.away = false;
      if (!isChunk) this.#pass(node);
    }
    if (matched < target)
      this.nodes.push({
        path: this.#sequence.slice(0, target),
        start: matched,
        kvStamp: ++this.#clock,
        stateStamp: 0,
        away: false,
        copied: false,
        copyStamp: 0,
        passes: 0,
      });
    const node = this.#path(target).at(-1)!;
    const isNewState = stateSlots !== null && node.stateStamp === 0;
    if (isNewState) node.stateStamp = ++this.#clock;
    if (matched < target && !isChunk) this.#pass(node);
    this.#stamp(target);
    if (isNewState) this.#thin(target);
    [this.#locked, this.#inUse] = [target, target];
    this.#own = Math.ceil(end / pageTokens) - target;
  }

  /** Of the states on the path too many go, from the top: those of nodes with one child that are not in use. */
  #thin(tail: number): void {
    const holders = this.#path(tail).filter(({ stateStamp }) => stateStamp > 0);
    const most = this.#options.statesPerPath ?? Number.POSITIVE_INFINITY;
    const inUse = this.#path(this.#inUse).at(-1);
    holders
      .slice(0, -1)
      .filter((node) => node !== inUse && this.#children(node).length === 1 && !this.#isLeaf(node))
      .slice(0, Math.max(0, holders.length - most))
      .forEach((node) => {
        this.#dropState(node);
      });
  }

  #agreement(path: readonly string[], limit: number): number {
    let agreed = 0;
    while (agreed < Math.min(limit, path.length) && path[agreed] === this.#sequence[agreed]) agreed++;
    return agreed;
  }
}
