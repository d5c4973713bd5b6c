/** Answers about what was analysed last, from what is known of it. */
import { scenarioOf } from "../analysis/analyze.ts";
import { servedPrefixes, sharedPrefixes } from "../analysis/shared-prefixes.ts";
import type { Studied } from "../analysis/study.ts";
import { configFileName } from "../config/config.ts";
import { drain } from "../core/steps.ts";
import type { Finding } from "../findings/finding.ts";
import { isShown } from "../findings/finding.ts";
import type { FixSources } from "../fixes/fix.ts";
import { fixAll } from "../fixes/fix-all.ts";
import { fixesOf } from "../fixes/fixes-of.ts";
import type { TextEdit } from "../prompt/move.ts";
import type {
  FixAnswer,
  HoverAnswer,
  PrefixItem,
  Question,
  QuestionAnswer,
  ShownEdit,
} from "../protocol/editor.ts";
import { fixTitle } from "../show/fix-title.ts";
import { hoverMarkdown } from "../show/hover-markdown.ts";
import { prefixItems } from "../show/prefix-items.ts";
import { segmentsAt } from "../show/report-lookup.ts";
import type { LineIndexes } from "./file-views.ts";

interface Known {
  readonly studied: Studied;
  readonly texts: ReadonlyMap<string, string>;
  readonly findings: Studied["findings"];
}

export function answerTo(
  question: Exclude<Question, { kind: "markdown" | "prefixes" }>,
  known: Known,
  lines: LineIndexes,
): QuestionAnswer {
  switch (question.kind) {
    case "hover":
      return { kind: "hover", value: hoverAt(known, question.path, question.offset) };
    case "fixes":
      return { kind: "fixes", value: fixesIn(known, question, lines) };
    case "fix-all": {
      const { edits, mended } = fixAll(known.findings, question, sourcesOf(known));
      return {
        kind: "fix-all",
        value: { edits: edits.map((edit) => shownEdit(edit, known, lines)), mended },
      };
    }
  }
}

/** In steps: it takes all templates and their requests. */
export function* prefixItemsOf({ studied, findings }: Known): Generator<void, readonly PrefixItem[], void> {
  const { prefixes, longestOf } = yield* sharedPrefixes(studied.templates, studied.prefixes);
  return prefixItems({
    scenario: scenarioOf(studied),
    templates: studied.studies.map(({ row }) => row),
    findings,
    prefixes: yield* servedPrefixes(studied, prefixes),
    longestOf,
  });
}

function hoverAt({ studied }: Known, path: string, offset: number): HoverAnswer | null {
  const uses = segmentsAt({ templates: studied.studies.map(({ row }) => row) }, path, offset);
  const [first] = uses;
  if (first === undefined) return null;
  const markdown = hoverMarkdown({ scenario: scenarioOf(studied) }, uses);
  return { range: first.segment.range, markdown };
}

function sourcesOf({ studied, texts }: Known): FixSources {
  const { templates, configPath, trials } = studied;
  return {
    templates,
    configPath: configPath ?? configFileName,
    textOf: (path) => texts.get(path) ?? null,
    edited: (template, edits) => drain(trials.edited(template, edits)),
  };
}

function fixesIn(
  known: Known,
  { path, range }: Extract<Question, { kind: "fixes" }>,
  lines: LineIndexes,
): readonly FixAnswer[] {
  const sources = sourcesOf(known);
  const isHosted = known.studied.scenario.policy.memory === "provider";
  const isHere = (finding: Finding) =>
    isShown(finding) &&
    finding.path === path &&
    finding.range.start <= range.end &&
    finding.range.end >= range.start;
  return known.findings.filter(isHere).flatMap((finding) =>
    fixesOf(finding, sources).map(
      ({ edits, effect, ...fix }): FixAnswer => ({
        ...fix,
        title: fixTitle(fix.title, effect, { isHosted }),
        rule: finding.rule,
        range: finding.range,
        edits: edits.map((edit) => shownEdit(edit, known, lines)),
      }),
    ),
  );
}

function shownEdit({ path, range, newText }: TextEdit, { texts }: Known, lines: LineIndexes): ShownEdit {
  const text = texts.get(path);
  return { path, range: text === undefined ? null : lines.rangeIn(path, text)(range), newText };
}
