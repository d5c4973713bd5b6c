/**
 * What is run one behind the other, as in LangChain: `prompt | model`, `prompt.pipe(model)`. A template is written in one place,
 * and gets its values in another: where it is formatted, or where the chain that it is in is called. Tools are bound to the model
 * of a chain, which may have been done in yet another place.
 */
import type { Node } from "web-tree-sitter";
import { mostVolatile } from "../scope-inference.ts";
import type { Evaluator } from "./evaluate.ts";
import type { CallExpression } from "./expression.ts";
import { isTemplateOfLangChain } from "./langchain.ts";
import { hole, knownText, type Piece, unknownText } from "./pieces.ts";
import { type CallValue, type CodeValue, lastPart, piecesOfGiven } from "./values.ts";

/** Methods that run a chain, or fill in a template. */
const runs =
  /^(?:a?invoke|a?stream|a?batch|a?predict|a?format|(?:a?format_?(?:messages|prompt)|formatMessages|formatPrompt|formatPromptValue))$/;

/** Methods that give the same step with something about it set. */
const keeps =
  /^(?:partial|bind|with_?config|with_?retry|with_?fallbacks|with_?types|with_?listeners|with_?structured_?output|configurable_?fields)$/i;

/** A method that gives the model with tools that it offers. */
const binds = /^bind_?tools$/i;

/** Names that stand for names, functions that give back what others do: longer chains nobody wrote. */
const maxDepth = 24;

type Values = ReadonlyMap<string, CodeValue>;

/** The calls, with what they get of chains: the values for the places of a template, and the tools of its model. */
export function withChains(
  sent: readonly { readonly node: Node; readonly call: CallValue }[],
  calls: readonly Node[],
  evaluator: Evaluator,
): readonly CallValue[] {
  const templates = new Set(sent.flatMap(({ node, call }) => (isTemplateOfLangChain(call) ? [node.id] : [])));
  if (templates.size === 0 && !/\bbind_?tools\b/i.test(evaluator.source)) return sent.map(({ call }) => call);
  const chains = new Chains(evaluator, templates);
  for (const node of calls) chains.read(node);
  return sent.map(({ node, call }) => {
    const given = chains.givenTo(node);
    const bound = chains.boundTo(node);
    return { ...call, ...(given.size > 0 && { given }), ...(bound !== undefined && { bound }) };
  });
}

class Chains {
  readonly #evaluator: Evaluator;
  readonly #templates: ReadonlySet<number>;
  /** By template and name, once for each place where it is given. */
  readonly #given = new Map<number, Map<string, (readonly Piece[])[]>>();
  /** By template, or by the call that runs a chain without one. */
  readonly #bound = new Map<number, CodeValue>();

  constructor(evaluator: Evaluator, templates: ReadonlySet<number>) {
    this.#evaluator = evaluator;
    this.#templates = templates;
  }

  /** A call that gives a template its values; all others say nothing. */
  read(node: Node): void {
    const { program } = this.#evaluator;
    const call = program.lower(node);
    if (call.kind !== "call" || call.object === null) return;
    const isPartial = call.name === "partial";
    if (!isPartial && !runs.test(call.name)) return;
    const steps = this.#stepsOf(call.object, 0);
    const at = steps.findIndex(({ id }) => this.#templates.has(id));
    this.#bind(steps[at] ?? node, steps.slice(at + 1));
    if (at < 0) return;
    const values = this.#argumentsOf(call);
    // A call that gives nothing but constants is a trial: the same request each time.
    const isTrial = !isPartial && [...values.values()].every(isConstant);
    const before = this.#givenBefore(steps.slice(0, at), isTrial ? new Map() : values);
    for (const [name, value] of before) this.#give(steps[at]!, name, this.#piecesOf(value));
  }

  givenTo({ id }: Node): ReadonlyMap<string, readonly Piece[]> {
    const all = [...(this.#given.get(id) ?? [])];
    return new Map(
      all.flatMap(([name, several]) => {
        const one = oneOf(several);
        return one === null ? [] : [[name, one] as const];
      }),
    );
  }

  /** What the model of a chain may call; `undefined` where nothing was bound to it. */
  boundTo({ id }: Node): CodeValue | undefined {
    return this.#bound.get(id);
  }

  #bind({ id }: Node, steps: readonly Node[]): void {
    for (const step of steps) {
      const value = this.#evaluator.value(step);
      if (value.kind !== "call" || !binds.test(lastPart(value.callee))) continue;
      const tools = value.named.get("tools") ?? value.positional[0];
      if (tools !== undefined && !this.#bound.has(id)) this.#bound.set(id, tools);
    }
  }

  #give({ id }: Node, name: string, pieces: readonly Piece[]): void {
    const names = this.#given.get(id) ?? new Map<string, (readonly Piece[])[]>();
    this.#given.set(id, names.set(name, [...(names.get(name) ?? []), pieces]));
  }

  /** Named ones, and those of a record that is given alone. */
  #argumentsOf({ arguments: all }: CallExpression): Values {
    const values = new Map<string, CodeValue>();
    const [first] = all;
    const record = first?.name === null ? this.#evaluator.value(first.value) : null;
    if (record?.kind === "record") for (const { key, value } of record.entries) values.set(key, value);
    for (const { name, value } of all)
      if (name !== null && name !== "input" && name !== "config")
        values.set(name, this.#evaluator.value(value));
    const input = all.find(({ name }) => name === "input");
    const named = input === undefined ? null : this.#evaluator.value(input.value);
    if (named?.kind === "record") for (const { key, value } of named.entries) values.set(key, value);
    return values;
  }

  /** What reaches the step behind others: a record gives its entries alone, `RunnablePassthrough.assign(…)` adds some. */
  #givenBefore(steps: readonly Node[], given: Values): Values {
    let values = given;
    for (const step of steps) {
      const value = this.#evaluator.value(step);
      const made = value.kind === "call" ? recordOf(value) : value;
      const isAdding = value.kind === "call" && /\.assign$/.test(value.callee);
      const entries =
        made.kind === "record" ? made.entries.map(({ key, value: each }) => [key, each] as const) : [];
      values = new Map([...(isAdding ? values : []), ...entries]);
    }
    return values;
  }

  /** The text of a value, or of what a function gives that stands for it. */
  #piecesOf(value: CodeValue): readonly Piece[] {
    const made =
      value.kind === "call" && lastPart(value.callee) === "RunnableLambda"
        ? (value.positional[0] ?? value)
        : value;
    return piecesOfGiven(made);
  }

