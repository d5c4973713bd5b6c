/** Shared prefixes in words: the lines of the view that lists them, with the prompts and findings below. */
import type { Finding, Scenario, TemplateRow } from "../analysis/report.ts";
import { leastSharedTokens, type ServedPrefix, type SharedPrefixes } from "../analysis/shared-prefixes.ts";
import { assertNever } from "../core/invariant.ts";
import { excerpt } from "../findings/excerpt.ts";
import { isShownAtPrompt } from "../findings/workspace-finding.ts";
import type { PrefixItem } from "../protocol/editor.ts";
import { harmless } from "../words/foreign.ts";
import { t } from "../words/l10n.ts";
import { enumerated } from "../words/lists.ts";
import { bytes, count, percent, plural, seconds, shareOf } from "../words/numbers.ts";
import { approximation } from "./approximation.ts";
import { fateShares } from "./hover-markdown.ts";
import { code, literal, table } from "./markdown.ts";
import { costRow } from "./price-text.ts";
import { ledgerTotal } from "./report-lookup.ts";

/** What is left out is counted. */
const mostItems = 500;
const longestLabel = 60;
/** Of the beginning of a prefix. */
const longestTooltip = 160;
const namedPrompts = 5;

export interface PrefixItemsInput {
  readonly scenario: Scenario;
  readonly templates: readonly TemplateRow[];
  readonly findings: readonly Finding[];
  readonly prefixes: readonly ServedPrefix[];
  readonly longestOf: SharedPrefixes["longestOf"];
}

/** Without where it stands in the tree; `facts` are what the description and the spoken text say. */
interface Line extends Omit<PrefixItem, "parent" | "description" | "spoken"> {
  readonly facts: readonly string[];
  readonly children: readonly Line[];
}

/** Level by level, so that what is cut lies deep: at most 500, of which the last then counts the others. */
export function prefixItems(input: PrefixItemsInput): readonly PrefixItem[] {
  const lines = firstLevel(input).map((line) => ({ line, parent: -1 }));
  for (let index = 0; index < lines.length; index++)
    for (const line of lines[index]!.line.children) lines.push({ line, parent: index });
  const listed = lines.length <= mostItems ? lines : lines.slice(0, mostItems - 1);
  const left = lines.length - listed.length;
  return [...listed, ...(left > 0 ? [{ line: restLine(left), parent: -1 }] : [])].map(itemOf);
}

function itemOf({ line, parent }: { readonly line: Line; readonly parent: number }): PrefixItem {
  const { facts, children: _, ...shown } = line;
  const spoken = [spokenLabel(line), ...facts].join(", ").replaceAll("≈", t("about"));
  return { ...shown, parent, description: facts.join(" · "), spoken };
}

function spokenLabel({ kind, label }: Line): string {
  switch (kind) {
    case "prefix":
      return t("Shared prefix: {0}", label);
    case "prompt":
      return t("Prompt: {0}", label);
    case "error":
      return t("Error: {0}", label);
    case "warning":
      return t("Warning: {0}", label);
    case "information":
      return t("Information: {0}", label);
    case "alone":
    case "rest":
      return label;
    default:
      return assertNever(kind);
  }
}

function firstLevel(input: PrefixItemsInput): readonly Line[] {
  const { templates, longestOf } = input;
  const alone = templates.filter((row, index) => isPrompt(row) && longestOf[index] === -1);
  const group: Line = {
    id: "alone",
    kind: "alone",
    label: t("Not shared"),
    facts: [plural(alone.length, "prompt")],
    tooltip: t(
      "These share fewer than {0} of their own text with any other prompt: what is reused of them, their own requests have in common.",
      plural(leastSharedTokens, "token"),
    ),
    place: null,
    children: alone.map((row) => promptLine(input, row, -1)),
  };
  return [...prefixLines(input, -1), ...(alone.length === 0 ? [] : [group])];
}

function isPrompt({ usage }: TemplateRow): boolean {
  return usage !== "partial";
}

/** Those right below another one, or of the first level: the largest first. */
function prefixLines(input: PrefixItemsInput, parent: number): readonly Line[] {
  return [...input.prefixes.entries()]
    .filter(([, prefix]) => prefix.parent === parent)
    .toSorted(([, a], [, b]) => b.tokens - a.tokens)
    .map(([index]) => prefixLine(input, index));
}

function prefixLine(input: PrefixItemsInput, index: number): Line {
  const { templates, longestOf, scenario } = input;
  const prefix = input.prefixes[index]!;
  const goOn = prefix.templates.filter((template) => longestOf[template] === index);
  return {
    id: prefixId(input, index),
    kind: "prefix",
    label: prefix.text.trim() === "" ? t("chat template") : harmless(excerpt(prefix.text, longestLabel)),
    facts: [
      `${approximation(scenario)}${plural(prefix.tokens, "token")}`,
      plural(prefix.templates.length, "prompt"),
      hitOf(prefix.requests, prefix.ledger),
    ],
    tooltip: prefixTooltip(input, prefix),
    place: prefix.place,
    children: [
      ...prefixLines(input, index),
      ...goOn.map((template) => promptLine(input, templates[template]!, index)),
    ],
  };
}

