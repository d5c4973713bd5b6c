/** Functions that send what they are given: each call of one that gives a text is a request of its own. */
import type { Node } from "web-tree-sitter";
import { saysAnything } from "./calls.ts";
import type { Evaluator } from "./evaluate.ts";
import type { CallExpression } from "./expression.ts";
import type { FoundTemplate } from "./found-template.ts";
import { rangeOf, shortened } from "./nodes.ts";
import { fillHoles, knownText, segmentsOf } from "./pieces.ts";
import { isProse } from "./prompt-names.ts";
import { type CodeValue, piecesOf } from "./values.ts";

export interface ReadCall {
  readonly node: Node;
  /** What it sends; `null` for a call that sends nothing. */
  readonly found: FoundTemplate | null;
}

interface Wrapper {
  readonly definition: Node;
  readonly name: string;
  /** Names of its parameters; empty for what is taken apart at once. */
  readonly takes: readonly string[];
  readonly found: FoundTemplate;
}

/** Calls of one module that are looked at, so that a generated one takes no longer than others. */
const mostCalls = 20_000;

/** The requests that are sent by calls of functions of the module. */
export function forwarded(
  sent: readonly ReadCall[],
  calls: readonly Node[],
  evaluator: Evaluator,
): readonly { readonly node: Node; readonly found: FoundTemplate }[] {
  const wrappers = wrappersOf(sent, evaluator);
  if (wrappers.length === 0) return [];
  const names = new Set(wrappers.map(({ name }) => name));
  return calls.slice(0, mostCalls).flatMap((node) => {
    const lowered = evaluator.program.lower(node);
    if (lowered.kind !== "call" || !names.has(lowered.name)) return [];
    const given = evaluator.givenTo(node, lowered);
    if (given === null) return [];
    return wrappers.flatMap(({ definition, found }) => {
      // What calls itself is begun elsewhere.
      const isInside = definition.startIndex <= node.startIndex && node.endIndex <= definition.endIndex;
      if (given.definition.id !== definition.id || isInside) return [];
      const pieces = fillHoles(found.pieces, given.values);
      if (!saysAnything(pieces)) return [];
      const [name, range] = [shortened(lowered.name), rangeOf(node)];
      const whole = { kind: "reference", name, range, definition: rangeOf(definition), pieces } as const;
      return [{ node, found: { ...found, name, range, pieces: [whole] } }];
    });
  });
}

export function wrappersOf(sent: readonly ReadCall[], evaluator: Evaluator): readonly Wrapper[] {
  return sent.flatMap((each) => wrapperOf(each, evaluator) ?? []);
}

/** Calls of functions of other modules that are given a text: what those send of it is known when all files are. */
export function sentElsewhere(calls: readonly Node[], evaluator: Evaluator): readonly FoundTemplate[] {
  return calls.slice(0, mostCalls).flatMap((node) => {
    const lowered = evaluator.program.lower(node);
    if (lowered.kind !== "call" || !mayBeGivenText(lowered, evaluator)) return [];
    const value = evaluator.value(node);
    const [only, ...others] = value.kind === "text" ? value.pieces : [];
    if (value.kind !== "text" || value.call === undefined || others.length > 0) return [];
    const include = only?.kind === "segment" && only.segment.kind === "include" ? only.segment : null;
    if (include?.member === undefined || include.member.file !== undefined) return [];
    const { positional, named } = value.call;
    if (![...positional, ...named.values()].some(isText)) return [];
    const written = { path: evaluator.path, source: evaluator.source };
    const segments = (given: CodeValue) => segmentsOf(piecesOf(given), written, given.range);
    const sends = {
      positional: positional.map(segments),
      named: new Map([...named].map(([name, given]) => [name, segments(given)])),
    };
    const segment = { ...include, member: { ...include.member, sends } };
    const range = rangeOf(node);
    const name = shortened(lowered.name);
    return [{ ...nothingElse, name, range, pieces: [{ kind: "segment" as const, segment }] }];
  });
}

const nothingElse = {
  usage: "request",
  tools: [],
  cacheMarkers: [],
  problems: [],
} as const;

/** Told without a look at what the arguments stand for: of a name that is imported, and with a text among them. */
function mayBeGivenText(call: CallExpression, { program }: Evaluator): boolean {
  const path = call.object === null ? { root: call.name } : program.pathOf(call.object);
  const node = call.arguments[0]?.value;
  if (path === null || node === undefined || program.onlyBinding(path.root, node)?.kind !== "import")
    return false;
  return call.arguments.some(({ value }) => ["text", "sum", "name"].includes(program.lowerBare(value).kind));
}

const fewestWords = 3;

function isText(value: CodeValue): boolean {
  return value.kind === "text" && isProse(knownText(value.pieces), fewestWords);
}

/** `null` for calls that say something by themselves, and for those that stand in no function with a name. */
function wrapperOf({ node, found }: ReadCall, { program }: Evaluator): Wrapper | null {
  if (found === null || saysAnything(found.pieces)) return null;
  const definition = program.functionAround(node);
  const name = definition === null ? "" : program.calledBy(definition);
  if (definition === null || name === "") return null;
  const takes = (program.functionOf(definition)?.parameters ?? []).map((each) => each.name ?? "");
  return { definition, name, takes, found };
}
