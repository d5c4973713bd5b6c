/** How EPIC cuts a document into chunks (the authors' demo, `_split_docs`): by tokens, ending where a reader would pause. */

/** Tokens that a chunk has before it looks for an end. */
export const chunkTargetTokens = 512;
/** Below so many tokens a period ends it. */
export const periodLimitTokens = 768;
/** Below so many tokens a line break ends it; at so many it ends in any case. */
export const chunkLimitTokens = 1024;

/** What the caller's tokenizer knows of a token: whether its text ends in a period, or in a line break. */
export interface TokenEnds {
  endsInPeriod(token: number): boolean;
  endsInNewline(token: number): boolean;
}

/** Starts of the chunks of a document, ascending; the first is 0, and the last chunk takes what is left. Empty for no tokens. */
export function documentChunkStarts(tokens: Int32Array, ends: TokenEnds): number[] {
  const starts: number[] = [];
  for (let start = 0; start < tokens.length; start = chunkEnd(tokens, start, ends)) starts.push(start);
  return starts;
}

function chunkEnd(tokens: Int32Array, start: number, ends: TokenEnds): number {
  const limit = Math.min(tokens.length, start + chunkLimitTokens);
  let end = Math.min(tokens.length, start + chunkTargetTokens);
  while (end < limit) {
    const last = tokens[end - 1]!;
    if (end - start < periodLimitTokens ? ends.endsInPeriod(last) : ends.endsInNewline(last)) break;
    end++;
  }
  return end;
}
