/** Requests as the symbols of a cache: tokens, or whole blocks of tokens. */
import { concatTokens } from "../tokens/common-prefix.ts";
import { PageSymbols } from "../tokens/page-symbols.ts";
import type { StaticEnd } from "./cache-system.ts";

/** A request in the symbols of a cache. Positions count symbols. */
export interface SymbolRequest {
  /** Prompt and output. */
  readonly sequence: Int32Array;
  readonly promptSymbols: number;
  /** Deepest position from which the prompt may resume. */
  readonly resumeLimit: number;
  /** Where static parts of the prompt end, ascending; none where it is left out. */
  readonly staticEnds?: readonly StaticEnd[];
}

export const noStaticEnds: readonly StaticEnd[] = [];

/** Remembers the blocks that it has seen; forks of a cache share it. */
export class RequestSymbols {
  private readonly blockTokens: number;
  private readonly computedTokensAtLeast: number;
  private readonly pages: PageSymbols;
  private joinedTokens = new Int32Array(0);

  constructor(blockTokens: number, computedTokensAtLeast: number) {
    this.blockTokens = blockTokens;
    this.computedTokensAtLeast = computedTokensAtLeast;
    this.pages = new PageSymbols(blockTokens);
  }

  /** Of whole blocks; a last, partial one has none. */
  of(tokens: Int32Array): Int32Array {
    return this.pages.symbols(tokens);
  }

  /** Nothing of the request is kept by reference. */
  request(
    promptTokens: Int32Array,
    outputTokens: Int32Array,
    staticEnds?: readonly StaticEnd[],
  ): SymbolRequest {
    return this.requestOf(concatTokens(promptTokens, outputTokens), promptTokens.length, staticEnds);
  }

  /** The same, valid until the next one: an array of its own for each costs a fifth of a replay. */
  passingRequest(
    promptTokens: Int32Array,
    outputTokens: Int32Array,
    staticEnds?: readonly StaticEnd[],
  ): SymbolRequest {
    return this.requestOf(this.joined(promptTokens, outputTokens), promptTokens.length, staticEnds);
  }

  private joined(promptTokens: Int32Array, outputTokens: Int32Array): Int32Array {
    const length = promptTokens.length + outputTokens.length;
    if (this.joinedTokens.length < length) this.joinedTokens = new Int32Array(2 * length);
    this.joinedTokens.set(promptTokens);
    this.joinedTokens.set(outputTokens, promptTokens.length);
    return this.joinedTokens.subarray(0, length);
  }

  private requestOf(
    tokens: Int32Array,
    promptTokens: number,
    staticEnds: readonly StaticEnd[] = noStaticEnds,
  ): SymbolRequest {
    const { blockTokens } = this;
    const computed = Math.max(0, promptTokens - this.computedTokensAtLeast);
    return {
      sequence: this.pages.symbols(tokens),
      promptSymbols: Math.floor(promptTokens / blockTokens),
      resumeLimit: Math.floor(computed / blockTokens),
      staticEnds:
        blockTokens === 1
          ? staticEnds
          : staticEnds.map(({ end, sharedBy }) => ({ end: Math.floor(end / blockTokens), sharedBy })),
    };
  }
}
