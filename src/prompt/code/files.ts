/** What is said of values that stand in a file of the program: `json.load(open("config.json"))["system"]`. Nothing is read. */
import type { Node } from "web-tree-sitter";
import { isOpenPath, parameterInPath, withParameters } from "../open-path.ts";
import { inferred } from "../scope-inference.ts";
import type { ScopeClaim } from "../template.ts";
import type { ImportBinding } from "./bindings.ts";
import type { CallExpression } from "./expression.ts";
import { knownText } from "./pieces.ts";
import type { Program } from "./program.ts";

/** Names in each other that are followed on the way from a value to its file. */
const maxSteps = 32;

/** A file whose path is fixed: `name` is what the value is called. */
export function ofConstantFile(name: string): ScopeClaim {
  return inferred(
    "constant",
    `\`${name}\` stands in a file with a fixed path: the same until the file changes`,
  );
}

/** Files that hold data rather than code, by the name that imports them. */
const dataFile = /\.(?:json[5c]?|ya?ml|toml)$/i;

/** Functions of Python whose first argument is a package. */
const ofPackage =
  /^(?:importlib[._]resources\.(?:files|path|read_(?:text|binary))|pkgutil\.get_data|pkg_resources\.resource_(?:string|filename))$/;

/** Constants of a program, as they are written in all languages. */
const inCapitals = /^_*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;

/** Which values of a program stand in such files. */
export class Files {
  readonly #program: Program;
  /** What is known of nodes, so that a name that stands in many places is followed once; in a circle nothing is. */
  readonly #reads = new Map<number, boolean>();
  readonly #fixed = new Map<number, boolean>();
  readonly #paths = new Map<number, string | null>();
  readonly #openPaths = new Map<number, string | null>();

  constructor(program: Program) {
    this.#program = program;
  }

