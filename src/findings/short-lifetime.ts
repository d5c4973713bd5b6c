/** Marked prefixes expire between two turns: what is written is not there any more when the next turn comes. */
import type { Template } from "../prompt/template.ts";
import { listed } from "../words/lists.ts";
import { count, duration, plural, shareOf } from "../words/numbers.ts";
import { type BreakpointProposal, type LifetimeChoices, lifetimeText } from "./breakpoint-proposal.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { headline } from "./sentences.ts";
import { isWorthEdit } from "./stake.ts";

const hour = 3600;

/** What is said of each mark where the provider sells an hour. */
export const longerMark = "A mark that could ask for an hour";

/** Less than this share of the price of a prompt without a cache is not worth an edit. */
const worthSayingShare = 0.01;

export const shortLifetime: Rule = {
  id: "short-lifetime",
  title: "A lifetime shorter than the gap between turns",
  scope: "advice",
  check: (context) => (context.breakpoints ?? []).flatMap((proposal) => findingOf(context, proposal) ?? []),
};

/** Whether something else than the present lifetime saves enough, so that this rule speaks of it. */
export function isTooShort({ lifetimes, present, promptTokens }: BreakpointProposal): boolean {
  if (lifetimes === null) return false;
  const cheapest = Math.min(...choicesOf(lifetimes, promptTokens).map(({ inputUnits }) => inputUnits));
  return present.inputUnits - cheapest >= worthSayingShare * promptTokens;
}

function findingOf(context: FindingContext, proposal: BreakpointProposal): Finding | null {
  const { lifetimes, present, proposed, promptTokens, basis, isChanged, places } = proposal;
  const template = context.templates[proposal.template];
  const requests = context.workload.requestsOf[proposal.template]?.length ?? 0;
  if (template === undefined || requests === 0 || lifetimes === null || !isTooShort(proposal)) return null;
  const expired = (present.lost["expired"] ?? 0) / requests;
  const stake = { tokensPerRequest: expired, ttftSecondsPerRequest: 0, bytes: 0 };
  const choices = choicesOf(lifetimes, promptTokens).sort((a, b) => a.inputUnits - b.inputUnits);
  const priced = (units: number) =>
    `${count(units)} units, ${shareOf(units, promptTokens)} of the price without a cache`;
  return {
    rule: shortLifetime.id,
    severity: isWorthEdit(stake) ? (basis === "written" ? "warning" : "information") : "hint",
    templateId: template.id,
    path: template.path,
    range: template.cacheMarkers?.[0]?.range ?? template.range,
    message: headline(`${plural(expired, "token")} expire per request: ${lateText(lifetimes)}`),
    detail:
      `The marks that are ${basis === "written" ? "written" : "assumed"} cost ${priced(present.inputUnits)}. Instead: ` +
      `${choices.map(({ name, inputUnits }) => `${name} ${priced(inputUnits)}`).join("; ")}. ` +
      (isChanged
        ? `Marks ${listed(places.map(({ name }) => name))}${lifetimeText(proposal)} would cost ${shareOf(proposed.inputUnits, promptTokens)}. `
        : "") +
      (isTimed(template)
        ? "The times are those of the recording."
        : `How far apart the turns are is "thinkSeconds" of the workload in promptcache.json.`),
    stake,
    assumptions: ["breakpoint-search", "arrivals"],
    related: (template.cacheMarkers ?? []).map(({ range }) => ({
      path: template.path,
      range,
      message: lifetimes.longer?.seconds === hour ? longerMark : "A mark",
    })),
  };
}

/** The median where it says why; where most turns are in time, how many are not. */
function lateText({ seconds, gapSeconds, gaps, lateGaps }: LifetimeChoices): string {
  return gapSeconds > seconds
    ? `turns ${duration(gapSeconds)} apart, lifetime ${duration(seconds)}`
    : `${count(lateGaps)} of ${plural(gaps, "turn")} later than ${duration(seconds)}`;
}

/** Whether the times of the requests were recorded. */
function isTimed({ captured }: Template): boolean {
  return captured?.every(({ sentAtSeconds }) => sentAtSeconds !== null) ?? false;
}

interface PricedChoice {
  readonly name: string;
  readonly inputUnits: number;
}

function choicesOf({ longer, keptAlive }: LifetimeChoices, promptTokens: number): PricedChoice[] {
  return [
    ...(longer === null
      ? []
      : [
          {
            name: `the same marks with a lifetime of ${duration(longer.seconds)} ("ttl": "${longer.seconds / 3600}h")`,
            inputUnits: longer.inputUnits,
          },
        ]),
    ...(keptAlive === null
      ? []
      : [
          {
            name: `keeping the prefixes alive by ${plural(keptAlive.requests, "request")} more that only read them`,
            inputUnits: keptAlive.inputUnits,
          },
        ]),
    { name: "no marks at all", inputUnits: promptTokens },
  ];
}
