/** More marks in one request than the provider takes: the API answers with an error, whatever they mark. */
import type { HostedLimits } from "../core/policies/policy.ts";
import { plural } from "../words/numbers.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { lostPrice } from "./lost-price.ts";
import { headline } from "./sentences.ts";

export const tooManyMarks: Rule = {
  id: "too-many-marks",
  title: "More marks than the provider takes",
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
    message: headline(
      `${plural(marks.length, "mark")} in one request, where ${most} are allowed: it is refused`,
    ),
    detail:
      `${context.policy.name} answers a request with more than ${most} marks with an error (400, "a maximum of ${most} blocks with cache_control"). ` +
      `Here nothing of its ${plural(perRequest, "token")} counts as read, and all of it as plain input. ${priceOf(limits, readable, perRequest)}` +
      `Keep the mark behind the part that never changes and the one behind the last message; take ${marks.length - most} of the others away.`,
    stake: { tokensPerRequest: perRequest, ttftSecondsPerRequest: 0, bytes: 0 },
    assumptions: [],
    related: marks
      .filter((mark) => mark !== first)
      .map(({ range }, at) => ({
        path: template.path,
        range,
        message: `Mark ${at < most ? at + 1 : at + 2}`,
      })),
  };
}

function priceOf(limits: HostedLimits, readable: number, perRequest: number): string {
  if (readable === 0) return "";
  const price = lostPrice(limits, readable, perRequest);
  return `With marks that are taken, ${plural(readable, "token")} that had been sent before could be read: at most ${price}, less. `;
}
