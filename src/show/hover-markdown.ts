/** What the hover says about the segment under the cursor. */

import type { Report, SegmentReport } from "../analysis/report.ts";
import { fates } from "../core/fates.ts";
import { assertNever } from "../core/invariant.ts";
import { t } from "../words/l10n.ts";
import { enumerated } from "../words/lists.ts";
import { bytes, count, plural, shareOf } from "../words/numbers.ts";
import { approximation } from "./approximation.ts";
import { chooseTokenizerLink } from "./choose-tokenizer-link.ts";
import { editCost } from "./edit-cost.ts";
import { fateName } from "./fate-names.ts";
import { code, literal, table } from "./markdown.ts";
import { costRow } from "./price-text.ts";
import { ledgerTotal, type SegmentUse } from "./report-lookup.ts";

/** `uses` has at least one entry; the first is described, the others are named. */
export function hoverMarkdown(report: Pick<Report, "scenario">, uses: readonly SegmentUse[]): string {
  const [use, ...others] = uses;
  if (use === undefined) return "";
  const parts = [
    fateLine(use.segment),
    withScope(`**${title(use.segment)}**`, use.segment),
    table(["", ""], rows(report, use)),
    otherUses(others),
    notes(report),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function title({ kind, name, role }: SegmentReport): string {
  switch (kind) {
    case "text":
      return role === null ? t("Static text") : t("Static text ({0})", role);
    case "marker":
      return role === null ? t("Start of a message") : t("Start of the {0} message", role);
    case "hole":
      return t("Hole {0}", code(name));
    case "block":
      return t("Block {0}", code(name));
    case "include":
      return t("Include {0}", code(name));
    case "tool":
      return t("Tool {0}", code(name));
    case "chat":
      return t("Chat template");
  }
}

function withScope(title: string, { scope, kind }: SegmentReport): string {
  if (scope === null) return kind === "text" ? t("{0} — the same in every request", title) : title;
  const reason = literal(scope.reason);
  switch (scope.basis) {
    case "unknown":
      return t("{title} — unknown: {reason}. Declare how often it changes.", { title, reason });
    case "declared":
      return t("{title} — {scope}, declared: {reason}", { title, scope: scope.scope, reason });
    case "inferred":
      return t("{title} — {scope}, inferred: {reason}", { title, scope: scope.scope, reason });
    default:
      return assertNever(scope.basis);
  }
}

function rows(
  report: Pick<Report, "scenario">,
  { template, segment, tokensBefore }: SegmentUse,
): readonly (readonly string[])[] {
  const { scenario } = report;
  const about = approximation(scenario);
  const prefixTokens = tokensBefore + segment.tokensMean;
  const result = [
    [t("Tokens here (mean)"), `${about}${count(segment.tokensMean)}`],
    [
      t("Place in the prompt"),
      t("{about}{tokensBefore} – {prefixTokens} of {promptTokensMean}", {
        about,
        tokensBefore: count(tokensBefore),
        prefixTokens: count(prefixTokens),
        promptTokensMean: count(template.promptTokensMean),
      }),
    ],
    [
      t("Stable prefix"),
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
    result.push([
      t("KV of the prompt up to here"),
      `${about}${bytes(prefixTokens * scenario.kvBytesPerToken)}`,
    ]);
  const edit = segment.kind === "text" || segment.kind === "tool" ? editCost(template, tokensBefore) : "";
  if (edit !== "") result.push([t("An edit here"), edit]);
  if (isOwn && scenario.checkpointBytes > 0) {
    result.push([t("One checkpoint (SSM state)"), bytes(scenario.checkpointBytes)]);
  }
  if (template.requests > 0) {
    result.push([...costRow(scenario, template)]);
  }
  return result;
}

function chatShare({ stablePrefixChatTokens }: SegmentUse["template"]): string {
  return stablePrefixChatTokens === 0
    ? ""
    : t("{0} of them the chat template's", count(stablePrefixChatTokens));
}

function stableEnd(template: SegmentUse["template"], segment: SegmentReport): string {
  const end = template.stablePrefixEnd;
  if (end === null) return t("the whole prompt");
  // Offsets of an included file say nothing about those of the including one.
  if (segment.path !== template.path) return "";
  if (segment.range.end < end) return t("includes this");
  return segment.range.start < end ? t("ends here") : t("ends before this");
}

/** The answer first: what becomes of most of these tokens, and of the others. */
function fateLine({ ledger }: SegmentReport): string {
  const [most, ...others] = sharesOf(ledger);
  return most === undefined ? "" : [`**${most}**`, ...others].join(", ");
}

/** `83.4 % reused, 16.6 % cold`, the largest share first; empty where there are no tokens. */
export function fateShares(ledger: SegmentReport["ledger"]): string {
  return sharesOf(ledger).join(", ");
}

function sharesOf(ledger: SegmentReport["ledger"]): readonly string[] {
  const total = ledgerTotal(ledger);
  return fates
    .filter((fate) => ledger[fate] > 0)
    .toSorted((a, b) => ledger[b] - ledger[a])
    .map((fate) => `${shareOf(ledger[fate], total)} ${fateName(fate)}`);
}

function otherUses(others: readonly SegmentUse[]): string {
  if (others.length === 0) return "";
  const shown = others.slice(0, 3).map(({ template }) => literal(template.id));
  const rest = others.length - shown.length;
  return t("Also in {0}.", enumerated(shown, rest));
}

function notes({ scenario }: Pick<Report, "scenario">): string {
  const policy = literal(scenario.policy.id);
  const served =
    scenario.billing === undefined
      ? t("{model} on {gpu}, policy {policy}", {
          ...{ model: literal(scenario.model.id), gpu: literal(scenario.gpu.name), policy },
        })
      : policy;
  const requests = plural(scenario.requests, "request");
  const simulated = t("_Simulated: {requests} to {served}._", { requests, served });
  return scenario.vocabulary.isExact
    ? simulated
    : `${simulated} _${t("≈ Tokens are approximate: {0}", literal(scenario.vocabulary.note))}_ ${chooseTokenizerLink()}`;
}
