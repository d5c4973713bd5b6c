/** Values of Python that a file with a fixed path holds: `json.load(open("config.json"))["system"]`. Nothing is read. */
import type { Node } from "web-tree-sitter";
import { FixedFiles, inCapitals, maxSteps } from "../files.ts";
import { children } from "../nodes.ts";
import { lastPart } from "../values.ts";
import { dottedName } from "./expressions.ts";
import { functionNamed, lookUp, type ModuleNames, returnsOf } from "./module.ts";

export class Files extends FixedFiles {
  readonly #names: ModuleNames;

  constructor(names: ModuleNames) {
    super();
    this.#names = names;
  }

  protected override isReadNode(node: Node, steps: number): boolean {
    const next = (inner: Node | null | undefined) => inner != null && this.isRead(inner, steps + 1);
    switch (node.type) {
      case "parenthesized_expression":
      case "await":
        return next(children(node)[0]);
      case "subscript":
        return next(node.childForFieldName("value"));
      case "attribute":
        return next(node.childForFieldName("object"));
      case "boolean_operator":
        // `json.load(file) or {}`
        return (
          next(node.childForFieldName("left")) && this.isFixed(node.childForFieldName("right"), steps + 1)
        );
      case "identifier":
        return next(this.#valueOf(node));
      case "call":
        return this.#isReadByCall(node, steps);
      default:
        return false;
    }
  }

  /** Whether it reads a file whose path the function around it is given. */
  readsGiven(node: Node): boolean {
    const called = node.type === "call" ? node.childForFieldName("function") : null;
    const owner = called?.childForFieldName("object") ?? null;
    if (owner === null || !readers.has(lastPart(dottedName(called!)))) return false;
    const source = owner.type === "identifier" ? (openedAs(owner) ?? this.#valueOf(owner) ?? owner) : owner;
    const names = source.type === "identifier" ? [source] : source.descendantsOfType("identifier");
    return names.some((name) => name !== null && this.#isParameter(name)) && !this.#isSource(owner, 0);
  }

  #isReadByCall(node: Node, steps: number): boolean {
    const called = node.childForFieldName("function");
    if (called === null) return false;
    const [first] = argumentsOf(node);
    const name = this.#fullName(called);
    if (parsers.test(name)) {
      return first !== undefined && (this.isRead(first, steps + 1) || this.#isSource(first, steps + 1));
    }
    const object = called.childForFieldName("object");
    const method = lastPart(name);
    if (object !== null && readers.has(method)) return this.#isSource(object, steps + 1);
    if (object !== null && parts.has(method)) return this.isRead(object, steps + 1);
    const definition = functionNamed(this.#names, called);
    if (definition === null) return false;
    const values = returnsOf(this.#names, definition);
    return values.length > 0 && values.every((value) => this.isRead(value, steps + 1));
  }

  /** An open file, or a path. */
  #isSource(node: Node, steps: number): boolean {
    if (steps > maxSteps) return false;
    if (node.type === "identifier") {
      const source = openedAs(node) ?? this.#valueOf(node);
      return source === null ? inCapitals.test(node.text) : this.#isSource(source, steps + 1);
    }
    if (node.type === "call") {
      const called = node.childForFieldName("function");
      const name = called === null ? "" : this.#fullName(called);
      const [first] = argumentsOf(node);
      if (openers.test(name)) return this.isFixed(first ?? null, steps + 1);
      if (lastPart(name) === "open")
        return this.isFixed(called?.childForFieldName("object") ?? null, steps + 1);
    }
    return this.isFixed(node, steps);
  }

  protected override isFixedNode(node: Node, steps: number): boolean {
    const next = (inner: Node | null) => this.isFixed(inner, steps + 1);
    switch (node.type) {
      case "string":
        return node
          .descendantsOfType("interpolation")
          .every((part) => next(part!.childForFieldName("expression")));
      case "integer":
        return true;
      case "dictionary":
        return children(node).length === 0;
      case "concatenated_string":
      case "parenthesized_expression":
        return children(node).every(next);
      case "identifier": {
        if (node.text === "__file__") return true;
        const value = this.#valueOf(node);
        return value === null ? inCapitals.test(node.text) && !this.#isParameter(node) : next(value);
      }
      case "attribute":
        return inCapitals.test(lastPart(dottedName(node))) || next(node.childForFieldName("object"));
      case "subscript":
        return /^(?:os\.)?environ\[/.test(node.text) || next(node.childForFieldName("value"));
      case "binary_operator":
        return next(node.childForFieldName("left")) && next(node.childForFieldName("right"));
      case "keyword_argument":
        return next(node.childForFieldName("value"));
      case "call": {
        const called = node.childForFieldName("function");
        if (called === null) return false;
        const name = this.#fullName(called);
        const object = called.childForFieldName("object");
        const isPath = pathMakers.test(name) || (pathMethods.has(lastPart(name)) && next(object));
        return isPath && argumentsOf(node).every(next);
      }
      default:
        return false;
    }
  }

  /** What a name is bound to, where that is one value. */
  #valueOf(name: Node): Node | null {
    const [binding, ...others] = lookUp(name.text, this.#names.scopeAt(name.startIndex))?.bindings ?? [];
    return binding?.kind === "value" && others.length === 0 && binding.node.id !== name.id
      ? binding.node
      : null;
  }

  #isParameter(name: Node): boolean {
    const found = lookUp(name.text, this.#names.scopeAt(name.startIndex));
    return found?.scope.kind === "function" && found.bindings.every(({ kind }) => kind === "other");
  }

  /** With the module that a name was imported from. */
  #fullName(called: Node): string {
    const name = dottedName(called);
    const [root = "", ...rest] = name.split(".");
    const [binding] = lookUp(root, this.#names.scopeAt(called.startIndex))?.bindings ?? [];
    if (binding?.kind !== "import") return name;
    return [binding.module, binding.name, ...rest].filter((part) => part !== null).join(".");
  }
}

function argumentsOf(call: Node): readonly Node[] {
  const given = call.childForFieldName("arguments");
  return given?.type === "argument_list" ? children(given) : [];
}

/** `f` in the block of `with open(…) as f`. */
function openedAs(name: Node): Node | null {
  for (let at = name.parent; at !== null; at = at.parent) {
    if (at.type !== "with_statement") continue;
    const clause = children(at).find(({ type }) => type === "with_clause");
    for (const opened of clause?.descendantsOfType("as_pattern") ?? []) {
      const [value, alias] = opened === null ? [] : children(opened);
      if (value !== undefined && alias?.text === name.text) return value;
    }
  }
  return null;
}

/** Parsers of configuration, by complete name; the loaders of YAML too. */
const parsers =
  /^(?:(?:json|orjson|ujson|json5|simplejson|toml|tomllib|tomli|pytoml|rtoml)\.loads?|(?:yaml|ruamel\.yaml)\.(?:(?:safe_|full_|unsafe_)?load)|omegaconf\.OmegaConf\.load|OmegaConf\.load)$/;

const openers = /^(?:open|io\.open|codecs\.open|gzip\.open|aiofiles\.open|anyio\.open_file)$/;

/** Methods of an open file or a path that give its text. */
const readers: ReadonlySet<string> = new Set(["read", "read_text", "read_bytes"]);

/** Methods that give a part of what was read, or the same in other words. */
const parts: ReadonlySet<string> = new Set(
  "get strip lstrip rstrip decode splitlines items values keys copy".split(" "),
);

const pathMakers =
  /^(?:str|pathlib\.(?:Pure)?Path|Path|os\.(?:fspath|getenv|environ\.get)|os\.path\.\w+|importlib\.resources\.(?:files|path)|pkg_resources\.resource_filename)$/;

const pathMethods: ReadonlySet<string> = new Set(
  "joinpath resolve absolute expanduser with_name with_suffix with_stem as_posix".split(" "),
);
