/** What expressions of Python are called. */
import type { Node } from "web-tree-sitter";
import { children, shortened } from "../nodes.ts";

/** Names in a chain; what stands before so many is left out of its name. */
const maxChain = 64;

/** UTF-16 units of an expression that is called as it is written. */
const longestName = 500;

/** `a.b.c` as written; empty for what is no chain of names. Calls within a chain are left out: `datetime.now().strftime`. */
export function dottedName(node: Node): string {
  const parts: string[] = [];
  let at: Node | null = node;
  while (at?.type === "attribute" && parts.length < maxChain) {
    parts.push(at.childForFieldName("attribute")?.text ?? "");
    const object: Node | null = at.childForFieldName("object");
    at = object?.type === "call" ? object.childForFieldName("function") : object;
  }
  if (at?.type === "identifier") parts.push(at.text);
  return parts.reverse().join(".");
}

/** What a hole is called: the name that stands in the expression first. */
export function nameOf(node: Node, depth = 0): string {
  switch (node.type) {
    case "identifier":
      return node.text;
    case "attribute":
    case "subscript":
      if (node.endIndex - node.startIndex > longestName) return nameOfFirst(node);
      return /^[\p{L}_][\p{L}\p{N}_.[\]'"-]*$/u.test(node.text) ? node.text : nameOfFirst(node);
    case "call": {
      const called = node.childForFieldName("function");
      const object = called?.childForFieldName("object");
      const isOnText = object?.type === "string" || object?.type === "concatenated_string";
      const args = node.childForFieldName("arguments");
      const name = called === null || isOnText ? "" : dottedName(called);
      // `(given or {}).get("name")` and `str(flag).lower()` write what they are called on.
      const isMade = object?.type === "parenthesized_expression" || isWrapped(object ?? null);
      if (isMade && object && depth < maxWrappers) return nameOf(object, depth + 1);
      if (wrappers.has(name) || isOnText) {
        const [first] = args === null ? [] : children(args);
        if (first !== undefined && depth < maxWrappers) return nameOf(first, depth + 1);
      }
      return name === "" ? nameOfFirst(node) : name;
    }
    default:
      return nameOfFirst(node);
  }
}

const maxWrappers = 16;

function isWrapped(object: Node | null): boolean {
  const called = object?.type === "call" ? object.childForFieldName("function") : null;
  return called?.type === "identifier" && wrappers.has(called.text);
}

/** Functions that only change how a value is written. */
const wrappers = new Set([
  "str",
  "repr",
  "len",
  "sorted",
  "list",
  "tuple",
  "json.dumps",
  "dumps",
  "int",
  "float",
  "enumerate",
  "reversed",
  "zip",
]);

function nameOfFirst(node: Node): string {
  const first = node.type === "identifier" ? node : node.descendantsOfType("identifier")[0];
  return first?.text ?? shortened(node.text);
}
