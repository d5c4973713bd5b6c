/** What a light bulb says. */
import type { Gain } from "../findings/finding.ts";
import { plural, seconds } from "../words/numbers.ts";

/** An imperative with what was measured: `Move now to the end of the prompt: +94 stable tokens, −0.9 ms`. */
export function fixTitle(
  title: string,
  effect: Gain | null,
  { isHosted }: { readonly isHosted: boolean },
): string {
  if (effect === null) return title;
  const { tokensPerRequest, ttftSecondsPerRequest } = effect;
  const tokens = `+${plural(tokensPerRequest, isHosted ? "cached token" : "stable token")}`;
  const time = ttftSecondsPerRequest > 0 && !isHosted ? `, −${seconds(ttftSecondsPerRequest)}` : "";
  return `${title}: ${tokens}${time}`;
}
