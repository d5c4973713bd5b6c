/** Marked prefixes expire between two turns: what is written is not there any more when the next turn comes. */
import type { Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { count, duration, plural, shareOf } from "../words/numbers.ts";
import { type BreakpointProposal, type LifetimeChoices, placesText } from "./breakpoint-proposal.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { isWorthEdit } from "./stake.ts";

const hour = 3600;

/** Less than this share of the price of a prompt without a cache is not worth an edit. */
const worthSayingShare = 0.01;

export const shortLifetime: Rule = {
  id: "short-lifetime",
  get title() {
    return t("A lifetime shorter than the gap between turns");
  },
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
  const { lifetimes, present, proposed, promptTokens, basis, isChanged } = proposal;
  const template = context.templates[proposal.template];
  const requests = context.workload.requestsOf[proposal.template]?.length ?? 0;
  if (template === undefined || requests === 0 || lifetimes === null || !isTooShort(proposal)) return null;
  const expired = (present.lost["expired"] ?? 0) / requests;
  const stake = { tokensPerRequest: expired, ttftSecondsPerRequest: 0, bytes: 0 };
  const choices = choicesOf(lifetimes, promptTokens).sort((a, b) => a.inputUnits - b.inputUnits);
  const couldAskForHour = lifetimes.longer?.seconds === hour;
  const priced = (units: number) =>
    t("{units} units, {share} of the price without a cache", {
      units: count(units),
      share: shareOf(units, promptTokens),
    });
  return {
    rule: shortLifetime.id,
    severity: isWorthEdit(stake) ? (basis === "written" ? "warning" : "information") : "hint",
    templateId: template.id,
    path: template.path,
    range: template.cacheMarkers?.[0]?.range ?? template.range,
    message: t("{tokens} expire per request: {lifetimes}", {
      tokens: plural(expired, "token"),
      lifetimes: lateText(lifetimes),
    }),
    detail: [
      basis === "written"
        ? t("The marks that are written cost {0}.", priced(present.inputUnits))
        : t("The marks that are assumed cost {0}.", priced(present.inputUnits)),
      t("Instead: {0}.", choices.map(({ name, inputUnits }) => `${name} ${priced(inputUnits)}`).join("; ")),
      ...(isChanged
        ? [
            t("Marks {places} would cost {share}.", {
              ...{ places: placesText(proposal), share: shareOf(proposed.inputUnits, promptTokens) },
            }),
          ]
        : []),
      isTimed(template)
        ? t("The times are those of the recording.")
        : t('How far apart the turns are is "thinkSeconds" of the workload in promptcache.json.'),
    ].join(" "),
    stake,
    assumptions: ["breakpoint-search", "arrivals"],
    related: (template.cacheMarkers ?? []).map(({ range }) => ({
      path: template.path,
      range,
      message: couldAskForHour ? t("A mark that could ask for an hour") : t("A mark"),
    })),
    ...(couldAskForHour && { couldAskForHour }),
  };
}

/** The median where it says why; where most turns are in time, how many are not. */
function lateText({ seconds, gapSeconds, gaps, lateGaps }: LifetimeChoices): string {
  return gapSeconds > seconds
    ? t("turns {gapSeconds} apart, lifetime {seconds}", {
        gapSeconds: duration(gapSeconds),
        seconds: duration(seconds),
      })
    : t("{lateGaps} of {turns} later than {seconds}", {
        lateGaps: count(lateGaps),
        turns: plural(gaps, "turn"),
        seconds: duration(seconds),
      });
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
            name: t('the same marks with a lifetime of {lifetime} ("ttl": "{hours}h")', {
              lifetime: duration(longer.seconds),
              hours: longer.seconds / 3600,
            }),
            inputUnits: longer.inputUnits,
          },
        ]),
    ...(keptAlive === null
      ? []
      : [
          {
            name: t(
              "keeping the prefixes alive by {0} more that only read them",
              plural(keptAlive.requests, "request"),
            ),
            inputUnits: keptAlive.inputUnits,
          },
        ]),
    { name: t("no marks at all"), inputUnits: promptTokens },
  ];
}
