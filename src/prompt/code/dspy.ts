/**
 * Signatures of DSPy: what they say of their fields goes into the system message, in front of their instructions, and the values of
 * the inputs are what the user says. What DSPy writes around them is none of the program's, and is not counted.
 * dspy at 2844eb5, dspy/adapters/chat_adapter.py (format_field_description, format_task_description) and
 * dspy/signatures/signature.py.
 */
import { sliceEmbedded } from "../embedded.ts";
import { inferScope } from "../scope-inference.ts";
import type { HoleSegment, Role } from "../template.ts";
import type { TextRange } from "../text.ts";
import type { FoundTemplate } from "./found-template.ts";
import { hole, knownText, type Piece } from "./pieces.ts";
import { type CallValue, type CodeValue, lastPart, type RecordValue, type TextValue } from "./values.ts";

/** Modules that are made of a signature; others are called alike, but are given no arrow. */
const modules =
  /^(?:Predict|ChainOfThought|ProgramOfThought|CodeAct|ReAct|MultiChainComparison|Signature|make_signature)$/;

/** `context, question: str -> answer: list[str]` */
const signature = /^([^->]*[\p{L}_][^->]*)->([^->]*[\p{L}_][^->]*)$/u;
const fieldName = /(?:^|,)\s*([\p{L}_][\p{L}\p{N}_]*)/gu;

/** The request of a module that is given a signature as text; `null` for any other call. */
export function readSignature(call: CallValue): FoundTemplate | null {
  const given = call.named.get("signature") ?? call.positional[0];
  if (!modules.test(lastPart(call.callee)) || given?.kind !== "text") return null;
  const [written, ...others] = given.pieces;
  if (written?.kind !== "literal" || others.length > 0 || !signature.test(written.text.text)) return null;
  const { text } = written.text;
  const inputs = namesIn(text.slice(0, text.indexOf("->"))).map(({ start, end }) => ({
    name: text.slice(start, end),
    range: sliceEmbedded(written.text, start, end).range,
  }));
  const instructions = call.named.get("instructions") ?? call.positional[1];
  const said = instructions?.kind === "text" ? instructions.pieces : [];
  // DSPy sends its names and types, each in a line of its own.
  return found(call.callee, call.range, [written, ...said], inputs);
}

/** The places of the names of fields; types may have commas in brackets. */
function namesIn(text: string): readonly TextRange[] {
  const plain = text.replace(/\[[^\]]*\]+/g, (type) => " ".repeat(type.length));
  return [...plain.matchAll(fieldName)].map(({ 0: all, 1: name = "", index }) => {
    const start = index + all.length - name.length;
    return { start, end: start + name.length };
  });
}

/** What a class of a signature makes of its docstring and its fields; `null` for one without inputs. */
export function signatureOfClass(
  name: string,
  fields: RecordValue,
  documentation: TextValue | null,
): FoundTemplate | null {
  const ofKind = (kind: string) => fields.entries.filter(({ value }) => isField(value, kind));
  const [inputs, outputs] = [ofKind("InputField"), ofKind("OutputField")];
  if (inputs.length === 0) return null;
  const described = [...inputs, ...outputs].flatMap(({ value }) => describedBy(value));
  const pieces = [...described, ...(documentation?.pieces ?? [])];
  if (knownText(pieces).trim() === "") return null;
  const all = [
    ...(documentation === null ? [] : [documentation]),
    ...[...inputs, ...outputs].map(({ value }) => value),
  ];
  const range = {
    start: Math.min(...all.map(({ range: { start } }) => start)),
    end: Math.max(...all.map(({ range: { end } }) => end)),
  };
  return found(
    name,
    range,
    pieces,
    inputs.map(({ key, value }) => ({ name: key, range: value.range })),
  );
}

function isField(value: CodeValue, kind: string): boolean {
  return value.kind === "call" && lastPart(value.callee) === kind;
}

function describedBy(value: CodeValue): readonly Piece[] {
  const described =
    value.kind === "call" ? (value.named.get("desc") ?? value.named.get("description")) : undefined;
  return described?.kind === "text" ? described.pieces : [];
}

function found(
  name: string,
  range: TextRange,
  system: readonly Piece[],
  inputs: readonly { readonly name: string; readonly range: TextRange }[],
): FoundTemplate {
  const values = inputs.map((input): HoleSegment => {
    const { name: called, range: at } = input;
    return {
      kind: "hole",
      range: at,
      form: "variable",
      name: called,
      expression: called,
      scope: inferScope(called),
    };
  });
  const pieces = [marker("system", range), ...system, marker("user", range), ...values.map(hole)];
  return { name, range, usage: "request", pieces, tools: [], cacheMarkers: [], problems: [] };
}

function marker(role: Role, { start }: TextRange): Piece {
  return { kind: "segment", segment: { kind: "marker", range: { start, end: start }, role } };
}
