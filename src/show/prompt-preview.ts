/** A prompt as the model sees it: the first request of a conversation, and the last one, message by message. */

import type { RenderedPart } from "../analysis/rendered-request.ts";
import type { Report, TemplateRow } from "../analysis/report.ts";
import { t } from "../words/l10n.ts";
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
    `# ${t("{0}, as the model sees it", literal(row.name))}`,
    `_${literal(scenarioLine(report))}_`,
    ...(requests.length === 0 ? [t("Nothing calls it in this workload.")] : []),
    ...requests.flatMap((request) => [
      `## ${t("Request {number} of {of}", { number: count(request.number), of: count(request.of) })}`,
      t("{about}{tokens}, the first {reused} ({share}) from the cache.", {
        about,
        tokens: plural(request.tokens, "token"),
        reused: count(request.reusedTokens),
        share: shareOf(request.reusedTokens, request.tokens),
      }),
      ...request.parts.flatMap((part) => partText(part, request.reusedTokens)),
    ]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function partText({ role, text, start, tokens }: RenderedPart, reusedTokens: number): readonly string[] {
  const name = role === null ? t("behind the messages") : role;
  const end = start + tokens;
  const fate =
    end <= reusedTokens
      ? t("reused")
      : start >= reusedTokens
        ? t("prefilled")
        : t("reused up to {0}", count(reusedTokens));
  const rest = text.length - longestPart;
  return [
    `**${name}** · ${plural(tokens, "token")} · ${count(start)} – ${count(end)} · ${fate}`,
    fenced(text.slice(0, longestPart)),
    ...(rest > 0 ? [t("… and {0} more.", plural(rest, "character"))] : []),
  ];
}
