/**
 * What a programming language has to tell so that its prompts can be read: how its syntax tree is lowered, what its modules
 * bind, and what the functions of its libraries do. Everything else is the same for all.
 */
import type { Node } from "web-tree-sitter";
import type { Engine } from "../embedded.ts";
import type { TemplateFormat } from "../format.ts";
import type { Problem } from "../text.ts";
import type { BindingLanguage, ClassNames, ImportBinding, MoreBinding } from "./bindings.ts";
import type { ConditionalBranch, Expression, FunctionParts, Loop, Statement } from "./expression.ts";
import type { Operation } from "./operations.ts";
import type { CodeLanguage } from "./syntax.ts";
import type { Member } from "./values.ts";
import type { KnownCall } from "./volatile.ts";

/** What is read of a module before it is parsed and while it is: see `TemplateFormat`. */
export type LanguageFormat = Pick<
  TemplateFormat,
  "id" | "name" | "matches" | "refuses" | "doublesBraces" | "filesOf"
>;

export interface Language extends LanguageFormat, BindingLanguage {
  /** Words of prompts, in the ways of the language; most files hold none, and no literal that speaks to a model, and are not parsed. */
  readonly promptWords: RegExp;
  /** Whether a file is left out whatever it holds: generated ones, bundles. */
  isLeftOut?(text: string): boolean;
  /** The sign before a comment to the end of a line. */
  readonly comment: "#" | "//";
  /** The grammar for a file, whatever its name. */
  grammarOf(path: string): CodeLanguage;
  /** The text as the grammar is given it, with the same offsets: for what it does not read as code, such as macros of Rust. */
  prepared?(text: string): string;
  /** Why text is not given to the grammar; `null` where it is. */
  refusesToParse?(text: string): Problem | null;

  readonly callTypes: readonly string[];
  readonly listTypes: readonly string[];
  /** Types of nodes that are records without a class: what a message alone may be written as. */
  readonly recordTypes: readonly string[];
  readonly commentTypes: readonly string[];
  /** Types of nodes that are names, as they stand in an expression. */
  readonly nameTypes: readonly string[];
  /** The sign that stands before the name of every variable, which it is shown without. */
  readonly sigil?: string;
  /** Types of nodes that hold statements which run one after the other. */
  readonly blockTypes: ReadonlySet<string>;
  /** Types of nodes that decide whether, or how often, others in them run. */
  readonly decidingTypes: ReadonlySet<string>;
  readonly classNames: ClassNames;

  /** Never throws, and does not look into other nodes than it has to. */
  lower(node: Node, source: string): Expression;
  /** `null` for what is no function. */
  functionOf(node: Node): FunctionParts | null;
  statement(node: Node): Statement;
  /** The branches of an `if` from its first one to its `else`; `null` for any other node, and for an `else if`. */
  branchesOf(node: Node): readonly ConditionalBranch[] | null;
  /** Types of statements that give something back. */
  readonly returnTypes: readonly string[];
  /** Whether a function gives back the value of its last statement. */
  readonly returnsLast?: true;
  /** What a statement runs over; `null` for what is no loop over a list. */
  loopOf(node: Node): Loop | null;
  /**
   * Whether a loop over what is written so runs in another order each time. `value` is what the name or field is made of,
   * `null` where only `declared` tells, the code around it. Left out where all that is looped over keeps its order.
   */
  isUnordered?(of: Node, value: Node | null, declared: string): boolean;
  /** What is added to `name` where it is made of itself: `a + [b]`, `[...a, b]`; `null` for any other value. */
  additionsTo(name: string, value: Node): readonly MoreBinding[] | null;
  /** Whether a value is written so that nothing assigns it again, where the language has such a way. */
  isFixed?(value: Node): boolean;

  /** The member of the workspace's modules that a path of names behind an imported name is; `null` for one of a package. */
  memberOf(binding: ImportBinding, path: readonly string[], isCalled: boolean): Member | null;
  /** The same for a class, which holds no text; left out where no class of another file is followed. */
  classOf?(binding: ImportBinding, path: readonly string[]): Member | null;
  /**
   * The member of other files that a path of names is though nobody imports it, as in packages of Go and Java; `null` for names
   * of the language. Left out where there is no such thing.
   */
  unboundMember?(path: readonly string[]): Member | null;
  /** The module whose members are passed on under their own names; `null` for one of a package. */
  passedOn?(module: string): string | null;
  /** The name of a module as its documentation has it, for `knownCalls`: `node:fs/promises` is `fs`. */
  moduleName?(module: string): string;

  /** What methods do, by their name. */
  readonly methods: ReadonlyMap<string, Operation>;
  /** What functions do, by their whole name, imported names completed; `null` for all others. */
  functionNamed(name: string): Operation | null;
  /** What operators do with texts. */
  readonly operators: ReadonlyMap<string, Operation>;
  /** Whether a record that is the last argument names what it holds, as where there are no named arguments. */
  readonly takesRecords?: true;

  /** What fills the places of a constant whose use is not known, where the language has its own way; `null` for the usual ones. */
  engineOfConstant?(text: string): Engine | null;

  readonly knownCalls: readonly KnownCall[];
  /** Functions that only change how their first argument is written. */
  readonly wrapping: ReadonlySet<string>;
  /** Methods that write the value that they are called on, or a part of it. */
  readonly writing: ReadonlySet<string>;
  /** Functions whose value follows from what they are given. */
  readonly computing: RegExp;
  /** Functions, and methods, that put a list in order. */
  readonly sorting: { readonly functions: ReadonlySet<string>; readonly methods: ReadonlySet<string> };
  /** What writes a record in the order in which its keys were added, as it is called; `null` for any other call. */
  keepsKeyOrder(callee: string, written: string): string | null;
  readonly files: FileFunctions;
}

/** How a language reads files and parses what they hold; names are complete, imported ones too. */
export interface FileFunctions {
  /** Parsers of configuration. */
  readonly parsers: RegExp;
  /** Whether they take a path or an open file too. */
  readonly parseOpened: boolean;
  /** Functions that open the file at their first argument. */
  readonly openers: RegExp;
  /** Functions that give the text of the file at their first argument. */
  readonly readers: RegExp;
  /** Methods of an open file or a path that give its text. */
  readonly readingMethods: ReadonlySet<string>;
  /** Methods that give a part of what was read, or the same in other words. */
  readonly parts: ReadonlySet<string>;
  readonly pathMakers: RegExp;
  readonly pathMethods: ReadonlySet<string>;
  /** Expressions, as they are written, that say where the program lies or what its environment is. */
  readonly places: RegExp;
}
