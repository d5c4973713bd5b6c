/** The tree of a Handlebars or Mustache template to segments: what it renders to, with holes where values come in. */
import { asDay } from "../day.ts";
import { type Declarations, inferred, mostVolatile } from "../scope-inference.ts";
import { appendSegment, appendText } from "../segments.ts";
import type { BlockSegment, IncludeSegment, ScopeClaim, Segment } from "../template.ts";
import type { Problem, TextRange } from "../text.ts";
import {
  type Context,
  isHistoryPath,
  type Meaning,
  readArgument,
  readCall,
  rootContext,
} from "./contexts.ts";
import { type Call, callOf, literalOf } from "./expression.ts";
import type { Dialect, Tag } from "./lexer.ts";
import type { Node, Section } from "./parser.ts";

/**
 * What a format's own helpers print. `null` leaves a call to the general rules.
 * For block helpers `body` is what the block holds; for others it is `null`.
 */
export type Helpers = (
  call: Call,
  range: TextRange,
  body: readonly Segment[] | null,
  meaning: (call: Call) => Meaning | null,
) => readonly Segment[] | null;

const conditionals = new Set([
  "if",
  "unless",
  "ifEquals",
  "unlessEquals",
  "ifCond",
  "eq",
  "and",
  "or",
  "not",
]);
const unknown = inferred("constant", "the condition reads nothing that changes");

export class Evaluator {
  readonly #path: string;
  readonly #source: string;
  readonly #dialect: Dialect;
  readonly #declarations: Declarations;
  readonly #helpers: Helpers;
  readonly #problems: Problem[];
  /** Partials that the template defines itself (`{{#*inline "name"}}`). */
  readonly #inlines = new Map<string, readonly Segment[]>();

  constructor(
    path: string,
    source: string,
    dialect: Dialect,
    declarations: Declarations,
    helpers: Helpers,
    problems: Problem[],
  ) {
    this.#path = path;
    this.#source = source;
    this.#dialect = dialect;
    this.#declarations = declarations;
    this.#helpers = helpers;
    this.#problems = problems;
  }

  template(nodes: readonly Node[]): readonly Segment[] {
    return this.#nodes(nodes, rootContext);
  }

