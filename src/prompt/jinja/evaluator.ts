/**
 * The tree of a Jinja2 template, or of one that is read like it, to segments: what it renders to, with holes where values come in.
 * Names that the template binds are followed, so that a hole knows where its value comes from.
 */
import { asDay } from "../day.ts";
import { type Declarations, inferred, mostVolatile, withFilters } from "../scope-inference.ts";
import { appendSegment, appendText } from "../segments.ts";
import type { BlockSegment, HoleSegment, IncludeSegment, Segment } from "../template.ts";
import type { Problem, TextRange } from "../text.ts";
import { applyFilters } from "./filters.ts";
import {
  argumentFor,
  argumentsOf,
  assignmentOf,
  calledMacro,
  importedNames,
  inclusionOf,
  loopOf,
  parametersOf,
} from "./heads.ts";
import { conditional, included } from "./inclusions.ts";
import { type Lexemes, type LexemesOf, lexemesOf, splitAtTop, textOf } from "./lexemes.ts";
import type { Node, Statement } from "./parser.ts";
import { readPath } from "./reads.ts";
import { type Binding, isHistory, Names, type Reading, readingOf } from "./scopes.ts";
import { filterOf, literalSegments, type OtherValue, readValue, type Value } from "./values.ts";

/** Macros that call macros are followed this deep, and this often in one template; further calls are holes. */
const maxInlineDepth = 8;
const maxInlined = 500;

export class Evaluator {
  readonly #path: string;
  readonly #source: string;
  readonly #declarations: Declarations;
  readonly #problems: Problem[];
  readonly #lexemesOf: LexemesOf;
  /** By name the literal that it is set to; `null` where it is set to more than that. */
  readonly #literals = new Map<string, string | null>();
  #inlineDepth = 0;
  #inlined = 0;

  constructor(
    path: string,
    source: string,
    declarations: Declarations,
    problems: Problem[],
    readLexemes: LexemesOf = lexemesOf,
  ) {
    this.#lexemesOf = readLexemes;
    this.#path = path;
    this.#source = source;
    this.#declarations = declarations;
    this.#problems = problems;
  }

