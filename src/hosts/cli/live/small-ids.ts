/** Requests in the tokens of a small model: each different token of theirs is one of its own, so that the same prefixes are shared. */
import { UserError } from "../../../config/settings.ts";
import type { TracedRequest } from "../oracle/successor-outputs.ts";

interface Given {
  readonly promptTokens: Int32Array;
  readonly outputTokens: Int32Array;
}

/** Ids from `firstToken` on, below `vocabularyTokens`. Throws `UserError` where they are too few. */
export function withSmallIds(
  requests: readonly Given[],
  firstToken: number,
  vocabularyTokens: number,
): TracedRequest[] {
  const ids = new Map<number, number>();
  const idOf = (token: number): number => {
    const known = ids.get(token);
    if (known !== undefined) return known;
    const id = firstToken + ids.size;
    if (id >= vocabularyTokens)
      throw new UserError(
        `The requests have more than ${ids.size} different tokens, which the tiny model has not; give fewer with --requests.`,
      );
    ids.set(token, id);
    return id;
  };
  return requests.map(({ promptTokens, outputTokens }) => ({
    tokens: Int32Array.from([...promptTokens, ...outputTokens], idOf),
    inputLength: promptTokens.length,
  }));
}
