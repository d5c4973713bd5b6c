/** `.prompty` files, first and second version of the frontmatter, with a Jinja2 or a Mustache body. */
import { readCurly } from "../curly/segments.ts";
import { inFrontmatter, readFrontmatterScopes } from "../directives.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { addSamples, isRecord, readFrontmatter, sampleText, textValue } from "../frontmatter.ts";
import { readJinja } from "../jinja/segments.ts";
import { baseName, usageOfPath } from "../names.ts";
import { promptyRoles, splitAtRoleLines } from "../role-lines.ts";
import { declaredHere, declareSegments, inferred } from "../scope-inference.ts";
import { mapSegments } from "../segments.ts";
import type { Segment, Template } from "../template.ts";
import type { Parsed } from "../text.ts";

type Values = Readonly<Record<string, unknown>>;

/** `template: mustache`, `template: {format: mustache}` and `template: {format: {kind: mustache}}` all occur. */
function isMustache(values: Values): boolean {
  const template = values["template"];
  if (!isRecord(template)) return template === "mustache";
  const format = template["format"] ?? template["type"];
  return (isRecord(format) ? format["kind"] : format) === "mustache";
}

interface Input {
  readonly name: string;
  readonly properties: Values;
}

/** Inputs are a list of named properties, a mapping of names to properties, or of names to plain values. */
function inputsOf(values: Values): readonly Input[] {
  const schema = values["inputSchema"];
  const inputs = values["inputs"] ?? (isRecord(schema) ? schema["properties"] : undefined);
  if (Array.isArray(inputs)) {
    return inputs.flatMap((input: unknown) =>
      isRecord(input) && typeof input["name"] === "string"
        ? [{ name: input["name"], properties: input }]
        : [],
    );
  }
  if (!isRecord(inputs)) return [];
  return Object.entries(inputs).map(([name, value]) => ({
    name,
    properties: isRecord(value) ? value : { default: value },
  }));
}

function samplesOf(values: Values, inputs: readonly Input[]): Map<string, string> {
  const samples = new Map<string, string>();
  for (const { name, properties } of inputs) {
    const text = sampleText(properties["sample"] ?? properties["default"] ?? properties["example"]);
    if (text !== null) samples.set(name, text);
  }
  addSamples(samples, values["sample"]);
  return samples;
}

/** An input of kind `thread` stands for the earlier turns, whatever it is called. */
function markThreads(segments: readonly Segment[], threads: ReadonlySet<string>): readonly Segment[] {
  if (threads.size === 0) return segments;
  return mapSegments(segments, (segment) => {
    if (!(segment.kind === "hole" || segment.kind === "block") || !threads.has(segment.name)) return segment;
    const scope = inferred("session", `\`${segment.name}\` is an input of kind thread: the earlier turns`);
    const claim = segment.scope.basis === "declared" ? segment.scope : scope;
    return segment.kind === "hole"
      ? { ...segment, form: "history", scope: claim }
      : { ...segment, isHistory: segment.form === "loop", scope: claim };
  });
}

function parse(document: SourceDocument): Parsed<readonly Template[]> {
  const { path, text } = document;
  const { value: front, problems } = readFrontmatter(text);
  const range = { start: front.bodyStart, end: text.length };
  const declared = readFrontmatterScopes(text, front);
  const body = isMustache(front.values)
    ? readCurly(path, text, range, "mustache", undefined, declared.value)
    : readJinja(path, text, range, declared.value);
  const inputs = inputsOf(front.values);
  const threads = new Set(
    inputs.filter(({ properties }) => properties["kind"] === "thread").map(({ name }) => name),
  );
  const marked = markThreads(body.value.segments, threads);
  const segments = splitAtRoleLines(marked, promptyRoles, threads);
  const template: Template = {
    id: path,
    path,
    format: prompty.id,
    name: textValue(front.values, "name") ?? baseName(path).replace(/\.prompty$/, ""),
    range,
    usage: usageOfPath(path) === "partial" ? "partial" : "request",
    segments: declareSegments(segments, body.value.declarations, declaredHere),
    samples: samplesOf(front.values, inputs),
    declarations: body.value.declarations,
  };
  return { value: [template], problems: [...problems, ...declared.problems, ...body.problems] };
}

export const prompty: TemplateFormat = {
  id: "prompty",
  name: "Prompty",
  takesMarks: true,
  declaring: inFrontmatter,
  engine: "jinja",
  matches: (path) => path.endsWith(".prompty"),
  parse,
};
