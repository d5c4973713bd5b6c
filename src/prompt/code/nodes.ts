/** Nodes of syntax trees, whatever the language. */
import type { Node } from "web-tree-sitter";
import type { TextRange } from "../text.ts";

export function rangeOf({ startIndex: start, endIndex: end }: Node): TextRange {
  return { start, end };
}

/** The named children without comments. */
export function children(node: Node): readonly Node[] {
  return node.namedChildren.filter((child): child is Node => child !== null && child.type !== "comment");
}

/** Code on one line, as it can be shown to people. */
export function shortened(code: string): string {
  let line = "";
  for (const [word] of code.matchAll(/\s+|\S{1,80}/g)) {
    line += /^\s/.test(word) ? " " : word;
    if (line.length > 80) return `${line.slice(0, 79)}…`;
  }
  return line;
}
