/** More marks in one request than the provider takes: the API answers with an error, whatever they mark. */
import type { HostedLimits } from "../core/policies/policy.ts";
import { t } from "../words/l10n.ts";
import { plural } from "../words/numbers.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { lostPrice } from "./lost-price.ts";

export const tooManyMarks: Rule = {
  id: "too-many-marks",
  get title() {
    return t("More marks than the provider takes");
  },
  scope: "template",
  check: (context) => context.templates.flatMap((_, index) => checkTemplate(context, index) ?? []),
};

function checkTemplate(context: FindingContext, index: number): Finding | null {
  const { limits } = context.policy;
  const most = limits?.mostMarks ?? null;
  const template = context.templates[index];
  const marks = template?.cacheMarkers ?? [];
  const first = most === null ? undefined : marks[most];
  if (template === undefined || limits === undefined || most === null || first === undefined) return null;
  const rows = context.workload.requestsOf[index] ?? [];
  const { promptTokens, sentTokens } = context.outcomes;
  const meanOf = (tokensOf: (row: number) => number) =>
    rows.length === 0 ? 0 : rows.reduce((sum, row) => sum + tokensOf(row), 0) / rows.length;
  const perRequest = meanOf((row) => promptTokens[row] ?? 0);
  // What had been sent before could have been read, were it marked and long enough.
  const readable = meanOf((row) => {
    const sent = sentTokens[row] ?? 0;
    return sent >= limits.minimumTokens ? sent : 0;
  });
  return {
    rule: tooManyMarks.id,
    severity: "error",
    templateId: template.id,
    path: template.path,
    range: first.range,
    message: t("{marks} in one request, where {most} are allowed: it is refused", {
      marks: plural(marks.length, "mark"),
      most,
    }),
    detail: t(
      '{name} answers a request with more than {most} marks with an error (400, "a maximum of {most} blocks with cache_control"). Here nothing of its {tokens} counts as read, and all of it as plain input. {limits}Keep the mark behind the part that never changes and the one behind the last message; take {length} of the others away.',
      {
        name: context.policy.name,
        most,
        tokens: plural(perRequest, "token"),
        limits: priceOf(limits, readable, perRequest),
        length: marks.length - most,
      },
    ),
    stake: { tokensPerRequest: perRequest, ttftSecondsPerRequest: 0, bytes: 0 },
    assumptions: [],
    related: marks
      .filter((mark) => mark !== first)
      .map(({ range }, at) => ({
        path: template.path,
        range,
        message: t("Mark {0}", at < most ? at + 1 : at + 2),
      })),
  };
}

function priceOf(limits: HostedLimits, readable: number, perRequest: number): string {
  if (readable === 0) return "";
  const price = lostPrice(limits, readable, perRequest);
  return t(
    "With marks that are taken, {tokens} that had been sent before could be read: at most {price}, less. ",
    { tokens: plural(readable, "token"), price },
  );
}
