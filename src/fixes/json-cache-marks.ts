/** Writes `cache_control` marks into a request that stands in a JSON file: what a quick fix does for breakpoints. */
import {
  applyEdits,
  findNodeAtOffset,
  getNodePath,
  type JSONPath,
  modify,
  type Node,
  type ParseError,
  parseTree,
} from "jsonc-parser";
import type { TextRange } from "../prompt/text.ts";
import { indentOf } from "./indent.ts";

const mark = { type: "ephemeral" };

/** The text with a mark behind what stands at each place; `null` where there is nowhere to write one, or it is marked already. */
export function withCacheControl(text: string, places: readonly TextRange[]): string | null {
  if (text.includes('"cache_control"')) return null;
  let marked = text;
  // From the last place to the first: what is written moves only what follows.
  for (const { start } of [...places].sort((a, b) => b.start - a.start)) {
    const edited = withMarkAt(marked, start);
    if (edited === null) return null;
    marked = edited;
  }
  return marked === text ? null : marked;
}

function withMarkAt(text: string, offset: number): string | null {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (errors.length > 0) return null;
  const found = root === undefined ? undefined : findNodeAtOffset(root, offset, true);
  const target = found === undefined ? null : targetOf(found);
  if (target === null) return null;
  const formattingOptions = { insertSpaces: !/^\t/m.test(text), tabSize: indentOf(text) };
  return applyEdits(text, modify(text, target.path, target.value, { formattingOptions }));
}

/** Where the mark goes: into a part of a content, a tool, or a part made of a plain text. */
function targetOf(node: Node): { readonly path: JSONPath; readonly value: unknown } | null {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
    const path = getNodePath(at);
    const [key, above] = [path.at(-1), path.at(-2)];
    const isListed =
      typeof key === "number" && (above === "content" || above === "system" || above === "tools");
    if (at.type === "object" && isListed) return { path: [...path, "cache_control"], value: mark };
    const isPlainText = at.type === "string" && (key === "content" || key === "system");
    if (isPlainText && at.parent?.type === "property" && at.parent.children?.[1] === at) {
      return { path, value: [{ type: "text", text: at.value, cache_control: mark }] };
    }
  }
  return null;
}
