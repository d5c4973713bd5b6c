/** What a hosted prompt cache is asked, and what it answers. */

/** Asks the provider to keep the prefix that ends here. */
export interface Marker {
  /** Position in tokens; the prefix is `[0, end)`. */
  readonly end: number;
  /** Whether it is written for the longer of two lifetimes. */
  readonly isLong?: boolean;
}

/** What a request says beside its tokens. */
export interface Arrival {
  /** Never decreasing along a trace. */
  readonly arrivalSeconds: number;
  /** Where messages end (content blocks, where they are known), ascending, in tokens; left out when not known. */
  readonly blockEnds?: readonly number[];
  /** Those of them that are not the last of a run of tool calls, or of results. */
  readonly withinToolRuns?: readonly number[];
  /** Where the author marks prefixes; in any order. */
  readonly markers?: readonly Marker[];
  /** Whether the provider shall mark the end of the newest block itself, if it offers that. Left out: its default. */
  readonly hasAutomaticMarker?: boolean;
  /** Seconds from arrival to the start and to the end of the answer; 0 when left out. */
  readonly answerStartSeconds?: number;
  readonly answerEndSeconds?: number;
}

export interface ProviderRequest extends Arrival {
  readonly promptTokens: Int32Array;
  readonly outputTokens: Int32Array;
}

/** Why tokens that somebody had sent before were not read. */
export type LossReason =
  /** Rounded down to whole steps. */
  | "rounding"
  /** The prefix, or the prompt that could have stored it, is too short to be cached. */
  | "belowMinimum"
  /** Had been stored, and its lifetime has passed. */
  | "expired"
  /** Nobody had marked a prefix that ends here, or this request asks for none. */
  | "noBreakpoint"
  /** A stored prefix ends here, too many blocks before the marker. */
  | "lookbackExceeded"
  /** Stored by a request whose answer had not come far enough. */
  | "notYetReadable"
  /** The request has more marks than the API takes. */
  | "refused"
  /** No unit of the provider ends here. */
  | "betweenUnits";

/** Tokens `[start, end)` of the prompt. */
export interface Loss {
  readonly start: number;
  readonly end: number;
  readonly reason: LossReason;
}

/** Prompt tokens as they are billed: `read + written + plain` is the prompt length. */
export interface BilledTokens {
  readonly readTokens: number;
  /** Billed as written; 0 where writing is no item of the bill. */
  readonly writtenTokens: number;
  /** Those among them that are written for the longer lifetime. */
  readonly writtenLongTokens: number;
  readonly plainTokens: number;
}

/** What happened to one request. The caller owns it; `serve` fills it. */
export class ProviderServed implements BilledTokens {
  readTokens = 0;
  writtenTokens = 0;
  writtenLongTokens = 0;
  plainTokens = 0;
  /** Leading prompt tokens that some prompt or answer before has agreed with. */
  matchedTokens = 0;
  /** The tokens between read and matched, without gaps, ascending. */
  readonly losses: Loss[] = [];

  /** Appends to the losses, joining equal reasons; empty spans are left out. */
  lose(end: number, reason: LossReason): void {
    const last = this.losses.at(-1);
    const start = last?.end ?? this.readTokens;
    if (end <= start) return;
    if (last?.reason === reason) this.losses[this.losses.length - 1] = { start: last.start, end, reason };
    else this.losses.push({ start, end, reason });
  }

  /** What is neither read nor written is plain. */
  bill(promptTokens: number, readTokens: number, writtenTokens: number, writtenLongTokens: number): void {
    this.readTokens = readTokens;
    this.writtenTokens = writtenTokens;
    this.writtenLongTokens = writtenLongTokens;
    this.plainTokens = promptTokens - readTokens - writtenTokens;
    this.losses.length = 0;
  }
}

/** The cache of one provider, model and organisation. */
export interface Matcher {
  /** Tokens that are read only together; 1 where prefixes match at any token. */
  readonly stepTokens: number;
  /** Looks up, bills, and remembers. The tokens are not kept by reference. */
  serve(request: ProviderRequest, out: ProviderServed): void;
  /** Where prefixes of these tokens end that are stored and alive, ascending; one where they may end anywhere. */
  storedEnds(tokens: Int32Array, atSeconds: number): number[];
}
