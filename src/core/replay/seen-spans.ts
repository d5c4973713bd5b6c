/**
 * Everything that was ever sent of a trace, and how far each prefix had ever been resumable: what tells an evicted token from
 * one that was never kept. Columns by span: two sequences part where a span ends, so a span was sent as a whole or not at
 * all. What a cache kept may end inside of one, and is told in tokens.
 */
import type { SpanTrace } from "../cache/span-trace.ts";

export interface Seen {
  /** Leading prompt tokens that somebody has sent before. */
  readonly sentTokens: number;
  /** Deepest of them whose KV was once cached. */
  readonly cachedTokens: number;
  /** Deepest position, at most the limit, at which a checkpoint was once kept. */
  readonly checkpointTokens: number;
  /** The latest request that left the KV, and the checkpoint, up to there; -1 where there is none. */
  readonly cachedBy: number;
  readonly checkpointBy: number;
}

/** A position, and a request that kept a checkpoint there. */
interface Kept {
  readonly tokens: number;
  readonly by: number;
}

const nothingKept: Kept = { tokens: 0, by: -1 };

export class SeenSpans {
  private readonly trace: SpanTrace;
  private readonly wasSent: Uint8Array;
  /** Deepest position up to which a sequence with this span was inserted into the cache. */
  private readonly cachedTo: Int32Array;
  /** The last request that took so much of it, or went as far as the span's end. */
  private readonly cachedBy: Int32Array;
  /** The last request that kept a checkpoint at the span's end; -1 where there never was one. */
  private readonly checkpointBy: Int32Array;
  /** The same by positions inside of spans, where caches of blocks keep theirs. */
  private readonly insideBy = new Map<number, Map<number, number>>();

  constructor(trace: SpanTrace) {
    const { length } = trace.spans.ends;
    this.trace = trace;
    this.wasSent = new Uint8Array(length);
    this.cachedTo = new Int32Array(length);
    this.cachedBy = new Int32Array(length).fill(-1);
    this.checkpointBy = new Int32Array(length).fill(-1);
  }

  /** Of the request's prompt; `resumeLimit` is in tokens. */
  look(request: number, resumeLimit: number): Seen {
    const { sequence, promptSymbols } = this.trace.requests[request];
    const { ends, lengths } = this.trace.spans;
    let sent = 0;
    while (sent < promptSymbols && this.wasSent[sequence[sent]] === 1) sent++;
    // Whatever reached into a span had all that stands above it.
    let cached = sent;
    while (cached > 0 && this.cachedTo[sequence[cached - 1]] <= startOf(sequence[cached - 1])) cached--;
    const checkpoint = this.deepestCheckpoint(sequence, sent, resumeLimit);
    const span = sequence[cached - 1];
    return {
      sentTokens: sent === 0 ? 0 : ends[sequence[sent - 1]],
      cachedTokens: cached === 0 ? 0 : Math.min(ends[span], this.cachedTo[span]),
      cachedBy: cached === 0 ? -1 : this.cachedBy[span],
      checkpointTokens: checkpoint.tokens,
      checkpointBy: checkpoint.by,
    };

    function startOf(of: number): number {
      return ends[of] - lengths[of];
    }
  }

  /** Remembers the request, how much of it the cache took, and the checkpoints that it kept; again where it ran on and has ended. */
  add(request: number, insertedTokens: number, checkpoints: readonly number[]): void {
    const { sequence } = this.trace.requests[request];
    const { ends, lengths } = this.trace.spans;
    for (let at = sequence.length - 1; at >= 0 && this.wasSent[sequence[at]] === 0; at--)
      this.wasSent[sequence[at]] = 1;
    for (const span of sequence) {
      if (ends[span] - lengths[span] >= insertedTokens) break;
      if (insertedTokens >= Math.min(this.cachedTo[span], ends[span])) this.cachedBy[span] = request;
      this.cachedTo[span] = Math.max(this.cachedTo[span], insertedTokens);
    }
    let at = 0;
    for (const position of checkpoints) {
      if (position <= 0) continue;
      while (at < sequence.length && ends[sequence[at]] < position) at++;
      if (at === sequence.length) break;
      this.keep(sequence[at], position, request);
    }
  }

  private keep(span: number, position: number, request: number): void {
    if (this.trace.spans.ends[span] === position) {
      this.checkpointBy[span] = request;
      return;
    }
    const inside = this.insideBy.get(span);
    if (inside === undefined) this.insideBy.set(span, new Map([[position, request]]));
    else inside.set(position, request);
  }

  /** Among the first spans of the sequence. */
  private deepestCheckpoint(sequence: Int32Array, spans: number, limit: number): Kept {
    const { ends } = this.trace.spans;
    for (let at = spans - 1; at >= 0; at--) {
      const span = sequence[at];
      const by = this.checkpointBy[span];
      if (by >= 0 && ends[span] <= limit) return { tokens: ends[span], by };
      const inside = this.insideBy.get(span);
      const kept = inside === undefined ? nothingKept : deepestOf(inside, limit);
      if (kept.by >= 0) return kept;
    }
    return nothingKept;
  }
}

function deepestOf(requests: ReadonlyMap<number, number>, limit: number): Kept {
  let deepest = nothingKept;
  for (const [tokens, by] of requests)
    if (tokens <= limit && tokens > deepest.tokens) deepest = { tokens, by };
  return deepest;
}
