/** What expressions of JavaScript are called, where people read of them. */
import type { Node } from "web-tree-sitter";
import { children, shortened } from "../nodes.ts";
import { unwrapped } from "./module.ts";

/** Names and calls in a chain; what stands before so many is left out of its name. */
const maxChain = 64;

/** UTF-16 units of an expression that is called as it is written. */
const longestName = 500;

/**
 * `a.b.c` as written, without `?.`; empty for what is no chain of names. Calls within a chain are left out:
 * `client().chat.completions` is `client.chat.completions`.
 */
export function dottedName(node: Node): string {
  const parts: string[] = [];
  let at: Node | null = unwrapped(node);
  for (let steps = 0; at !== null && steps < maxChain; steps++) {
    if (at.type === "member_expression") {
      parts.push(at.childForFieldName("property")?.text ?? "");
      at = at.childForFieldName("object");
    } else if (at.type === "call_expression" || at.type === "await_expression") {
      at = at.childForFieldName("function") ?? children(at)[0] ?? null;
    } else if (at.type === "new_expression") {
      at = at.childForFieldName("constructor");
    } else if (at.type === "subscript_expression") {
      at = at.childForFieldName("object");
    } else if (at.type === "sequence_expression") {
      // `(0, sdk.generateText)(…)`, as compilers write it.
      at = children(at).at(-1) ?? null;
    } else break;
    if (at !== null) at = unwrapped(at);
  }
  if (at !== null && nameTypes.has(at.type)) parts.push(at.text);
  return parts.reverse().join(".");
}

const nameTypes: ReadonlySet<string> = new Set([
  "identifier",
  "this",
  "super",
  "shorthand_property_identifier",
  "meta_property",
]);

/** What a hole is called: the name that stands in the expression first. */
export function nameOf(node: Node): string {
  const inner = unwrapped(node);
  switch (inner.type) {
    case "identifier":
    case "shorthand_property_identifier":
      return inner.text;
    case "member_expression":
    case "subscript_expression": {
      if (inner.endIndex - inner.startIndex > longestName) return nameOfFirst(inner);
      const text = inner.text.replaceAll("?.", ".");
      return /^[\p{L}_$][\p{L}\p{N}_$.[\]'"-]*$/u.test(text) ? text : nameOfFirst(inner);
    }
    case "call_expression":
      return nameOfCall(inner);
    case "new_expression":
      return inner.childForFieldName("constructor")?.text ?? nameOfFirst(inner);
    default:
      return nameOfFirst(inner);
  }
}

function nameOfCall(node: Node): string {
  const called = node.childForFieldName("function");
  const given = node.childForFieldName("arguments");
  const name = called === null ? "" : dottedName(called);
  const [first] = given?.type === "arguments" ? children(given) : [];
  if (wrapping.has(name) && first !== undefined) return nameOf(first);
  // `items.map(…).join("\n")` writes the items.
  const object = called?.type === "member_expression" ? called.childForFieldName("object") : null;
  const method = called?.childForFieldName("property")?.text ?? "";
  if (object !== null && writing.has(method)) return nameOf(object);
  return name === "" ? nameOfFirst(node) : name;
}

/** Functions that only change how a value is written. */
const wrapping: ReadonlySet<string> = new Set([
  "String",
  "Number",
  "JSON.stringify",
  "Object.keys",
  "Object.values",
  "Object.entries",
  "Array.from",
  "encodeURIComponent",
  "escape",
]);

/** Methods that write the value that they are called on, or a part of it. */
export const writing: ReadonlySet<string> = new Set(
  (
    "toString toISOString toLocaleString toLocaleDateString toLocaleTimeString toDateString toTimeString toUTCString toJSON " +
    "toFixed trim trimStart trimEnd toLowerCase toUpperCase replace replaceAll split slice substring substr join map filter " +
    "flat flatMap sort toSorted reverse toReversed concat padStart padEnd normalize format toFormat at get values keys entries"
  ).split(" "),
);

function nameOfFirst(node: Node): string {
  const [first] = node.descendantsOfType(["identifier", "shorthand_property_identifier"]);
  return first?.text ?? shortened(node.text);
}
