/** Dotprompt (`.prompt`): Handlebars with helpers that begin messages, bring media, or stand for the earlier turns. */

import type { Helpers } from "../curly/evaluator.ts";
import { type Call, literalOf } from "../curly/expression.ts";
import { readCurly } from "../curly/segments.ts";
import { inComment, readFrontmatterScopes } from "../directives.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { addSamples, isRecord, readFrontmatter, textValue } from "../frontmatter.ts";
import { partialFiles } from "../include-paths.ts";
import { baseName, usageOfPath } from "../names.ts";
import { roleNamed } from "../role-lines.ts";
import { declaredHere, declareSegments, inferred } from "../scope-inference.ts";
import { isBlank } from "../segments.ts";
import type { MarkerSegment, Role, Segment, Template } from "../template.ts";
import type { Parsed, TextRange } from "../text.ts";

const earlierTurns = inferred("session", "`history` stands for the earlier turns of the conversation");

export const dotpromptHelpers: Helpers = (call, range, body, meaning) => {
  const name = call.head.kind === "path" ? call.head.path : "";
  const isPlain = call.positional.length === 0 && call.named.size === 0;
  if (name === "role" && !isPlain) return roleSegments(call, range, body);
  if (body !== null) return null;
  if (name === "history" && isPlain) {
    return [{ kind: "hole", range, form: "history", name, expression: name, scope: earlierTurns }];
  }
  if (name === "section" && !isPlain) return [];
  if (name !== "media" || isPlain) return null;
  const url = call.named.get("url") ?? call.positional[0];
  const read =
    url === undefined ? null : meaning({ head: url, positional: [], named: new Map(), blockNames: [] });
  const isFixed = read === null || literalOf(url) !== null;
  const scope = isFixed ? inferred("constant", "the media is named literally") : read.claim;
  return [{ kind: "hole", range, form: "call", name: isFixed ? name : read.name, expression: name, scope }];
};

function roleSegments(call: Call, range: TextRange, body: readonly Segment[] | null): readonly Segment[] {
  const role = roleNamed(literalOf(call.positional[0]) ?? "") ?? "user";
  if (body === null) return [{ kind: "marker", range, role }];
  const end = body[0]?.range.start ?? range.end;
  return [{ kind: "marker", range: { start: range.start, end }, role }, ...body];
}

/** Continue's older prompt files put YAML first, and only one `---` line behind it. */
function withoutBareHead(text: string, start: number): number {
  const head = text.slice(start, start + 2000);
  const fence = /^---[ \t]*\r?\n/m.exec(head);
  const isYaml = fence !== null && /^(?:name|description|version|model|temperature):[ \t]/.test(head);
  return isYaml ? start + fence.index + fence[0].length : start;
}

function isBorder(segment: Segment | undefined): boolean {
  return segment === undefined || segment.kind === "marker" || isHistory(segment);
}

function isHistory(segment: Segment): boolean {
  return segment.kind === "hole" && segment.form === "history" && segment.expression === "history";
}

/**
 * Blank text between two messages belongs to neither. What comes before the first role is the user's,
 * and what follows the earlier turns without a role is the model's.
 */
function splitMessages(segments: readonly Segment[], isPartial: boolean): readonly Segment[] {
  const kept = segments.filter(
    (segment, index) => !isBlank(segment) || !isBorder(segments[index - 1]) || !isBorder(segments[index + 1]),
  );
  const marked = kept.flatMap((segment, index): readonly Segment[] => {
    const next = kept[index + 1];
    const resumes = isHistory(segment) && next !== undefined && !isBorder(next);
    return resumes ? [segment, emptyMarker(segment.range.end, "assistant")] : [segment];
  });
  const first = marked[0];
  if (isPartial || first === undefined || isBorder(first) || first.kind === "include") return marked;
  return [emptyMarker(first.range.start, "user"), ...marked];
}

function emptyMarker(at: number, role: Role): MarkerSegment {
  return { kind: "marker", range: { start: at, end: at }, role };
}

/** Dotprompt trims the body that follows a frontmatter, and only that. */
function bodyRange(text: string, start: number, hasHead: boolean): TextRange {
  if (!hasHead) return { start, end: text.length };
  const body = text.slice(start);
  const from = start + (body.length - body.trimStart().length);
  return { start: from, end: Math.max(from, start + body.trimEnd().length) };
}

function parse(document: SourceDocument): Parsed<readonly Template[]> {
  const { path, text } = document;
  const { value: front, problems } = readFrontmatter(text);
  const start = front.range === null ? withoutBareHead(text, front.bodyStart) : front.bodyStart;
  const range = bodyRange(text, start, front.range !== null || start > front.bodyStart);
  const declared = readFrontmatterScopes(text, front);
  const body = readCurly(path, text, range, "handlebars", dotpromptHelpers, declared.value);
  const samples = new Map<string, string>();
  const input = front.values["input"];
  if (isRecord(input)) addSamples(samples, input["default"]);
  const isPartial = usageOfPath(path) === "partial";
  const segments = splitMessages(body.value.segments, isPartial);
  const template: Template = {
    id: path,
    path,
    format: dotprompt.id,
    name: textValue(front.values, "name") ?? baseName(path).replace(/\.prompt$/, ""),
    range,
    usage: isPartial ? "partial" : "request",
    segments: declareSegments(segments, body.value.declarations, declaredHere),
    samples,
    declarations: body.value.declarations,
  };
  return { value: [template], problems: [...problems, ...declared.problems, ...body.problems] };
}

export const dotprompt: TemplateFormat = {
  id: "dotprompt",
  name: "Dotprompt",
  takesMarks: true,
  declaring: inComment("{{!", "}}"),
  matches: (path) => path.endsWith(".prompt"),
  filesOf: (target) => partialFiles(target, [".prompt"]),
  // A tag that stands alone takes its line break with it.
  partial: (name, text) => ({ file: `_${name}.prompt`, call: `{{> ${name}}}\n`, text }),
  parse,
};