  #nodes(nodes: readonly Node[], context: Context): readonly Segment[] {
    const segments: Segment[] = [];
    for (const node of nodes) {
      if (node.kind === "text") appendText(segments, this.#source, node.range.start, node.range.end);
      else {
        const added = node.kind === "tag" ? this.#tag(node.tag, context) : this.#section(node, context);
        for (const segment of added) appendSegment(segments, this.#source, segment);
      }
    }
    return segments;
  }

  #tag(tag: Tag, context: Context): readonly Segment[] {
    if (tag.sigil === "!" || tag.sigil === "=" || tag.sigil === "*") return [];
    if (tag.sigil === ">") return this.#partial(tag, tag.range, null, context);
    const call = callOf(this.#source, tag.inside);
    if (call === null) {
      this.#problem(tag.range, "This tag prints nothing: name a value in it, or remove it.");
      return [];
    }
    const special = this.#helpers(call, tag.range, null, (other) => this.#read(other, context));
    if (special !== null) return special;
    const head = call.head.kind === "path" ? call.head.path : null;
    if (head === "log") return [];
    const expression = this.#text(tag.inside);
    const isCall = call.positional.length > 0 || call.named.size > 0 || call.head.kind === "call";
    const meaning = this.#read(call, context);
    const isHistory = !isCall && head !== null && context.prefix === "" && isHistoryPath(head);
    return [
      {
        kind: "hole",
        range: tag.range,
        form: isHistory ? "history" : isCall ? "call" : "variable",
        name: meaning?.name ?? expression,
        expression,
        scope: asDay(meaning?.claim ?? inferred("constant", "made of literals only"), expression),
      },
    ];
  }

  #section(node: Section, context: Context): readonly Segment[] {
    if (node.tag.sigil === "#>") {
      return this.#partial(node.tag, node.range, this.#nodes(node.body, context), context);
    }
    const call = callOf(this.#source, node.head);
    if (call === null) return this.#nodes(node.body, context);
    const head = call.head.kind === "path" ? call.head.path : "";
    if (node.tag.sigil === "#*") {
      const name = literalOf(call.positional[0]);
      if (name !== null) this.#inlines.set(name, this.#nodes(node.body, context));
      return [];
    }
    const isPlain = call.positional.length === 0 && call.named.size === 0;
    if (node.tag.sigil === "^") return [this.#conditional(node, call, "not ", context)];
    if (this.#dialect === "handlebars") {
      if (head === "each" && !isPlain)
        return [this.#loop(node, { ...call, head: call.positional[0]! }, context)];
      if (head === "with" && !isPlain) return [this.#with(node, call, context)];
      if (conditionals.has(head) && !isPlain) {
        return [this.#conditional(node, call, head.startsWith("unless") ? "not " : "", context)];
      }
      if (!isPlain) return this.#blockHelper(node, call, context);
    }
    const special = this.#helpers(call, node.range, this.#nodes(node.body, context), (other) =>
      this.#read(other, context),
    );
    if (special !== null) return special;
    return [
      this.#isList(node, head) ? this.#loop(node, call, context) : this.#conditional(node, call, "", context),
    ];
  }

  /** A plain section is a list or a condition, as its value happens to be: the name and the body tell which. */
  #isList(node: Section, name: string): boolean {
    if (isHistoryPath(name) || /(?:^|\.)(?:list|items)$|[^s]s$|List$/.test(name)) return true;
    return node.body.some(
      (child) => child.kind === "tag" && /^(?:\.|this)$/.test(this.#text(child.tag.inside)),
    );
  }

  #conditional(node: Section, call: Call, negation: string, context: Context): BlockSegment {
    const isHelper = call.head.kind === "path" && conditionals.has(call.head.path);
    const read =
      isHelper && call.positional.length > 0 ? this.#readAll(call, context) : this.#read(call, context);
    const written = this.#subjectText(node);
    const expression = isHelper ? written.replace(/^(?:if|unless)\s+/, "") : written;
    return {
      kind: "block",
      range: node.range,
      form: "conditional",
      name: read?.name ?? expression,
      expression: negation + expression,
      scope: read?.claim ?? unknown,
      body: this.#nodes(node.body, context),
      otherwise: this.#nodes(node.otherwise, context),
      item: null,
      isHistory: false,
    };
  }

  #loop(node: Section, call: Call, context: Context): BlockSegment {
    const list = readArgument(call.head, context, this.#declarations);
    const scope = list?.claim ?? inferred("constant", "the list is written in this template");
    const name = list?.name ?? this.#text(node.head);
    const names = new Map<string, Context>();
    const inner: Context = { prefix: `${name}[]`, claim: scope, names, outer: context };
    const [item, index] = call.blockNames;
    if (item !== undefined) names.set(item, { ...inner, prefix: item });
    if (index !== undefined) {
      const claim: ScopeClaim = inferred("constant", "the position in a loop follows from its list");
      names.set(index, { ...inner, prefix: index, claim });
    }
    return {
      kind: "block",
      range: node.range,
      form: "loop",
      name,
      expression: this.#subjectText(node).replace(/^each\s+/, ""),
      scope,
      body: this.#nodes(node.body, inner),
      otherwise: this.#nodes(node.otherwise, context),
      item: item ?? null,
      isHistory: context.prefix === "" && isHistoryPath(name),
    };
  }

  /** `{{#with x}}` renders its body where `x` is there, with the fields of `x` in reach. */
  #with(node: Section, call: Call, context: Context): BlockSegment {
    const subject = readArgument(call.positional[0]!, context, this.#declarations);
    const isWhole = subject === null || subject.name === "this";
    const inner: Context = isWhole
      ? { ...context, outer: context }
      : { prefix: subject.name, claim: context.claim, names: new Map(), outer: context };
    const name = call.blockNames[0];
    const named: Context = name === undefined ? inner : { ...inner, names: new Map([[name, inner]]) };
    return {
      ...this.#conditional(node, call, "", context),
      body: this.#nodes(node.body, named),
      ...this.#subject(subject, node),
    };
  }

  #subject(subject: Meaning | null, node: Section): Pick<BlockSegment, "name" | "expression" | "scope"> {
    const expression = this.#subjectText(node).replace(/^with\s+/, "");
    return { name: subject?.name ?? expression, expression, scope: subject?.claim ?? unknown };
  }

  /** A block helper that nothing is known of: its body, as present as its arguments make it. */
  #blockHelper(node: Section, call: Call, context: Context): readonly Segment[] {
    const body = this.#nodes(node.body, context);
    const special = this.#helpers(call, node.range, body, (other) => this.#read(other, context));
    return special ?? [this.#conditional(node, call, "", context)];
  }

  #partial(
    tag: Tag,
    range: TextRange,
    block: readonly Segment[] | null,
    context: Context,
  ): readonly Segment[] {
    const isMustache = this.#dialect === "mustache";
    const written = this.#text(tag.inside);
    const call = isMustache ? null : callOf(this.#source, tag.inside);
    const head = call?.head;
    if (written === "" || (!isMustache && head === undefined)) {
      this.#problem(tag.range, "This partial has no name: write one after `>`.");
      return [];
    }
    if (head?.kind === "call" || (isMustache && written.startsWith("*"))) {
      const meaning = head === undefined ? null : readArgument(head, context, this.#declarations);
      const scope = meaning?.claim ?? inferred("request", "the partial is named at run time");
      return [
        { kind: "hole", range, form: "include", name: meaning?.name ?? written, expression: written, scope },
      ];
    }
    const target = isMustache
      ? written
      : head?.kind === "path"
        ? head.path.replace(/[[\]]/g, "")
        : literalOf(head)!;
    const include: IncludeSegment = { kind: "include", range, target, resolved: null };
    if (target === "@partial-block") {
      return [{ ...include, slot: target, resolved: { path: this.#path, segments: [] } }];
    }
    const own = this.#inlines.get(target);
    if (own !== undefined) return [{ ...include, resolved: { path: this.#path, segments: own } }];
    return block === null ? [include] : [{ ...include, overrides: new Map([["@partial-block", block]]) }];
  }

  #read(call: Call, context: Context): Meaning | null {
    return readCall(call, context, this.#declarations);
  }

  /** Of all arguments of a condition, the one that changes most often. */
  #readAll(call: Call, context: Context): Meaning | null {
    let most: Meaning | null = null;
    for (const argument of call.positional) {
      const meaning = readArgument(argument, context, this.#declarations);
      if (meaning === null) continue;
      if (most === null || mostVolatile([most.claim, meaning.claim]) === meaning.claim) most = meaning;
    }
    return most;
  }

  /** What a section says of its value, without the names that it gives. */
  #subjectText(node: Section): string {
    return this.#text(node.head).replace(/(?<!\s)\s+as\s+\|[^|]*\|?$/, "");
  }

  #text(range: TextRange): string {
    return this.#source.slice(range.start, range.end).trim();
  }

  #problem(range: TextRange, message: string): void {
    this.#problems.push({ range, severity: "error", message });
  }
}
