/**
 * Prompts as elements: @vscode/prompt-tsx 0.4 and priompt 0.1. Elements for messages are messages, by their names; what another
 * component says only a run knows: it is one value. Only modules that import one of these packages are read so: other elements
 * are what a screen shows.
 */
import type { Node } from "web-tree-sitter";
import { EmbeddedTextBuilder } from "../../embedded.ts";
import type { TextRange } from "../../text.ts";
import type { Expression, TextPart } from "../expression.ts";
import { roleOfMaker } from "../message-names.ts";
import { children, field, rangeOf } from "../nodes.ts";
import { literal, type Piece } from "../pieces.ts";

const packages = /from\s{0,4}["'](?:@vscode\/prompt-tsx|@anysphere\/priompt)["'/]/;

/** Whether the elements of a module are prompts. */
export function hasPromptElements(source: string): boolean {
  return (source.includes("prompt-tsx") || source.includes("priompt")) && packages.test(source);
}

/** Elements that only keep what is in them together. */
const groups =
  /^(?:|TextChunk|PrioritizedList|LegacyPrioritization|Chunk|Expandable|TokenLimit|scope|first|isolate)$/;

/** `null` for what is no element. */
export function lowerElement(node: Node, source: string): Expression | null {
  switch (node.type) {
    case "jsx_opening_element":
      // It stands for what is in the element, which has no node of its own.
      return node.parent === null
        ? null
        : { kind: "text", parts: partsOf(node.parent, source), isFilled: true };
    case "jsx_expression": {
      const [inner] = children(node);
      return inner === undefined ? null : { kind: "same", value: inner };
    }
    case "jsx_self_closing_element":
      return nameOf(node) === "br"
        ? { kind: "text", parts: [lineBreak(node, source)], isFilled: true }
        : component(nameOf(node));
    case "jsx_element": {
      const opening = openingOf(node);
      if (opening === null) return null;
      const name = nameOf(opening);
      if (roleOfMaker(withMessage(name)) !== null) {
        const content = { name: null, value: opening };
        return { kind: "call", object: null, name: withMessage(name), arguments: [content], isMade: false };
      }
      if (!groups.test(name)) return component(name);
      const items = contentOf(node).filter((item) => item.type !== "jsx_text" || item.text.trim() !== "");
      const isOfMessages = items.some(
        (item) => item.text.includes("Message") || /<(?:System|User|Assistant)\b/i.test(item.text),
      );
      return isOfMessages
        ? { kind: "list", items, isUnordered: false }
        : { kind: "text", parts: partsOf(node, source), isFilled: true };
    }
    default:
      return null;
  }
}

/** What a component says that is written elsewhere. */
function component(name: string): Expression {
  return { kind: "call", object: null, name, arguments: [], isMade: false };
}

/** priompt's `<System>` is prompt-tsx's `<SystemMessage>`. */
function withMessage(name: string): string {
  return /^(?:System|User|Assistant|Human)$/.test(name) ? `${name}Message` : name;
}

function openingOf(node: Node): Node | null {
  return node.namedChildren.find((child) => child?.type === "jsx_opening_element") ?? null;
}

function nameOf(node: Node): string {
  return field(node, "name")?.text ?? "";
}

function contentOf(element: Node): readonly Node[] {
  return element.namedChildren.filter(
    (child) => child !== null && !/^jsx_(?:opening|closing)_element$/.test(child.type),
  ) as Node[];
}

function partsOf(element: Node, source: string): readonly TextPart[] {
  return contentOf(element).flatMap((child): readonly TextPart[] => {
    if (child.type === "jsx_text") return [{ kind: "said", pieces: textOf(source, rangeOf(child)) }];
    if (child.type === "jsx_self_closing_element" && nameOf(child) === "br")
      return [lineBreak(child, source)];
    const value = child.type === "jsx_expression" ? children(child)[0] : child;
    // A comment says nothing.
    if (value === undefined || value.type === "comment") return [];
    return [{ kind: "value", node: value, range: rangeOf(child), format: null }];
  });
}

function lineBreak(node: Node, source: string): TextPart {
  const text = new EmbeddedTextBuilder(source);
  const range = rangeOf(node);
  text.unit("\n", range.start, range.end);
  return { kind: "said", pieces: literal(text.build(range)) };
}

/** As compilers of JSX read it: blanks at the ends of lines go, lines are joined by one blank. https://react.dev/learn/writing-markup-with-jsx */
function textOf(source: string, range: TextRange): readonly Piece[] {
  const lines = [...source.slice(range.start, range.end).matchAll(/[^\n]*(?:\n|$)/g)].filter(
    ([line]) => line !== "",
  );
  const text = new EmbeddedTextBuilder(source);
  let before: number | null = null;
  lines.forEach(({ 0: line, index }, at) => {
    const bare = line.replace(/\r?\n$/, "");
    const [first, last] = [at === 0, at === lines.length - 1];
    const start = first ? 0 : bare.length - bare.trimStart().length;
    const end = last ? bare.length : bare.trimEnd().length;
    if (end <= start) return;
    const from = range.start + index + start;
    if (before !== null) text.unit(" ", before, from);
    before = range.start + index + end;
    text.slice(from, before);
  });
  return before === null ? [] : literal(text.build(range));
}