  /** A template that extends another renders that one, with its own blocks in the other's places. */
  template(nodes: readonly Node[]): readonly Segment[] {
    const names = new Names(null);
    const parent = nodes.find((node) => node.kind === "statement" && node.keyword === "extends");
    if (parent?.kind !== "statement") return this.#nodes(nodes, names);
    const overrides = new Map<string, readonly Segment[]>();
    for (const segment of nodes.flatMap((node) =>
      node.kind === "statement" && node !== parent ? this.#statement(node, names) : [],
    )) {
      if (segment.kind === "include" && segment.slot !== undefined) {
        overrides.set(segment.slot, segment.resolved?.segments ?? []);
      }
    }
    return this.#include(parent, names).map((segment) =>
      segment.kind === "include" ? { ...segment, overrides } : segment,
    );
  }

  #nodes(nodes: readonly Node[], names: Names): readonly Segment[] {
    const segments: Segment[] = [];
    for (const node of nodes) {
      if (node.kind === "text") appendText(segments, this.#source, node.range.start, node.range.end);
      else {
        const added = node.kind === "output" ? this.#output(node, names) : this.#statement(node, names);
        for (const segment of added) appendSegment(segments, this.#source, segment);
      }
    }
    return segments;
  }

  #output(node: { range: TextRange; inside: TextRange }, names: Names): readonly Segment[] {
    const lexemes = this.#lexemesOf(this.#source, node.inside);
    if (lexemes.length > 0) return this.#value(readValue(lexemes), node.range, names);
    this.#problem(node.range, "This tag prints nothing: name a value in it, or remove it.");
    return [];
  }

  #value(value: Value, range: TextRange, names: Names): readonly Segment[] {
    switch (value.kind) {
      case "literal":
        return literalSegments(value.lexeme);
      case "joined":
        return value.parts.flatMap((part) => this.#value(part, part.range, names));
      case "choice": {
        const { chosen, otherwise } = value;
        const body = this.#value(chosen, chosen.range, names);
        const rest = otherwise === null ? [] : this.#value(otherwise, otherwise.range, names);
        const reading = this.#reading(value.test, names);
        return [conditional(range, reading, textOf(this.#source, value.test), body, rest)];
      }
      case "other":
        return [this.#known(value, range, names) ?? this.#hole(value, range, names)];
    }
  }

  /** Calls of macros, and names that stand for known segments. */
  #known(value: OtherValue, range: TextRange, names: Names): Segment | null {
    const { base, filters } = value;
    const read = base[0]?.kind === "name" ? readPath(base, 0) : null;
    if (read === null || read.next < base.length) return null;
    if (read.path === "super" && read.call !== null) {
      return { kind: "include", range, target: "super()", resolved: null, optional: true };
    }
    const binding = names.find(read.path);
    if (binding?.kind === "segments") {
      return this.#own(range, read.path, applyFilters(filters, binding.segments));
    }
    const segments = read.call === null ? null : this.#inline(binding, read.call, names, null);
    return segments === null ? null : this.#own(range, read.path, applyFilters(filters, segments));
  }

  #hole(value: OtherValue, range: TextRange, names: Names): HoleSegment {
    const { base, filters } = value;
    const { claim, path } = this.#reading([...base, ...filters.flatMap((filter) => filter.arguments)], names);
    const first = base[0]?.kind === "name" ? readPath(base, 0) : null;
    const isCall = first !== null && first.call !== null && first.next >= base.length;
    const expression = this.#source.slice(value.range.start, value.range.end);
    return {
      kind: "hole",
      range,
      form: isHistory(base, names) ? "history" : isCall ? "call" : "variable",
      name: first?.path ?? path ?? expression,
      expression,
      scope: asDay(withFilters(claim ?? inferred("constant", "made of literals only"), filters), expression),
    };
  }

  /** The body of a macro as it renders for one call; `null` for what is no macro, and when calls pile up. */
  #inline(
    binding: Binding | null,
    given: Lexemes,
    names: Names,
    caller: readonly Segment[] | null,
  ): readonly Segment[] | null {
    if (binding?.kind !== "macro") return null;
    if (this.#inlineDepth >= maxInlineDepth || this.#inlined >= maxInlined) return null;
    const parameters = parametersOf(this.#head(binding.macro));
    const values = argumentsOf(given);
    const local = new Names(binding.names);
    if (caller !== null) local.bind("caller", { kind: "segments", segments: caller });
    for (const [index, { name }] of parameters.entries()) {
      local.bind(name, this.#given(name, argumentFor(parameters, index, values), names));
    }
    this.#inlineDepth++;
    this.#inlined++;
    const segments = this.#nodes(binding.macro.body, local);
    this.#inlineDepth--;
    return segments;
  }

  #given(name: string, value: Lexemes, names: Names): Binding {
    const [only] = value;
    if (value.length === 1 && (only?.kind === "string" || only?.kind === "number")) {
      return { kind: "segments", segments: literalSegments(only) };
    }
    const { claim } = this.#reading(value, names);
    const fixed = inferred("constant", `\`${name}\` is given a literal in this template`);
    return { kind: "value", claim: claim ?? fixed, isHistory: isHistory(value, names) };
  }

  #statement(node: Statement, names: Names): readonly Segment[] {
    switch (node.keyword) {
      case "if":
        return [this.#conditional(node, names)];
      case "for":
        return [this.#loop(node, names)];
      case "set":
        this.#set(node, names);
        return [];
      case "include":
        return this.#include(node, names);
      case "extends":
        return [];
      case "import":
      case "from":
        for (const name of importedNames(node.keyword, this.#head(node)))
          names.bind(name, { kind: "imported" });
        return [];
      case "block":
        return [this.#slot(node, names)];
      case "macro":
        this.#define(node, names);
        return [];
      case "call":
        return this.#call(node, names);
      case "filter": {
        const filters = splitAtTop(this.#head(node), ["|"]).map(filterOf);
        return applyFilters(filters, this.#nodes(node.body, new Names(names)));
      }
      case "with":
        return this.#with(node, names);
      default:
        return this.#nodes(node.body, names);
    }
  }

  #conditional(node: Statement, names: Names): BlockSegment {
    const reading = this.#reading(this.#head(node), names);
    const block = conditional(node.range, reading, this.#text(node.head), [], []);
    const [inBody, inOtherwise] = [new Names(names), new Names(names)];
    const body = this.#nodes(node.body, inBody);
    const otherwise = this.#nodes(node.otherwise, inOtherwise);
    names.merge(inBody, block.scope);
    names.merge(inOtherwise, block.scope);
    return { ...block, body, otherwise };
  }

  #loop(node: Statement, names: Names): BlockSegment {
    const { items, list, filter } = loopOf(this.#head(node));
    const expression = textOf(this.#source, list);
    const { claim, path } = this.#reading(list, names);
    const source = claim ?? inferred("constant", "the list is written in this template");
    const name = path ?? expression;
    const inner = new Names(names);
    for (const item of items) {
      const reason = `\`${item}\` comes from \`${name}\`: ${source.reason}`;
      inner.bind(item, { kind: "value", claim: { ...source, reason }, isHistory: false });
    }
    const filtered = this.#reading(filter, inner).claim;
    const scope = mostVolatile(filtered === null ? [source] : [source, filtered])!;
    const body = this.#nodes(node.body, inner);
    const otherwise = this.#nodes(node.otherwise, new Names(names));
    names.mergeFields(inner, scope);
    const item = items.length === 0 ? null : items.join(", ");
    const { range } = node;
    const loop = { kind: "block", range, form: "loop", name, expression, scope, body, otherwise } as const;
    return { ...loop, item, isHistory: isHistory(list, names) };
  }

  #set(node: Statement, names: Names): void {
    const { paths, value, filters } = assignmentOf(this.#head(node));
    if (value === null) {
      const segments = applyFilters(filters, this.#nodes(node.body, new Names(names)));
      for (const path of paths) names.bind(path, { kind: "segments", segments });
      return;
    }
    const { claim } = this.#reading(value, names);
    for (const path of paths) {
      const from =
        claim === null
          ? inferred("constant", `\`${path}\` is set to a literal in this template`)
          : {
              ...claim,
              reason: `\`${path}\` is set from \`${textOf(this.#source, value)}\`: ${claim.reason}`,
            };
      names.bind(path, { kind: "value", claim: from, isHistory: isHistory(value, names) });
      this.#noteLiteral(path, value);
    }
  }

  /** A name that is set once, to a literal, has that value wherever it is used. */
  #noteLiteral(name: string, value: Lexemes): void {
    const [only] = value;
    const isLiteral = value.length === 1 && (only?.kind === "string" || only?.kind === "number");
    const text = isLiteral ? literalSegments(only).map((segment) => segment.text) : [];
    this.#literals.set(name, isLiteral && !this.#literals.has(name) ? text.join("") : null);
  }

  /** Values of names that the template sets to literals. */
  literals(): ReadonlyMap<string, string> {
    return new Map([...this.#literals].flatMap(([name, text]) => (text === null ? [] : [[name, text]])));
  }

  #include(node: Statement, names: Names): readonly Segment[] {
    const { target, optional } = inclusionOf(this.#head(node));
    const reading = (lexemes: Lexemes) => this.#reading(lexemes, names);
    if (target.length > 0) return included(this.#source, readValue(target), node.range, optional, reading);
    this.#problem(node.range, `\`${node.keyword}\` names no template: write its path in quotes.`);
    return [];
  }

  #slot(node: Statement, names: Names): IncludeSegment {
    const slot = this.#head(node)[0]?.text ?? "";
    return { ...this.#own(node.range, slot, this.#nodes(node.body, new Names(names))), slot };
  }

  #define(node: Statement, names: Names): void {
    const name = this.#head(node)[0];
    if (name?.kind === "name") names.bind(name.text, { kind: "macro", macro: node, names });
  }

  #call(node: Statement, names: Names): readonly Segment[] {
    const body = this.#nodes(node.body, new Names(names));
    const call = calledMacro(this.#head(node));
    const read = call[0]?.kind === "name" ? readPath(call, 0) : null;
    if (read === null || read.call === null) return body;
    const segments = this.#inline(names.find(read.path), read.call, names, body);
    return segments === null ? body : [this.#own(node.range, read.path, segments)];
  }

  #with(node: Statement, names: Names): readonly Segment[] {
    const inner = new Names(names);
    for (const { name, value } of argumentsOf(this.#head(node))) {
      if (name !== null) inner.bind(name, this.#given(name, value, names));
    }
    return this.#nodes(node.body, inner);
  }

  /** A part of this same template, standing in another place. */
  #own(range: TextRange, target: string, segments: readonly Segment[]): IncludeSegment {
    return { kind: "include", range, target, resolved: { path: this.#path, segments } };
  }

  #head(node: Statement): Lexemes {
    return this.#lexemesOf(this.#source, node.head);
  }

  #reading(lexemes: Lexemes, names: Names): Reading {
    return readingOf(lexemes, names, this.#declarations);
  }

  #text(range: TextRange): string {
    return this.#source.slice(range.start, range.end).trim();
  }

  #problem(range: TextRange, message: string): void {
    this.#problems.push({ range, severity: "error", message });
  }
}
