/**
 * What arrives at a server, as the simulator sees it: token ids, and, where the prompt's source is known,
 * which source segment each token came from.
 */

/** The parts of one prompt, in order; they cover it without gaps. Columns of equal length. */
export interface PromptRuns {
  /** Token index at which each run starts; the first is 0. A token that spans two runs belongs to the first. */
  readonly starts: Int32Array;
  /** Source segment of each run: an index into the trace's own table of segments. */
  readonly segments: Int32Array;
  /** Equal numbers mean equal text: the run could have been shared if everything before it had been. */
  readonly contents: Int32Array;
}

/** Runs of fewer tokens make no pieces of their own. */
const shortRunTokens = 32;

/**
 * Where the pieces of a prompt begin that could be reused in another place: one per run, but neighbouring short runs are
 * one piece, so that a tiny hole and the words around it are not three. A long run never takes its neighbours in: its
 * tokens would no longer be those that another request has.
 */
export function pieceStartsOf(runs: PromptRuns, promptTokens: number): Int32Array {
  const starts: number[] = [];
  let isAfterShort = false;
  for (let run = 0; run < runs.starts.length; run++) {
    const start = runs.starts[run];
    const end = run + 1 < runs.starts.length ? runs.starts[run + 1] : promptTokens;
    if (end <= start) continue;
    const isShort = end - start < shortRunTokens;
    if (!isShort || !isAfterShort) starts.push(start);
    isAfterShort = isShort;
  }
  return Int32Array.from(starts);
}

/** Blocks of content, as an API takes them: a message may hold several. */
export interface ContentBlocks {
  /** Where they end, ascending, in tokens; the ends of messages are among them. */
  readonly ends: readonly number[];
  /**
   * Those of `ends` behind which the run of blocks goes on that they belong to: of calls of tools side by side, or of their
   * results.
   */
  readonly withinToolRuns: readonly number[];
}

export interface Request {
  /** Seconds since the start of the trace; never decreasing along it. */
  readonly arrivalSeconds: number;
  readonly session: number;
  /** Counts from 0 within the session. */
  readonly turn: number;
  readonly promptTokens: Int32Array;
  readonly outputTokens: Int32Array;
  /**
   * Where the contents of the messages end, ascending, in tokens: a mark on the last block of a message ends there, and what
   * a chat template writes behind it does not count. Left out where they are not known.
   */
  readonly messageEnds?: readonly number[];
  /** Left out where every message is one block, or nothing is known of what it holds. */
  readonly blocks?: ContentBlocks;
  /** Where messages of the user begin, ascending, in tokens; left out where roles are not known. */
  readonly userStarts?: readonly number[];
  /**
   * Prefixes that the request itself asks a provider to keep, by where they end, in tokens, ascending; left out where it is
   * not known what it asks for, or where that follows from its template.
   */
  readonly marks?: readonly { readonly end: number; readonly isLong: boolean }[];
  /** `null` where nothing is known of the source, as in most recorded traces. */
  readonly runs: PromptRuns | null;
}
