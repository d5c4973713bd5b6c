/** Values of JavaScript that a file with a fixed path holds: `JSON.parse(readFileSync("./config.json"))`. Nothing is read. */
import type { Node } from "web-tree-sitter";
import { dataFile, FixedFiles, inCapitals } from "../files.ts";
import { children } from "../nodes.ts";
import { lookUp, type ModuleNames, unwrapped } from "./module.ts";
import { dottedName } from "./names.ts";

export class Files extends FixedFiles {
  readonly #names: ModuleNames;

  constructor(names: ModuleNames) {
    super();
    this.#names = names;
  }

  protected override isReadNode(given: Node, steps: number): boolean {
    const node = unwrapped(given);
    const next = (inner: Node | null | undefined) => inner != null && this.isRead(inner, steps + 1);
    switch (node.type) {
      case "await_expression":
        return next(children(node)[0]);
      case "member_expression":
      case "subscript_expression":
        return next(node.childForFieldName("object"));
      case "binary_expression": {
        // `JSON.parse(text) ?? {}`
        const isDefault = /^(?:\?\?|\|\|)$/.test(node.childForFieldName("operator")?.text ?? "");
        return (
          isDefault &&
          next(node.childForFieldName("left")) &&
          this.isFixed(node.childForFieldName("right"), steps + 1)
        );
      }
      case "identifier":
      case "shorthand_property_identifier":
        return this.#isReadName(node, steps);
      case "call_expression":
        return this.#isReadByCall(node, steps);
      default:
        return false;
    }
  }

  /** Whether it reads a file whose path the function around it is given. */
  readsGiven(node: Node): boolean {
    const called = node.type === "call_expression" ? node.childForFieldName("function") : null;
    const [path] = argumentsOf(node);
    if (called === null || path === undefined || !readers.test(dottedName(called))) return false;
    const names = path.type === "identifier" ? [path] : path.descendantsOfType("identifier");
    return names.some((name) => name !== null && this.#isParameter(name)) && !this.isFixed(path, 0);
  }

  #isReadName(name: Node, steps: number): boolean {
    const [binding, ...others] = this.#bindingsOf(name);
    if (binding === undefined || others.length > 0) return false;
    if (binding.kind === "import") return dataFile.test(binding.module);
    return (binding.kind === "value" || binding.kind === "member") && this.isRead(binding.node, steps + 1);
  }

  #isReadByCall(node: Node, steps: number): boolean {
    const called = node.childForFieldName("function");
    if (called === null) return false;
    const [first] = argumentsOf(node);
    if (called.type === "import" || called.text === "require") {
      return first?.type === "string" && dataFile.test(first.text.slice(1, -1));
    }
    const name = dottedName(called);
    if (parsers.test(name)) return first !== undefined && this.isRead(first, steps + 1);
    if (readers.test(name)) return this.isFixed(first ?? null, steps + 1);
    const object = called.type === "member_expression" ? called.childForFieldName("object") : null;
    const method = called.childForFieldName("property")?.text ?? "";
    return object !== null && parts.has(method) && this.isRead(object, steps + 1);
  }

  protected override isFixedNode(given: Node, steps: number): boolean {
    const node = unwrapped(given);
    const next = (inner: Node | null) => this.isFixed(inner, steps + 1);
    switch (node.type) {
      case "string":
      case "number":
        return true;
      case "object":
        return children(node).length === 0;
      case "template_string":
        return children(node)
          .filter(({ type }) => type === "template_substitution")
          .every((part) => next(children(part)[0] ?? null));
      case "binary_expression":
        return next(node.childForFieldName("left")) && next(node.childForFieldName("right"));
      case "identifier": {
        if (/^__(?:dirname|filename)$/.test(node.text)) return true;
        const [binding, ...others] = this.#bindingsOf(node);
        if (binding?.kind === "value" && others.length === 0) return next(binding.node);
        return inCapitals.test(node.text) && binding?.kind !== "other";
      }
      case "member_expression":
        return /^(?:import\.meta\.(?:url|dirname|filename|dir|path)|process\.env\.\w+)$/.test(node.text);
      case "call_expression":
      case "new_expression": {
        const made = node.childForFieldName("function") ?? node.childForFieldName("constructor");
        const isPath = made !== null && pathMakers.test(dottedName(made));
        return isPath && argumentsOf(node).every(next);
      }
      default:
        return false;
    }
  }

  #bindingsOf(name: Node) {
    return lookUp(name.text, this.#names.scopeAt(name.startIndex))?.bindings ?? [];
  }

  #isParameter(name: Node): boolean {
    const found = lookUp(name.text, this.#names.scopeAt(name.startIndex));
    return found?.scope.kind === "function" && found.bindings.every(({ kind }) => kind === "other");
  }
}

function argumentsOf(call: Node): readonly Node[] {
  const given = call.childForFieldName("arguments");
  return given?.type === "arguments" ? children(given) : [];
}

const parsers =
  /^(?:JSON5?|YAML|yaml|jsyaml|toml|TOML|Bun\.(?:TOML|YAML))\.(?:parse|load|safeLoad)$|^(?:parseYaml|parseToml|structuredClone)$/;

/** Calls that give the text of the file at their first argument; `Bun.file(path).json()` by its owner. */
const readers =
  /(?:^|\.)(?:readFile|readFileSync|readTextFile|readTextFileSync|readJson|readJsonSync)$|^Bun\.file$/;

/** Methods that give what was read, or the same in other words. */
const parts: ReadonlySet<string> = new Set("toString trim trimEnd trimStart json text".split(" "));

const pathMakers = /^(?:(?:path\.)?(?:join|resolve|dirname|normalize)|(?:url\.)?fileURLToPath|URL|String)$/;
