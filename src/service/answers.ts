/** Answers about what was analysed last, from what is known of it. */
import { scenarioOf } from "../analysis/analyze.ts";
import type { Studied } from "../analysis/study.ts";
import { breakpoints } from "../findings/breakpoints.ts";
import { withCacheControl } from "../findings/cache-control.ts";
import type { Finding } from "../findings/finding.ts";
import { noCacheMarks } from "../findings/no-cache-marks.ts";
import type { FixAnswer, HoverAnswer, Question, QuestionAnswer } from "../protocol/editor.ts";
import { hoverMarkdown } from "../show/hover-markdown.ts";
import { segmentsAt } from "../show/report-lookup.ts";

interface Known {
  readonly studied: Studied;
  readonly texts: ReadonlyMap<string, string>;
  readonly findings: Studied["findings"];
}

export function answerTo(question: Exclude<Question, { kind: "markdown" }>, known: Known): QuestionAnswer {
  switch (question.kind) {
    case "hover":
      return { kind: "hover", value: hoverAt(known, question.path, question.offset) };
    case "fixes":
      return { kind: "fixes", value: fixesIn(known, question) };
  }
}

function hoverAt({ studied }: Known, path: string, offset: number): HoverAnswer | null {
  const uses = segmentsAt({ templates: studied.studies.map(({ row }) => row) }, path, offset);
  const [first] = uses;
  if (first === undefined) return null;
  const markdown = hoverMarkdown({ scenario: scenarioOf(studied) }, uses);
  return { range: first.segment.range, markdown };
}

/** An edit is made of the text that was analysed. All its places must stand in this file: half of the marks would not do what was simulated. */
function fixesIn(
  { findings, texts }: Known,
  { path, range }: Extract<Question, { kind: "fixes" }>,
): readonly FixAnswer[] {
  const before = texts.get(path);
  if (before === undefined || !path.endsWith(".json")) return [];
  return findings.flatMap((finding): FixAnswer[] => {
    const isHere =
      finding.path === path && finding.range.start <= range.end && finding.range.end >= range.start;
    if (!isHere || !writesMarks(finding)) return [];
    const { related } = finding;
    if (related.length === 0 || related.some((place) => place.path !== path)) return [];
    const text = withCacheControl(
      before,
      related.map((place) => place.range),
    );
    return text === null ? [] : [{ title: "Write these cache breakpoints", text }];
  });
}

/** Findings whose related places are where marks belong. */
function writesMarks({ rule }: Pick<Finding, "rule">): boolean {
  return rule === breakpoints.id || rule === noCacheMarks.id;
}