  /** The steps of a chain from the first one on; of what is none itself. */
  #stepsOf(node: Node, depth: number): readonly Node[] {
    const { program } = this.#evaluator;
    const inner = program.bare(node);
    if (this.#templates.has(inner.id) || depth > maxDepth) return [inner];
    const of = (each: Node) => this.#stepsOf(each, depth + 1);
    const lowered = program.lower(inner);
    switch (lowered.kind) {
      case "operator":
        return lowered.operator === "|" ? [...of(lowered.left), ...of(lowered.right)] : [inner];
      case "name": {
        const value = program.lastValue(lowered.name, inner);
        return value === null ? [inner] : of(value);
      }
      case "member": {
        const value = program.valueOfField(inner);
        return value === null ? [inner] : of(value);
      }
      case "list":
        return lowered.items.flatMap(of);
      case "call": {
        const given = lowered.arguments.map(({ value }) => value);
        if (lowered.object !== null && lowered.name === "pipe")
          return [...of(lowered.object), ...given.flatMap(of)];
        if (/(?:^|\.)RunnableSequence(?:\.from)?$/.test(program.calleeOf(lowered))) return given.flatMap(of);
        if (lowered.object !== null && keeps.test(lowered.name)) return of(lowered.object);
        if (lowered.object !== null && binds.test(lowered.name)) return [...of(lowered.object), inner];
        const [returned, ...others] = program.returnedByCall(inner, lowered);
        return returned === undefined || others.length > 0 ? [inner] : of(returned);
      }
      default:
        return [inner];
    }
  }
}

/** `RunnableParallel(context=…)` and `RunnableParallel({…})` are records. */
function recordOf(call: CallValue): CodeValue {
  if (!/(?:Parallel|Map|\.assign)$/.test(call.callee)) return call;
  const [only] = call.positional;
  if (only?.kind === "record") return only;
  const entries = [...call.named].map(([key, value]) => ({ key, value }));
  return { kind: "record", range: call.range, hole: call.hole, entries, isWhole: true };
}

function isConstant(value: CodeValue): boolean {
  if (value.kind === "literal") return true;
  if (value.kind === "list") return value.items.every(isConstant);
  return value.kind === "text" && !knownText(value.pieces).includes(unknownText);
}

/** What a place gets that is given several values; `null` where they are no one value. */
function oneOf(several: readonly (readonly Piece[])[]): readonly Piece[] | null {
  const [first, ...others] = several;
  if (first === undefined) return null;
  const segments = several.map(([only, ...more]) =>
    only?.kind === "segment" && only.segment.kind === "hole" && more.length === 0 ? only.segment : null,
  );
  const holes = segments.filter((segment) => segment !== null);
  if (holes.length === several.length) {
    // Of a value of which nothing is known the name of its place says more.
    const told = holes.filter(({ scope }) => scope.basis !== "unknown");
    const most = mostVolatile(told.map(({ scope }) => scope));
    return told.length === 0 || most === null ? null : [hole({ ...told[0]!, scope: most })];
  }
  const text = knownText(first);
  const areSame = !text.includes(unknownText) && others.every((other) => knownText(other) === text);
  return others.length === 0 || areSame ? first : null;
}
