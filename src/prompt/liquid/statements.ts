/** Statements of Liquid as those of Jinja2 that render the same. */

import type { Dialect, Node, Statement } from "../jinja/parser.ts";
import { words } from "../names.ts";
import type { TextRange } from "../text.ts";
import { liquidLexemesOf } from "./lexemes.ts";

export const liquidDialect: Dialect = {
  name: "Liquid",
  blocks: words("if unless case for tablerow capture block"),
  single: words("assign include render cycle echo increment decrement break continue layout comment"),
  branches: { else: words("if unless case when for"), elsif: words("if unless"), when: words("case when") },
};

export function jinjaStatements(source: string, nodes: readonly Node[]): readonly Node[] {
  return nodes.map((node) => {
    if (node.kind !== "statement") return node;
    const same = jinjaStatement(source, node);
    if (same.kind !== "statement") return same;
    const body = jinjaStatements(source, same.body);
    return { ...same, body, otherwise: jinjaStatements(source, same.otherwise) };
  });
}

/** The statement itself; what it holds stays as it is. */
function jinjaStatement(source: string, node: Statement): Node {
  switch (node.keyword) {
    case "unless":
      return { ...node, keyword: "if", body: node.otherwise, otherwise: node.body };
    case "case":
      return caseChain(node);
    case "when":
      // Of a `case` that is still being typed.
      return { ...node, keyword: "if" };
    case "assign":
    case "capture":
      return { ...node, keyword: "set" };
    case "layout":
      return { ...node, keyword: "extends", head: targetOf(source, node.head) };
    case "include":
    case "render":
      return { ...node, keyword: "include", head: targetOf(source, node.head) };
    case "for":
    case "tablerow":
      return { ...node, keyword: "for", head: listOf(source, node.head) };
    case "cycle":
    case "echo":
    case "increment":
    case "decrement":
      return { kind: "output", range: node.range, inside: node.head };
    default:
      return node;
  }
}

/** Every `when` is a condition on the value of the `case`; what stands before the first one renders nothing. */
function caseChain(node: Statement): Node {
  const [first, ...rest] = node.otherwise;
  if (first?.kind !== "statement" || first.keyword !== "when") {
    return { ...node, keyword: "if", body: [], otherwise: node.otherwise };
  }
  const otherwise = [...caseChainTail(first, node.head), ...rest];
  return { ...node, keyword: "if", body: first.body, otherwise };
}

function caseChainTail(when: Statement, head: TextRange): readonly Node[] {
  const [next, ...rest] = when.otherwise;
  if (next?.kind !== "statement" || next.keyword !== "when") return when.otherwise;
  return [{ ...next, keyword: "if", head, otherwise: caseChainTail(next, head) }, ...rest];
}

/** `"name" with value as other, key: value`: the name. */
function targetOf(source: string, head: TextRange): TextRange {
  return upTo(source, head, (text, index) => text === "," || (index > 0 && /^(?:with|for|as)$/.test(text)));
}

/** `item in list limit: 3 offset: 2 reversed`: without what picks items of the list. */
function listOf(source: string, head: TextRange): TextRange {
  return upTo(source, head, (text, index) => index > 2 && /^(?:limit|offset|reversed|cols)$/.test(text));
}

/** The part of `head` before the first lexeme that ends it. */
function upTo(source: string, head: TextRange, ends: (text: string, index: number) => boolean): TextRange {
  const lexemes = liquidLexemesOf(source, head);
  const end = lexemes.findIndex(({ kind, text }, index) => kind !== "string" && ends(text, index));
  if (end < 0) return head;
  const last = lexemes[end - 1];
  return { start: head.start, end: last?.range.end ?? head.start };
}
