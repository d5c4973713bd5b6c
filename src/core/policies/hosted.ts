/** The prompt caches of hosted APIs: an entry for each provider of the catalogue, and one for each lifetime that costs extra. */
import { count, duration } from "../../words/numbers.ts";
import { providers } from "../providers/catalogue.ts";
import { isDisputed, type ProviderTerms, priceOf, termsOf } from "../providers/choose.ts";
import type { Lifetime, MatcherSpec, Provider } from "../providers/provider.ts";
import { type MarkerPlacement, markersOf, ProviderCache } from "../providers/provider-cache.ts";
import type { HostedLimits, Policy } from "./policy.ts";

export const hostedPolicies: readonly Policy[] = providers.flatMap((provider) =>
  lifetimesOf(provider).map((lifetime) => hostedPolicy(provider, lifetime, null)),
);

/** The rules of one model of a provider, such as `anthropic:claude-opus-5`; `undefined` when there is no such provider. */
export function hostedPolicyOf(id: string, model: string): Policy | undefined {
  const found = hostedBy(id);
  return found === undefined ? undefined : hostedPolicy(found.provider, found.lifetime, model);
}

/** Who serves a hosted policy that names no model; `undefined` for all others. */
export function hostedBy(
  id: string,
): { readonly provider: Provider; readonly lifetime: Lifetime } | undefined {
  for (const provider of providers) {
    const lifetime = lifetimesOf(provider).find((each) => policyId(provider, each) === id);
    if (lifetime !== undefined) return { provider, lifetime };
  }
  return undefined;
}

/** Of a day, a month, a half of a year or a span: `2026-11`, `2026-H1`, `2026-07..2026-11`. */
export function firstDay(asOf: string): string {
  const [, year = "", half, month = half === "H2" ? "07" : "01", day = "01"] =
    /^(\d{4})(?:-(H[12])|-(\d{2})(?:-(\d{2}))?)?(?:\.\.|$)/.exec(asOf) ?? [];
  return `${year}-${month}-${day}`;
}

/** The one that a caller gets without asking, and the one that costs extra. */
function lifetimesOf({ lifetimes }: Provider): Lifetime[] {
  const long = lifetimes.find(({ id }) => id === "long");
  return long === undefined ? [lifetimes[0]] : [lifetimes[0], long];
}

/** The provider's, with an ending such as `-1h` for the longer lifetime. */
function policyId(provider: Provider, { id, sureSeconds }: Lifetime): string {
  if (id !== "long") return provider.id;
  return `${provider.id}-${sureSeconds === null ? "long" : `${sureSeconds / 3600}h`}`;
}

function hostedPolicy(
  provider: Provider,
  lifetime: Lifetime,
  model: string | null,
  countsToolRunsOnce = false,
): Policy {
  const terms = termsOf(provider, { model, lifetime: lifetime.id, countsToolRunsOnce });
  const hasTwoWays = isDisputed(provider.matcher) && !countsToolRunsOnce;
  const placement = placementFor(provider);
  const models = model ?? provider.models;
  const id = policyId(provider, lifetime);
  const price = model === null ? null : priceOf(provider, model);
  const ending = lifetime.id === "long" ? `, ${duration(terms.lifetimeSeconds)}` : "";
  return {
    id: model === null ? id : `${id}:${model}`,
    name: `${provider.name}${models === null ? "" : ` (${models})`}${ending}`,
    kind: "hosted",
    memory: "provider",
    bills: true,
    ...(price !== null && { usdPerMillionTokens: price }),
    description: describe(provider, terms),
    version: provider.asOf,
    learned: { asOf: firstDay(provider.asOf), from: "documentation" },
    source: provider.sources.join("; "),
    leavesOut: `Other machines, load and routing; overheads of the API; the provider's own vocabulary and speed${laterText(provider)}.`,
    isBlockBased: false,
    ...(provider.order?.[0] === "tools" && { putsToolsFirst: true }),
    ...(hasTwoWays && { withToolRunsOnce: hostedPolicy(provider, lifetime, model, true) }),
    limits: limitsOf(terms),
    ...breakpointsOf(terms, placement),
    create: () => new ProviderCache(terms, placement),
    assumptions: () => [
      ...terms.assumptions,
      ...unpublishedPrices(provider, lifetime),
      ...surchargesText(provider),
      ...unmarkedText(provider, placement),
      ...positionsText(terms),
      hostedText,
    ],
  };
}

function limitsOf({
  provider,
  minimumTokens,
  readMultiplier,
  countsToolRunsOnce,
}: ProviderTerms): HostedLimits {
  const { matcher, minimumTokens: minimumsByModel, needsCacheKey, parametersInvalidate } = provider;
  const isMarked = matcher.kind === "breakpoint";
  return {
    minimumTokens,
    minimumsByModel,
    mostMarks: isMarked && matcher.refusesMore === true ? matcher.maxBreakpoints : null,
    needsCacheKey,
    parametersInvalidate,
    readMultiplier,
    lookbackPositions: isMarked ? matcher.lookbackPositions : null,
    toolRuns: !isDisputed(matcher) ? null : countsToolRunsOnce ? "once" : "each",
    needsMarks: isMarked && matcher.automaticMarker !== "always",
  };
}

