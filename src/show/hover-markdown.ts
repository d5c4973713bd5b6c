/** What the hover says about the segment under the cursor. */

import type { Report, SegmentReport } from "../analysis/report.ts";
import { bytes, count, plural, shareOf } from "../words/numbers.ts";
import { approximation } from "./approximation.ts";
import { chooseTokenizerLink } from "./choose-tokenizer-link.ts";
import { editCost } from "./edit-cost.ts";
import { fateNames } from "./fate-names.ts";
import { code, literal, table } from "./markdown.ts";
import { costRow } from "./price-text.ts";
import { fates, ledgerTotal, type SegmentUse } from "./report-lookup.ts";

/** `uses` has at least one entry; the first is described, the others are named. */
export function hoverMarkdown(report: Pick<Report, "scenario">, uses: readonly SegmentUse[]): string {
  const [use, ...others] = uses;
  if (use === undefined) return "";
  const parts = [
    fateLine(use.segment),
    `**${title(use.segment)}**${scopeText(use.segment)}`,
    table(["", ""], rows(report, use)),
    otherUses(others),
    notes(report),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function title({ kind, name, role }: SegmentReport): string {
  switch (kind) {
    case "text":
      return role === null ? "Static text" : `Static text (${role})`;
    case "marker":
      return `Start of ${role === null ? "a message" : `the ${role} message`}`;
    case "hole":
      return `Hole ${code(name)}`;
    case "block":
      return `Block ${code(name)}`;
    case "include":
      return `Include ${code(name)}`;
    case "tool":
      return `Tool ${code(name)}`;
    case "chat":
      return "Chat template";
  }
}

function scopeText({ scope, kind }: SegmentReport): string {
  if (scope === null) return kind === "text" ? " — the same in every request" : "";
  if (scope.basis === "unknown") return ` — unknown: ${literal(scope.reason)}. Declare how often it changes.`;
  return ` — ${scope.scope}, ${scope.basis}: ${literal(scope.reason)}`;
}

function rows(
  report: Pick<Report, "scenario">,
  { template, segment, tokensBefore }: SegmentUse,
): readonly (readonly string[])[] {
  const { scenario } = report;
  const about = approximation(scenario);
  const prefixTokens = tokensBefore + segment.tokensMean;
  const result = [
    ["Tokens here (mean)", `${about}${count(segment.tokensMean)}`],
    [
      "Place in the prompt",
      `${about}${count(tokensBefore)} – ${count(prefixTokens)} of ${count(template.promptTokensMean)}`,
    ],
    [
      "Stable prefix",
      [
        `${about}${plural(template.stablePrefixTokens, "token")}`,
        chatShare(template),
        stableEnd(template, segment),
      ]
        .filter((part) => part !== "")
        .join(", "),
    ],
  ];
  const isOwn = scenario.billing === undefined;
  if (isOwn)
    result.push(["KV of the prompt up to here", `${about}${bytes(prefixTokens * scenario.kvBytesPerToken)}`]);
  const edit = segment.kind === "text" || segment.kind === "tool" ? editCost(template, tokensBefore) : "";
  if (edit !== "") result.push(["An edit here", edit]);
  if (isOwn && scenario.checkpointBytes > 0) {
    result.push(["One checkpoint (SSM state)", bytes(scenario.checkpointBytes)]);
  }
  if (template.requests > 0) {
    result.push([...costRow(scenario, template)]);
  }
  return result;
}

function chatShare({ stablePrefixChatTokens }: SegmentUse["template"]): string {
  return stablePrefixChatTokens === 0 ? "" : `${count(stablePrefixChatTokens)} of them the chat template's`;
}

function stableEnd(template: SegmentUse["template"], segment: SegmentReport): string {
  const end = template.stablePrefixEnd;
  if (end === null) return "the whole prompt";
  // Offsets of an included file say nothing about those of the including one.
  if (segment.path !== template.path) return "";
  if (segment.range.end < end) return "includes this";
  return segment.range.start < end ? "ends here" : "ends before this";
}

/** The answer first: what becomes of most of these tokens, and of the others. */
function fateLine({ ledger }: SegmentReport): string {
  return fateShares(ledger).replace(/^[^,]+/, "**$&**");
}

/** `83.4 % reused, 16.6 % cold`, the largest share first; empty where there are no tokens. */
export function fateShares(ledger: SegmentReport["ledger"]): string {
  const total = ledgerTotal(ledger);
  return fates
    .filter((fate) => ledger[fate] > 0)
    .toSorted((a, b) => ledger[b] - ledger[a])
    .map((fate) => `${shareOf(ledger[fate], total)} ${fateNames[fate]}`)
    .join(", ");
}

function otherUses(others: readonly SegmentUse[]): string {
  if (others.length === 0) return "";
  const shown = others.slice(0, 3).map(({ template }) => literal(template.id));
  const rest = others.length - shown.length;
  return `Also in ${shown.join(", ")}${rest > 0 ? ` and ${count(rest)} more` : ""}.`;
}

function notes({ scenario }: Pick<Report, "scenario">): string {
  const served =
    scenario.billing === undefined
      ? `${literal(scenario.model.id)} on ${literal(scenario.gpu.name)}, policy ${literal(scenario.policy.id)}`
      : literal(scenario.policy.id);
  const simulated = `_Simulated: ${plural(scenario.requests, "request")} to ${served}._`;
  return scenario.vocabulary.isExact
    ? simulated
    : `${simulated} _≈ Tokens are approximate: ${literal(scenario.vocabulary.note)}_ ${chooseTokenizerLink}`;
}
