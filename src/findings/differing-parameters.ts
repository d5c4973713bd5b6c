/** Two requests that begin with the same text and give other parameters: the one cannot read what the other has written. */
import { commonPrefixLength } from "../core/tokens/common-prefix.ts";
import { namesTheCache } from "../prompt/request-parameters.ts";
import type { Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { count, plural, shareOf } from "../words/numbers.ts";
import { isMinded, valueText } from "./changing-parameters.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { type Difference, differencesOf, keptText, keptTokens } from "./kept-prefix.ts";
import { headline } from "./sentences.ts";

/** Fewer tokens that two calls have in common are no common prompt. */
const worthSharing = 256;

export const differingParameters: Rule = {
  id: "differing-parameters",
  get title() {
    return t("Requests with one prompt and other parameters");
  },
  scope: "workspace",
  uncounted: "lost",
  check: (context) => {
    const { limits } = context.policy;
    if (limits === undefined) return [];
    return familiesOf(context).flatMap(([first, ...others]) =>
      others.flatMap((other) => findingOf(context, first!, other) ?? []),
    );
  },
};

/** Templates whose parameters are known, by the tokens that they begin with. */
function familiesOf({ templates, prefixes, policy }: FindingContext): readonly (readonly number[])[] {
  const least = Math.max(worthSharing, policy.limits?.minimumTokens ?? 0);
  const byBeginning = new Map<string, number[]>();
  for (const [index, { parameters, captured }] of templates.entries()) {
    const { tokens } = prefixes[index]!;
    if (parameters === undefined || captured !== undefined || tokens.length < least) continue;
    const key = tokens.subarray(0, least).join(" ");
    const family = byBeginning.get(key) ?? [];
    family.push(index);
    byBeginning.set(key, family);
  }
  return [...byBeginning.values()].filter(({ length }) => length > 1);
}

function findingOf(context: FindingContext, first: number, other: number): Finding | null {
  const { templates, prefixes, workload, policy } = context;
  const limits = policy.limits!;
  const [there, here] = [templates[first]!, templates[other]!];
  const rows = workload.requestsOf[other] ?? [];
  const [row] = rows;
  if (row === undefined) return null;
  const [a, b] = [prefixes[first]!.tokens, prefixes[other]!.tokens];
  const shared = commonPrefixLength(a, 0, b, 0, Math.min(a.length, b.length));
  const [worst] = differencesOf(here.parameters!, there.parameters!)
    .filter(({ name }) => isMinded(limits, name))
    .map((each) => ({ each, lost: shared - keptTokens(workload, row, each.name, here.segments) }))
    .sort((left, right) => right.lost - left.lost);
  if (worst === undefined || worst.lost < worthSharing) return null;
  const { each, lost } = worst;
  const prompt = context.outcomes.promptTokens[row] ?? 0;
  const units = lost * (1 - limits.readMultiplier);
  return {
    rule: differingParameters.id,
    // Another model, or another key, is most often meant.
    severity: namesTheCache(each.name) ? "hint" : "information",
    templateId: here.id,
    path: here.path,
    range: each.here?.range ?? here.range,
    message: headline(each.name, (name) =>
      t("{tokens} are kept once more, as {name} is another one here", {
        tokens: plural(lost, "token"),
        name,
      }),
    ),
    detail: t(
      "{kept}. Here it is {here}, and {there} in {other}, which begins with the same {tokens}. The first request after the other one writes them again: {units} units more, {share} of its price without a cache. Give both the same value, if they may share.",
      {
        kept: keptText(each.name),
        here: valueText(each.here),
        there: valueText(each.there),
        other: there.name,
        tokens: plural(shared, "token"),
        units: count(units),
        share: shareOf(units, prompt),
      },
    ),
    stake: { tokensPerRequest: lost / rows.length, ttftSecondsPerRequest: 0, bytes: 0 },
    assumptions: [],
    related: [{ ...placeOf(there, each), message: t("The other request.") }],
  };
}

function placeOf({ path, range }: Template, { there }: Difference) {
  return { path, range: there?.range ?? range };
}