/** By its first prompt, and how many shorter ones that shares: an edit of the text does not change it. */
function prefixId({ prefixes, templates }: PrefixItemsInput, index: number): string {
  let depth = 0;
  for (let above = prefixes[index]!.parent; above >= 0; above = prefixes[above]!.parent) depth++;
  return `prefix ${depth} ${templates[prefixes[index]!.templates[0]!]!.id}`;
}

function hitOf(requests: number, ledger: ServedPrefix["ledger"]): string {
  if (requests === 0) return t("not called in this workload");
  return t("{0} hit", shareOf(ledger.reused, ledgerTotal(ledger)));
}

function prefixTooltip({ scenario, templates }: PrefixItemsInput, prefix: ServedPrefix): string {
  const about = approximation(scenario);
  const { held } = prefix;
  const names = prefix.templates.slice(0, namedPrompts).map((template) => code(templates[template]!.name));
  const others = prefix.templates.length - names.length;
  const rows = [
    [t("Tokens"), `${about}${count(prefix.tokens)}`],
    [t("Prompts"), enumerated(names, others)],
  ];
  const isOwn = scenario.billing === undefined;
  if (isOwn) rows.push(["KV", `${about}${bytes(prefix.tokens * scenario.kvBytesPerToken)}`]);
  if (isOwn && scenario.checkpointBytes > 0)
    rows.push([t("One checkpoint (SSM state)"), bytes(scenario.checkpointBytes)]);
  if (prefix.requests > 0) {
    const tokens = `${about}${plural(held.tokens, "token")}`;
    const cached =
      isOwn && scenario.checkpointBytes > 0
        ? t("{tokens} and {checkpoints} ({bytes})", {
            tokens,
            checkpoints: plural(held.checkpoints, "checkpoint"),
            bytes: bytes(held.checkpoints * scenario.checkpointBytes),
          })
        : tokens;
    rows.push(
      [t("Cached at the end"), cached],
      ...(isOwn ? [[t("TTFT saved (mean)"), seconds(prefix.ttftSecondsSaved)]] : []),
      [t("Fate of these tokens"), fateShares(prefix.ledger)],
    );
  }
  const beginning = prefix.text.trim() === "" ? [] : [code(excerpt(prefix.text, longestTooltip))];
  return [...beginning, table(["", ""], rows)].join("\n\n");
}

function promptLine(input: PrefixItemsInput, row: TemplateRow, prefix: number): Line {
  const { scenario, findings } = input;
  const about = approximation(scenario);
  const tokens = `${about}${plural(row.promptTokensMean, "token")}`;
  const stable = t("{about}{stablePrefixTokens} of {promptTokensMean} tokens stable", {
    about,
    stablePrefixTokens: count(row.stablePrefixTokens),
    promptTokensMean: count(row.promptTokensMean),
  });
  return {
    id: `prompt ${row.id}`,
    kind: "prompt",
    label: harmless(excerpt(row.name, longestLabel)),
    facts: [
      prefix < 0 ? stable : tokens,
      row.requests === 0 ? hitOf(0, row.ledger) : t("{0} hit", percent(row.tokenHitRate)),
      ...(row.path === row.name ? [] : [harmless(row.path)]),
    ],
    tooltip: promptTooltip(scenario, row),
    place: { path: row.path, range: row.range },
    children: findings
      .filter((finding) => finding.templateId === row.id && isShownAtPrompt(finding))
      .map(findingLine),
  };
}

function promptTooltip(scenario: Scenario, row: TemplateRow): string {
  const about = approximation(scenario);
  const rows = [
    [t("Tokens (mean)"), `${about}${count(row.promptTokensMean)}`],
    [t("Stable prefix"), `${about}${plural(row.stablePrefixTokens, "token")}`],
  ];
  if (scenario.billing === undefined)
    rows.push([t("KV of the stable prefix"), `${about}${bytes(row.stablePrefixKvBytes)}`]);
  if (row.requests > 0) {
    rows.push([...costRow(scenario, row)], [t("Fate of its tokens"), fateShares(row.ledger)]);
  }
  return `${literal(row.id)}\n\n${table(["", ""], rows)}`;
}

/** Only of what is shown, which no hint is. */
function findingLine(finding: Finding, index: number): Line {
  const { rule, severity, templateId, path, range, message, detail } = finding;
  return {
    id: `finding ${index} ${rule} ${templateId}`,
    kind: severity === "hint" ? "information" : severity,
    label: harmless(message),
    facts: [rule],
    tooltip: literal(detail),
    place: { path, range },
    children: [],
  };
}

function restLine(left: number): Line {
  return {
    id: "rest",
    kind: "rest",
    label: t("{0} more", count(left)),
    facts: [t("not listed")],
    tooltip: t(
      "{0} that the view has no room for. The cache report lists all prompts and findings.",
      plural(left, "prefix, prompt or finding", "prefixes, prompts and findings"),
    ),
    place: null,
    children: [],
  };
}
