/** Fates of a prompt's tokens at a hosted provider, each with the provider's reason. */
import type { Fate } from "../fates.ts";
import type { LossReason, ProviderServed } from "./request.ts";

/** Tokens `[start, end)` of the prompt. `cold` holds all that nobody had sent: the ledger divides it further. */
export interface ProviderFateSpan {
  readonly fate: Extract<Fate, "reused" | "unaligned" | "ruledOut" | "cold">;
  readonly start: number;
  readonly end: number;
  readonly reason: LossReason | null;
}

/** Spans in order, without gaps, from 0 to the prompt length; empty spans are left out. */
export function providerFates(served: ProviderServed): ProviderFateSpan[] {
  const promptTokens = served.readTokens + served.writtenTokens + served.plainTokens;
  const spans: ProviderFateSpan[] = [
    { fate: "reused", start: 0, end: served.readTokens, reason: null },
    ...served.losses.map((loss) => ({
      fate: loss.reason === "rounding" ? ("unaligned" as const) : ("ruledOut" as const),
      ...loss,
    })),
    { fate: "cold", start: served.matchedTokens, end: promptTokens, reason: null },
  ];
  return spans.filter(({ start, end }) => end > start);
}
