/**
 * The Jinja2 of a BAML prompt as segments: `_.role()` begins messages, `ctx` is known when the project is built, and
 * what is called is a `template_string` of the project. Messages are trimmed, as
 * https://github.com/BoundaryML/baml/blob/canary/engine/baml-lib/jinja-runtime/src/lib.rs does.
 */
import { type EngineTemplate, readEmbedded } from "../embedded.ts";
import { readJinja } from "../jinja/segments.ts";
import { roleNamed, trimMessages } from "../role-lines.ts";
import { type Declarations, inferred } from "../scope-inference.ts";
import { isBlank, mapSegments } from "../segments.ts";
import type { HoleSegment, MarkerSegment, Segment, TextSegment } from "../template.ts";
import type { Parsed, TextRange } from "../text.ts";
import { choiceOfRole } from "../turn-roles.ts";
import type { PromptDeclaration } from "./declarations.ts";
import { rawText } from "./raw-text.ts";

const lexOptions = { trimBlocks: true, lstripBlocks: true } as const;

export interface BamlFile {
  readonly path: string;
  readonly source: string;
  readonly declared: Declarations;
  readonly enums: ReadonlySet<string>;
}

export function readPrompt(file: BamlFile, { kind, body }: PromptDeclaration): Parsed<EngineTemplate> {
  const isPrompt = kind === "function";
  const { value, problems } = readEmbedded(
    file.path,
    rawText(file.source, body.inside, isPrompt),
    (path, source, range, declared) => readJinja(path, source, range, declared, lexOptions),
    file.declared,
  );
  const read = mapSegments(value.segments, (segment) => meaningOf(segment, file.enums));
  const segments = trimTurns(read);
  return { value: { ...value, segments: isPrompt ? messages(segments) : segments }, problems };
}

function meaningOf(segment: Segment, enums: ReadonlySet<string>): Segment {
  if (segment.kind !== "hole" && segment.kind !== "block") return segment;
  if (segment.kind === "hole" && /^_\.(?:role|chat)$/.test(segment.name)) return roleOf(segment);
  const scope = segment.scope.basis === "declared" ? null : builtScope(segment.name, enums);
  const known = scope === null ? segment : { ...segment, scope };
  if (known.kind !== "hole" || known.form !== "call" || /[.[]/.test(known.name)) return known;
  const { range, name } = known;
  return {
    kind: "include",
    range,
    target: name,
    resolved: null,
    member: { module: null, name, otherwise: known },
  };
}

/** What follows from the project itself. */
function builtScope(name: string, enums: ReadonlySet<string>) {
  if (/^ctx\.output_format\b/.test(name)) {
    return inferred(
      "constant",
      "the output format is written from the types of the function: the same for a version",
    );
  }
  if (/^ctx\.client\b/.test(name)) return inferred("constant", "the client is named in the project");
  const owner = name.split(".")[0]!;
  return enums.has(owner) ? inferred("constant", `\`${owner}\` is an enum of this file`) : null;
}

const roleCall = /^_\.(?:role|chat)\s*\(\s*(?:role\s*=\s*)?(?:(["'])(\w+)\1\s*[,)]|([^,)]*))/;

const choiceHead = /^(["'])(\w+)\1\s+if\s+/;
const choiceTail = /(?<!\s)\s+else\s+(["'])(\w+)\1\s*$/;

/** `"user" if condition else "assistant"`; `null` for anything else. */
function roleChoiceOf(written: string) {
  const head = choiceHead.exec(written);
  const tail = choiceTail.exec(written);
  if (head === null || tail === null) return null;
  const condition = written.slice(head[0].length, Math.max(head[0].length, tail.index));
  return condition === "" ? null : { chosen: head[2]!, condition, otherwise: tail[2]! };
}

/** A role that is only known in a run chooses between two markers. */
function roleOf(hole: HoleSegment): Segment {
  const { range } = hole;
  const [, , literal, written = ""] = roleCall.exec(hole.expression) ?? [];
  if (literal !== undefined) return markerOf(range, literal);
  const { end } = range;
  const parts = roleChoiceOf(written);
  if (parts !== null) {
    const { chosen, condition, otherwise } = parts;
    const choice = {
      kind: "block",
      range,
      form: "conditional",
      name: condition,
      expression: condition,
    } as const;
    const branches = {
      body: [markerOf(range, chosen)],
      otherwise: [markerOf({ start: end, end }, otherwise)],
    };
    return { ...choice, scope: hole.scope, ...branches, item: null, isHistory: false };
  }
  const expression = written.trim();
  const rest: TextSegment = { kind: "text", range: { start: end, end }, text: "" };
  return choiceOfRole({ ...hole, name: expression === "" ? hole.name : expression }, rest);
}

function markerOf(range: TextRange, role: string): MarkerSegment {
  return { kind: "marker", range, role: roleNamed(role) ?? "user" };
}

/** Text before the first role is the user's: clients of open models have no other default. */
function messages(segments: readonly Segment[]): readonly Segment[] {
  const first = segments.find((segment) => !isBlank(segment));
  if (first === undefined || isRole(first)) return trimMessages(segments, "blanks");
  const { start } = first.range;
  const marker: Segment = { kind: "marker", range: { start, end: start }, role: "user" };
  return trimMessages([marker, ...segments.slice(segments.indexOf(first))], "blanks");
}

/** The messages of loops whose turns begin with a role. */
function trimTurns(segments: readonly Segment[]): readonly Segment[] {
  return mapSegments(segments, (segment) => {
    if (segment.kind !== "block" || segment.form !== "loop") return segment;
    const first = segment.body.findIndex((one) => !isBlank(one));
    if (!isRole(segment.body[first])) return segment;
    return { ...segment, body: trimMessages(segment.body.slice(first), "blanks") };
  });
}

/** A marker, or a block that begins with one. */
function isRole(segment: Segment | undefined): boolean {
  if (segment?.kind === "marker") return true;
  if (segment?.kind !== "block") return false;
  return isRole(segment.body.find((one) => !isBlank(one)));
}
