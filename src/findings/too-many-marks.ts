/** More marks in one request than the provider takes: the API answers with an error, whatever they mark. */
import { plural } from "../words/numbers.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { headline } from "./sentences.ts";

export const tooManyMarks: Rule = {
  id: "too-many-marks",
  title: "More marks than the provider takes",
  scope: "template",
  check: (context) => context.templates.flatMap((_, index) => checkTemplate(context, index) ?? []),
};

function checkTemplate(context: FindingContext, index: number): Finding | null {
  const most = context.policy.limits?.mostMarks ?? null;
  const template = context.templates[index];
  const marks = template?.cacheMarkers ?? [];
  const first = most === null ? undefined : marks[most];
  if (template === undefined || most === null || first === undefined) return null;
  const rows = context.workload.requestsOf[index] ?? [];
  const sent = rows.reduce((sum, row) => sum + (context.outcomes.promptTokens[row] ?? 0), 0);
  const perRequest = rows.length === 0 ? 0 : sent / rows.length;
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
      `Here nothing of its ${plural(perRequest, "token")} counts as read, and all of it as plain input. ` +
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