  /** Whether it is what such a file holds, or a part of that. */
  isRead(node: Node, steps = 0): boolean {
    return remembered(this.#reads, node, false, () => steps <= maxSteps && this.#isReadNode(node, steps));
  }

  /** Whether it reads a file whose path the function around it is given. */
  readsGiven(node: Node): boolean {
    const call = this.#program.lower(node);
    if (call.kind !== "call") return false;
    const { readers, readingMethods } = this.#program.language.files;
    const [path] = positional(call);
    if (path !== undefined && readers.test(this.#fullName(call, node))) return this.#isOfParameter(path);
    if (call.object === null || !readingMethods.has(call.name)) return false;
    const owner = this.#program.lowerBare(call.object);
    const source = owner.kind === "name" ? (this.#valueOf(owner.name, node) ?? call.object) : call.object;
    return this.#namesIn(source).some((name) => this.#isParameter(name)) && !this.#isSource(call.object, 0);
  }

  /** The path of the file whose text a call gives, as far as it is written; `null` for any other call. */
  pathOf(node: Node): string | null {
    return this.isRead(node) ? this.#pathRead(node, false) : null;
  }

  /** The same with parameters of the function around it in the path, as in `pieces.ts`; `null` where there are none. */
  openPathOf(node: Node): string | null {
    if (!this.readsGiven(node)) return null;
    const path = this.#pathRead(node, true);
    return path !== null && isOpenPath(path) ? path : null;
  }

  /** The file of data, and the keys in it, that a value stands at; `null` for any other value. */
  dataAt(node: Node): DataPlace | null {
    return this.isRead(node) ? this.#dataAt(node, 0) : null;
  }

  #dataAt(node: Node, steps: number): DataPlace | null {
    if (steps > maxSteps) return null;
    const within = (object: Node, key: string): DataPlace | null => {
      const found = this.#dataAt(object, steps + 1);
      return found === null ? null : { path: found.path, keys: [...found.keys, key] };
    };
    const lowered = this.#program.lowerBare(node);
    switch (lowered.kind) {
      case "same":
        return this.#dataAt(lowered.value, steps + 1);
      case "member":
        return within(lowered.object, lowered.name);
      case "element": {
        const key = this.#keyOf(lowered.index);
        return key === null ? null : within(lowered.object, key);
      }
      case "choice":
        return lowered.yes === null ? null : this.#dataAt(lowered.yes, steps + 1);
      case "name": {
        const binding = this.#program.onlyBinding(lowered.name, node);
        if (binding?.kind === "import") return importedData(binding);
        if (binding?.kind === "member") return within(binding.node, binding.key);
        return binding?.kind === "value" ? this.#dataAt(binding.node, steps + 1) : null;
      }
      case "call": {
        const [first] = positional(lowered);
        if (lowered.object !== null && lowered.name === "get") {
          const key = this.#keyOf(first ?? null);
          return key === null ? null : within(lowered.object, key);
        }
        const path = this.#pathParsed(node, lowered, first);
        if (path !== null) return { path, keys: [] };
        const binding = lowered.object === null ? this.#program.onlyBinding(lowered.name, node) : null;
        const returned = binding?.kind === "function" ? this.#program.returnedBy(binding.node) : [];
        return returned.length === 1 ? this.#dataAt(returned[0]!, steps + 1) : null;
      }
      default:
        return null;
    }
  }

  #keyOf(index: Node | null): string | null {
    const key = index === null ? null : this.#program.lowerBare(index);
    if (key?.kind === "literal" && typeof key.value === "number") return String(key.value);
    return key?.kind === "text" ? this.#written(index, 0, false) : null;
  }

  /** The file that a parser is given: its path, or what reads or opens it. */
  #pathParsed(node: Node, call: CallExpression, first: Node | undefined): string | null {
    const { parsers, parseOpened } = this.#program.language.files;
    if (first === undefined) return null;
    if (call.object === null && (call.name === "import" || call.name === "require"))
      return first.text.slice(1, -1);
    if (!parsers.test(this.#fullName(call, node))) return null;
    const read = this.#readPath(first, 0);
    if (read !== null) return read;
    return parseOpened ? cleanPath(this.#sourceOf(first, 0, false)) : null;
  }

  /** The path of the text that a parser is given, also by a name, or by what makes a text of what was read. */
  #readPath(node: Node, steps: number): string | null {
    if (steps > maxSteps) return null;
    const path = this.#pathRead(node, false);
    if (path !== null) return path;
    const lowered = this.#program.lower(node);
    if (lowered.kind === "same") return this.#readPath(lowered.value, steps + 1);
    if (lowered.kind === "name") {
      const value = this.#valueOf(lowered.name, node);
      return value === null ? null : this.#readPath(value, steps + 1);
    }
    const isPart = lowered.kind === "call" && this.#program.language.files.parts.has(lowered.name);
    return isPart && lowered.object !== null ? this.#readPath(lowered.object, steps + 1) : null;
  }

  #pathRead(node: Node, isOpen: boolean): string | null {
    const call = this.#program.lower(node);
    if (call.kind !== "call") return null;
    const { readers, readingMethods } = this.#program.language.files;
    const [first] = positional(call);
    const isReader = readers.test(this.#fullName(call, node));
    const written = isReader
      ? ofPackage.test(this.#fullName(call, node))
        ? this.#inPackage(call, 0, isOpen)
        : this.#written(first ?? null, 0, isOpen)
      : call.object !== null && readingMethods.has(call.name)
        ? this.#sourceOf(call.object, 0, isOpen)
        : null;
    return cleanPath(written);
  }

  /** The path of an open file. */
  #sourceOf(node: Node, steps: number, isOpen: boolean): string | null {
    if (steps > maxSteps) return null;
    const lowered = this.#program.lowerBare(node);
    if (lowered.kind === "name") {
      const value = this.#valueOf(lowered.name, node);
      if (value !== null) return this.#sourceOf(value, steps + 1, isOpen);
      return isOpen ? this.#written(node, steps, isOpen) : null;
    }
    if (lowered.kind === "call") {
      const { openers } = this.#program.language.files;
      if (openers.test(this.#fullName(lowered, node)))
        return this.#written(positional(lowered)[0] ?? null, steps + 1, isOpen);
      if (lowered.name === "open") return this.#written(lowered.object, steps + 1, isOpen);
    }
    return this.#written(node, steps, isOpen);
  }

  /**
   * What is written of a path; places of the program are where it begins. `null` where more is not known. `isOpen` where
   * parameters of functions may be a part of it.
   */
  #written(node: Node | null, steps: number, isOpen: boolean): string | null {
    if (node === null || steps > maxSteps) return null;
    const known = isOpen ? this.#openPaths : this.#paths;
    return remembered(known, node, null, () => this.#writtenAt(node, steps, isOpen));
  }

  #writtenAt(node: Node, steps: number, isOpen: boolean): string | null {
    const { places, pathMakers, pathMethods } = this.#program.language.files;
    if (places.test(node.text.slice(0, 200))) return "";
    const all = (parts: readonly Node[]) => {
      const written = parts.map((part) => this.#written(part, steps + 1, isOpen));
      return written.includes(null) ? null : written.filter((part) => part !== "").join("/");
    };
    const lowered = this.#program.lowerBare(node);
    switch (lowered.kind) {
      case "text": {
        const parts = lowered.parts.map((part) =>
          part.kind === "said" ? knownText(part.pieces) : this.#written(part.node, steps + 1, isOpen),
        );
        return parts.includes(null) ? null : parts.join("");
      }
      case "sum": {
        const parts = lowered.operands.map((part) => this.#written(part, steps + 1, isOpen));
        return parts.includes(null) ? null : parts.join("");
      }
      case "operator":
        return lowered.operator === "/" ? all([lowered.left, lowered.right]) : null;
      case "name": {
        const value = this.#valueOf(lowered.name, node);
        if (value !== null) return this.#written(value, steps + 1, isOpen);
        if (this.#isParameter(node)) return isOpen ? parameterInPath(lowered.name) : null;
        return inCapitals.test(lowered.name) ? "" : null;
      }
      case "member":
        // `Path(__file__).parent`
        return this.#isFixed(node, steps) ? "" : null;
      case "call": {
        const name = this.#fullName(lowered, node);
        if (/(?:^|\.)(?:dirname|Dir)$/.test(name)) return "";
        if (ofPackage.test(name)) return this.#inPackage(lowered, steps, isOpen);
        if (pathMakers.test(name)) return all(positional(lowered));
        const isMethod = lowered.object !== null && pathMethods.has(lowered.name);
        return isMethod && lowered.object !== null ? all([lowered.object, ...positional(lowered)]) : null;
      }
      default:
        return null;
    }
  }

  /** `resources.read_text("app.prompts", "porter.md")`: dots of packages are folders. */
  #inPackage(call: CallExpression, steps: number, isOpen: boolean): string | null {
    const parts = positional(call).map((part) => this.#written(part, steps + 1, isOpen));
    if (parts.includes(null)) return null;
    return parts
      .map((part, at) => (at === 0 ? part!.replaceAll(".", "/") : part))
      .filter((part) => part !== "")
      .join("/");
  }

  #isOfParameter(path: Node): boolean {
    return this.#namesIn(path).some((name) => this.#isParameter(name)) && !this.#isFixed(path, 0);
  }

  #namesIn(node: Node): readonly Node[] {
    const { nameTypes } = this.#program.language;
    if (nameTypes.includes(node.type)) return [node];
    return node.descendantsOfType([...nameTypes]).filter((name) => name !== null);
  }

  #isReadNode(node: Node, steps: number): boolean {
    const next = (inner: Node | null | undefined) => inner != null && this.isRead(inner, steps + 1);
    const lowered = this.#program.lower(node);
    switch (lowered.kind) {
      case "same":
        return next(lowered.value);
      case "member":
      case "element":
        return next(lowered.object);
      case "choice":
        // `json.load(file) or {}`
        return lowered.isDefault && next(lowered.yes) && this.#isFixed(lowered.no, steps + 1);
      case "name":
        return this.#isReadName(lowered.name, node, steps);
      case "call":
        return this.#isReadByCall(node, lowered, steps);
      default:
        return false;
    }
  }

  #isReadName(name: string, node: Node, steps: number): boolean {
    const binding = this.#program.onlyBinding(name, node);
    if (binding?.kind === "import") return dataFile.test(binding.module);
    const isValue = binding?.kind === "value" || binding?.kind === "member";
    return isValue && binding.node.id !== node.id && this.isRead(binding.node, steps + 1);
  }

  #isReadByCall(node: Node, call: CallExpression, steps: number): boolean {
    const { parsers, parseOpened, readers, readingMethods, parts } = this.#program.language.files;
    const [first] = positional(call);
    if (call.object === null && (call.name === "import" || call.name === "require")) {
      return first !== undefined && dataFile.test(first.text.slice(1, -1));
    }
    const name = this.#fullName(call, node);
    if (parsers.test(name)) {
      if (first === undefined) return false;
      return this.isRead(first, steps + 1) || (parseOpened && this.#isSource(first, steps + 1));
    }
    if (readers.test(name)) return this.#isFixed(first ?? null, steps + 1);
    if (call.object !== null && readingMethods.has(call.name)) return this.#isSource(call.object, steps + 1);
    if (call.object !== null && parts.has(call.name)) return this.isRead(call.object, steps + 1);
    const binding = call.object === null ? this.#program.onlyBinding(call.name, node) : null;
    const definition = binding?.kind === "function" ? binding.node : null;
    if (definition === null) return false;
    const values = this.#program.returnedBy(definition);
    return values.length > 0 && values.every((value) => this.isRead(value, steps + 1));
  }

  /** An open file, or a path. */
  #isSource(node: Node, steps: number): boolean {
    if (steps > maxSteps) return false;
    const lowered = this.#program.lowerBare(node);
    if (lowered.kind === "name") {
      const source = this.#valueOf(lowered.name, node);
      return source === null ? inCapitals.test(lowered.name) : this.#isSource(source, steps + 1);
    }
    if (lowered.kind === "call") {
      const [first] = positional(lowered);
      if (this.#program.language.files.openers.test(this.#fullName(lowered, node)))
        return this.#isFixed(first ?? null, steps + 1);
      if (lowered.name === "open") return this.#isFixed(lowered.object, steps + 1);
    }
    return this.#isFixed(node, steps);
  }

  /** A path, or a part of one, of nothing but texts, constants and places of the program itself. */
  #isFixed(node: Node | null, steps: number): boolean {
    if (node === null) return false;
    return remembered(this.#fixed, node, false, () => steps <= maxSteps && this.#isFixedNode(node, steps));
  }

  #isFixedNode(node: Node, steps: number): boolean {
    const next = (inner: Node | null) => this.#isFixed(inner, steps + 1);
    const { places, pathMakers, pathMethods } = this.#program.language.files;
    if (places.test(node.text.slice(0, 200))) return true;
    const lowered = this.#program.lower(node);
    switch (lowered.kind) {
      case "text":
        return lowered.parts.every((part) => part.kind === "said" || next(part.node));
      case "literal":
        return typeof lowered.value === "number";
      case "record":
        return lowered.entries.length === 0;
      case "same":
        return next(lowered.value);
      case "sum":
        return lowered.operands.every(next);
      case "operator":
        return next(lowered.left) && next(lowered.right);
      case "name": {
        const value = this.#valueOf(lowered.name, node);
        if (value !== null) return next(value);
        return inCapitals.test(lowered.name) && !this.#isParameter(node);
      }
      case "member":
        return inCapitals.test(lowered.name) || next(lowered.object);
      case "element":
        return next(lowered.object);
      case "call": {
        const name = this.#fullName(lowered, node);
        const isPath =
          pathMakers.test(name) ||
          (lowered.object !== null && pathMethods.has(lowered.name) && next(lowered.object));
        return isPath && lowered.arguments.every(({ value }) => next(value));
      }
      default:
        return false;
    }
  }

  /** What a name is bound to, where that is one value; of blocks that open files under one name the last one. */
  #valueOf(name: string, node: Node): Node | null {
    const bindings = this.#program.lookUp(name, this.#program.scopeAt(node))?.bindings ?? [];
    const areOpened = bindings.every((binding) => binding.kind === "value" && binding.isOpened === true);
    const before = areOpened
      ? bindings.filter((each) => each.kind === "value" && each.node.startIndex < node.startIndex).slice(-1)
      : bindings;
    const [binding, ...others] = before;
    return binding?.kind === "value" && others.length === 0 && binding.node.id !== node.id
      ? binding.node
      : null;
  }

  #isParameter(name: Node): boolean {
    const found = this.#program.lookUp(name.text, this.#program.scopeAt(name));
    return found?.scope.kind === "function" && found.bindings.every(({ kind }) => kind === "other");
  }