/** Only where authors mark prefixes. */
function breakpointsOf(terms: ProviderTerms, placement: MarkerPlacement): Pick<Policy, "breakpoints"> {
  const { matcher } = terms.provider;
  if (matcher.kind !== "breakpoint") return {};
  return {
    breakpoints: {
      most: matcher.maxBreakpoints,
      minimumTokens: terms.minimumTokens,
      present: (promptTokens, context) => markersOf(promptTokens, context, placement),
      assumed: assumedText(placement),
      createUnmarked: () => new ProviderCache(terms),
      lifetimes: {
        seconds: terms.lifetimeSeconds,
        longerSeconds: terms.longLifetimeSeconds > terms.lifetimeSeconds ? terms.longLifetimeSeconds : null,
        renewalMultiplier: matcher.isRenewedByReads ? terms.readMultiplier : null,
        createLasting: () => new ProviderCache({ ...terms, lifetimeSeconds: Number.POSITIVE_INFINITY }),
      },
    },
  };
}

/** A trace tells when requests come, and nothing of when a provider answers. */
function laterText({ matcher }: Provider): string {
  if (matcher.kind !== "breakpoint" || matcher.readableFrom === "arrival") return "";
  const until = matcher.readableFrom === "answerStart" ? "begins" : "ends";
  return `; that a prefix can be read only when the answer to the request that writes it ${until}`;
}

const hostedText =
  "Hosted: the provider's memory has no capacity here, only lifetimes. Tokens are counted with the vocabulary of the chosen model, and TTFT is that of the chosen model on the chosen GPU, not the provider's.";

/**
 * Providers that cache by themselves get no markers. Where the author has to set them, he sets one behind the part that
 * never changes, as every guide says, and another at the end of the prompt, so that the next turn can read this one; where
 * a request can only use one (a cache object that is called by name), it is the part that never changes.
 */
function placementFor({ matcher }: Provider): MarkerPlacement {
  if (matcher.kind !== "breakpoint" || matcher.automaticMarker === "always") {
    return { atStableEnd: false, atPromptEnd: false };
  }
  return { atStableEnd: true, atPromptEnd: matcher.maxBreakpoints > 1 };
}

function assumedText({ atPromptEnd, atStableEnd }: MarkerPlacement): string | null {
  if (atPromptEnd)
    return "two in every request, behind the leading part of its template that never changes and behind the last message for the next turn. What a prompt's end writes and no later turn reads costs more than sending it plainly where writing has a price";
  return atStableEnd
    ? "one cached prefix per template, its leading part that never changes. What keeping it costs by the hour is not counted"
    : null;
}

/** Where nobody has to mark anything. */
function unmarkedText({ matcher }: Provider, { atStableEnd }: MarkerPlacement): string[] {
  if (atStableEnd) return [];
  return [
    matcher.kind === "breakpoint"
      ? "No markers of one's own: the provider marks the end of every prompt itself."
      : "Nothing has to be marked: the provider stores every prompt itself.",
  ];
}

/** Where earlier prefixes may end that a request reads. */
function positionsText({ provider: { matcher }, countsToolRunsOnce }: ProviderTerms): string[] {
  if (matcher.kind !== "breakpoint") return [];
  const { lookbackPositions, lookbackFrom } = matcher;
  if (lookbackPositions === 1)
    return ["A marked prefix is read only by a request that marks the same place."];
  const where = lookbackFrom === "latest" ? "of the prompt" : "up to a marker, its own place being the first";
  const runs = !isDisputed(matcher)
    ? ""
    : countsToolRunsOnce
      ? " A run of tool calls side by side is one place, and one of results, as one report has it and others deny."
      : ' Calls of tools side by side, and their results, are a place each; one report has it that a run of them is one place, which the setting toolRuns = "once" counts.';
  return [
    `A marked prefix is read only if it ends at one of the latest ${lookbackPositions} places ${where}; places are markers, the ends of messages, and of blocks of content where a request lists them.${runs}`,
  ];
}

function describe({ matcher, activation, readMultiplier }: Provider, terms: ProviderTerms): string {
  const least = terms.minimumTokens > 0 ? `; from ${count(terms.minimumTokens)} tokens on` : "";
  const life = Number.isFinite(terms.lifetimeSeconds)
    ? `; for ${duration(terms.lifetimeSeconds)}`
    : "; no lifetime published";
  const read =
    readMultiplier.length === 0
      ? "; no price of reading published"
      : `; reading costs ${terms.readMultiplier} of the input price`;
  const write = terms.writeMultiplier === 1 ? "" : `, writing ${terms.writeMultiplier}`;
  return `${matching(matcher)}${least}${life}${read}${write}. Activation: ${activation}.`;
}

function matching(matcher: MatcherSpec): string {
  switch (matcher.kind) {
    case "prefixRounded":
      return `The longest prefix that was sent before${matcher.stepTokens > 1 ? `, rounded down to ${matcher.stepTokens} tokens` : ""}`;
    case "breakpoint":
      return "Prefixes that were marked, read whole";
    case "unit":
      return "Whole units that the provider writes by itself";
  }
}

function surchargesText({ surcharges }: Provider): string[] {
  const each = surcharges.map(
    ({ when, inputFactor, outputFactor }) =>
      `${when} (input times ${inputFactor}, output times ${outputFactor})`,
  );
  return each.length === 0 ? [] : [`Prices differ, which is not counted: ${each.join("; ")}.`];
}

function unpublishedPrices({ readMultiplier }: Provider, { writeMultiplier }: Lifetime): string[] {
  const texts: string[] = [];
  if (readMultiplier.length === 0) texts.push("The price of reading is not published: that of plain input.");
  if (writeMultiplier === null) texts.push("The price of writing is not published: that of plain input.");
  return texts;
}
