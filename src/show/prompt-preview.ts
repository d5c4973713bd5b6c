/** A prompt as the model sees it: the first request of a conversation, and the last one, message by message. */

import type { RenderedPart } from "../analysis/rendered-request.ts";
import type { Report, TemplateRow } from "../analysis/report.ts";
import { count, plural, shareOf } from "../words/numbers.ts";
import { approximation } from "./approximation.ts";
import { scenarioLine } from "./labels.ts";
import { fenced, literal } from "./markdown.ts";

export interface PreviewedRequest {
  /** From 1, and of how many the conversation has. */
  readonly number: number;
  readonly of: number;
  readonly tokens: number;
  /** Leading tokens that the cache held when it came. */
  readonly reusedTokens: number;
  readonly parts: readonly RenderedPart[];
}

/** Characters of a part that are shown. */
const longestPart = 40_000;

export function promptPreview(
  report: Pick<Report, "scenario">,
  row: Pick<TemplateRow, "name">,
  requests: readonly PreviewedRequest[],
): string {
  const about = approximation(report.scenario);
  const parts = [
    `# ${literal(row.name)}, as the model sees it`,
    `_${literal(scenarioLine(report))}_`,
    ...(requests.length === 0 ? ["Nothing calls it in this workload."] : []),
    ...requests.flatMap((request) => [
      `## Request ${count(request.number)} of ${count(request.of)}`,
      `${about}${plural(request.tokens, "token")}, the first ${count(request.reusedTokens)} (${shareOf(request.reusedTokens, request.tokens)}) from the cache.`,
      ...request.parts.flatMap((part) => partText(part, request.reusedTokens)),
    ]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function partText({ role, text, start, tokens }: RenderedPart, reusedTokens: number): readonly string[] {
  const name = role === null ? "behind the messages" : role;
  const end = start + tokens;
  const fate =
    end <= reusedTokens
      ? "reused"
      : start >= reusedTokens
        ? "prefilled"
        : `reused up to ${count(reusedTokens)}`;
  const rest = text.length - longestPart;
  return [
    `**${name}** · ${plural(tokens, "token")} · ${count(start)} – ${count(end)} · ${fate}`,
    fenced(text.slice(0, longestPart)),
    ...(rest > 0 ? [`… and ${plural(rest, "character")} more.`] : []),
  ];
}
