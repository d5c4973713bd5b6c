/** What a user has measured of the real cache, as the setting `measured` writes it. */
import { UserError } from "./settings.ts";

export interface Measured {
  /** Reused tokens / prompt tokens. */
  readonly tokenHitRate: number;
  /** The same in tokens; `null` where a share alone was given. */
  readonly tokens: { readonly cached: number; readonly prompt: number } | null;
}

/** `null` for `none`. Throws `UserError` for more cached tokens than there are. */
export function parseMeasured(value: string): Measured | null {
  const share = /^([\d.]+) ?%$/.exec(value);
  if (share !== null) return { tokenHitRate: Number(share[1]) / 100, tokens: null };
  const tokens = /^(\d+) ?\/ ?(\d+)$/.exec(value);
  if (tokens === null) return null;
  const [cached, prompt] = [Number(tokens[1]), Number(tokens[2])];
  if (prompt === 0 || cached > prompt)
    throw new UserError(
      `measured is "${value}"; give the tokens that were read from the cache first, then all prompt tokens, such as 312000/900000.`,
    );
  return { tokenHitRate: cached / prompt, tokens: { cached, prompt } };
}