  #fullName(call: CallExpression, node: Node): string {
    return this.#program.fullName(this.#program.calleeOf(call), node);
  }
}

/** A value of a file of data. */
export interface DataPlace {
  readonly path: string;
  /** From the root of the file on; none for all of it. */
  readonly keys: readonly string[];
}

/** The file of text that a module is: `import prompt from "./porter.md?raw"`; `null` for any other module. */
export function importedText({ module, name }: ImportBinding): string | null {
  const isWhole = name === null || name === "default";
  return isWhole && textFile.test(module) ? module.replace(/\?raw$/, "").replace(/^@\//, "") : null;
}

const textFile =
  /\.(?:md|mdx|txt|text|prompt|j2|jinja2?|hbs|handlebars|mustache|liquid|tmpl)(?:\?raw)?$|\?raw$/i;

/** What a module that is a file of data gives under the name that imports it; `null` for any other module. */
export function importedData({ module, name }: ImportBinding): DataPlace | null {
  if (!dataFile.test(module)) return null;
  return { path: module, keys: name === null || name === "default" ? [] : [name] };
}

/** `null` for what is no path of a file. */
function cleanPath(written: string | null): string | null {
  const path = written?.replace(/^[./]*\//, "") ?? "";
  return /[^./]\.\w+$|\w\/\w/.test(withParameters(path, () => "x")) || isOpenPath(path) ? path : null;
}

function positional({ arguments: given }: CallExpression): readonly Node[] {
  return given.flatMap(({ name, value }) => (name === null ? [value] : []));
}

/** What `find` says of the node, asked once; while it is asked, `inCircle` is the answer. */
function remembered<T>(known: Map<number, T>, node: Node, inCircle: T, find: () => T): T {
  const said = known.get(node.id);
  if (said !== undefined) return said;
  known.set(node.id, inCircle);
  const found = find();
  known.set(node.id, found);
  return found;
}
