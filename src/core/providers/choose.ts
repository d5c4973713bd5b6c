/** From an entry of the catalogue, a model and a lifetime to numbers and a matcher, with what had to be assumed. */
import { Breakpoints } from "./breakpoints.ts";
import { providers } from "./catalogue.ts";
import { PrefixRounded } from "./prefix-rounded.ts";
import type { ByModel, Lifetime, MatcherSpec, Provider } from "./provider.ts";
import type { Matcher } from "./request.ts";
import { WholeUnits } from "./whole-units.ts";

export interface ProviderChoice {
  /** Model name in any spelling, such as `claude-opus-4-7`; `null` when not known. */
  readonly model?: string | null;
  /** The lifetime that requests ask for; `default` when left out. Long markers always live for the long one. */
  readonly lifetime?: Lifetime["id"];
  /** Whether prefixes live as long as is promised (left out), or as long as they can at most. */
  readonly lives?: "sure" | "most";
  /** Whether a run of tool calls, or of results, is one position of the lookback, where that is disputed. */
  readonly countsToolRunsOnce?: boolean;
}

/** The rules of one provider for one model. */
export interface ProviderTerms {
  readonly provider: Provider;
  readonly minimumTokens: number;
  /** `Infinity` where nothing is published. */
  readonly lifetimeSeconds: number;
  readonly longLifetimeSeconds: number;
  /** Prices of one token, in prices of a plain input token. */
  readonly readMultiplier: number;
  readonly writeMultiplier: number;
  readonly longWriteMultiplier: number;
  /** False wherever it is not disputed. */
  readonly countsToolRunsOnce: boolean;
  readonly assumptions: readonly string[];
}

/** By id; case does not matter. `undefined` when there is none. */
export function findProvider(id: string): Provider | undefined {
  const wanted = id.trim().toLowerCase();
  return providers.find((provider) => provider.id === wanted);
}

export function termsOf(provider: Provider, choice: ProviderChoice = {}): ProviderTerms {
  const { model = null, lifetime = "default", lives = "sure" } = choice;
  const assumptions = [...provider.assumptions];
  const worst = (what: string, values: readonly ByModel[], otherwise: number): number => {
    // What holds for all other models says nothing of one that is not named.
    const isOpen = model === null && values.length > 1;
    const found = isOpen ? null : valueFor(values, model);
    if (found !== null) return found;
    if (values.length === 0) return otherwise;
    const highest = Math.max(...values.map(({ value }) => value));
    assumptions.push(`The ${what} for ${model ?? "this model"} is not known: the highest, ${highest}.`);
    return highest;
  };
  const [usual] = provider.lifetimes;
  const chosen = provider.lifetimes.find(({ id }) => id === lifetime) ?? usual;
  const long = provider.lifetimes.find(({ id }) => id === "long") ?? chosen;
  return {
    provider,
    minimumTokens: worst("minimum length", provider.minimumTokens, 0),
    lifetimeSeconds: secondsOf(chosen, lives),
    longLifetimeSeconds: secondsOf(long, lives),
    readMultiplier: worst("price of reading", provider.readMultiplier, 1),
    writeMultiplier: chosen.writeMultiplier ?? 1,
    longWriteMultiplier: long.writeMultiplier ?? 1,
    countsToolRunsOnce: choice.countsToolRunsOnce === true && isDisputed(provider.matcher),
    assumptions,
  };
}

export function createMatcher(terms: ProviderTerms): Matcher {
  const { minimumTokens, lifetimeSeconds, longLifetimeSeconds, countsToolRunsOnce } = terms;
  const { matcher } = terms.provider;
  switch (matcher.kind) {
    case "prefixRounded":
      return new PrefixRounded({ ...matcher, minimumTokens, idleSeconds: lifetimeSeconds });
    case "breakpoint":
      return new Breakpoints({
        ...matcher,
        ...{ minimumTokens, lifetimeSeconds, longLifetimeSeconds, countsToolRunsOnce },
      });
    case "unit":
      return new WholeUnits({ ...matcher, minimumTokens, idleSeconds: lifetimeSeconds });
  }
}

/** Whether sources disagree on what a run of tool calls counts. */
export function isDisputed(matcher: MatcherSpec): boolean {
  return matcher.kind === "breakpoint" && matcher.mayCountToolRunsOnce === true;
}

function secondsOf(lifetime: Lifetime, lives: "sure" | "most"): number {
  const seconds = lives === "sure" ? (lifetime.sureSeconds ?? lifetime.mostSeconds) : lifetime.mostSeconds;
  return seconds ?? Number.POSITIVE_INFINITY;
}

/** USD for a million plain input tokens of a model; `null` where nobody has written it down. */
export function priceOf({ pricesUsdPerMillion }: Provider, model: string): number | null {
  const prices = pricesUsdPerMillion.map((each) => ({ models: [each.model], value: each.plain }));
  return valueFor(prices, model);
}

/** Whether the provider's rules for this model are others than those for a model of which nothing is known. */
export function speaksOf({ minimumTokens, readMultiplier }: Provider, model: string): boolean {
  const words = wordsOf(model);
  const isNamed = ({ models }: ByModel) => models.some((name) => holds(words, wordsOf(name)));
  return minimumTokens.some(isNamed) || readMultiplier.some(isNamed);
}

/** The value of the most precise name that the model's own name holds, else that for all other models, else `null`. */
function valueFor(values: readonly ByModel[], model: string | null): number | null {
  let best: number | null = null;
  let bestLength = -1;
  const words = model === null ? [] : wordsOf(model);
  for (const { models, value } of values) {
    if (models.length === 0 && bestLength < 0) [best, bestLength] = [value, 0];
    for (const name of models) {
      const wanted = wordsOf(name);
      if (wanted.length > bestLength && holds(words, wanted)) [best, bestLength] = [value, wanted.length];
    }
  }
  return best;
}

/** `Opus 4.7` and `claude-opus-4-7` have the words `opus 4 7` in common; `4.x` stands for any version 4. */
function wordsOf(name: string): string[] {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.at(-1) === "x" ? words.slice(0, -1) : words;
}

function holds(words: readonly string[], wanted: readonly string[]): boolean {
  return words.some((_, start) => wanted.every((word, index) => words[start + index] === word));
}
