/**
 * Bodies of requests that a node of n8n sends by itself: JSON in which `{{ … }}` may stand anywhere, in a text of it and in
 * the place of a value. While the JSON is read, what would disturb it in an expression is written as something else.
 */
import { n8nExpressions } from "../builder-places.ts";
import type { EmbeddedText } from "../embedded.ts";
import { inOrder } from "../segments.ts";
import { readJsonData } from "./json.ts";
import { type DataNode, type MapNode, mapAt, nodeWithin, stringAt, type TextNode, textAt } from "./nodes.ts";
import type { FoundPrompt } from "./prompt-builder.ts";
import { requestPrompt } from "./requests.ts";

/** What a node for requests sends to a model; `null` for one that sends something else. */
export function bodyPrompt(path: string, keyPath: string, node: MapNode): FoundPrompt | null {
  if (!sendsBodies.test(stringAt(node, "type") ?? "")) return null;
  const parameters = mapAt(node, "parameters");
  for (const key of ["jsonBody", "body"]) {
    const text = textAt(parameters, key);
    const body = text === null ? null : bodyIn(text);
    const engine = text?.value.startsWith("=") === true ? "n8n-expression" : "plain";
    const found =
      body === null ? null : requestPrompt(path, `${keyPath}.parameters.${key}`, body, false, engine);
    const says = found !== null && [...inOrder(found.prompt.segments)].some(({ kind }) => kind === "text");
    if (says) return { ...found, name: stringAt(node, "name") };
  }
  return null;
}

const sendsBodies = /\.httpRequest(?:Tool)?$/;

/** Signs that nobody writes, for those of an expression: quotes, what escapes them, the ends of lines, its braces. */
const masks: ReadonlyMap<string, string> = new Map([
  ['"', "\ue000"],
  ["\\", "\ue001"],
  ["\n", "\ue002"],
  ["\r", "\ue003"],
  ["\t", "\ue004"],
]);
const [opening, closing] = ["\ue005", "\ue006"];
const masked: ReadonlyMap<string, string> = new Map([
  ...[...masks].map(([sign, mask]) => [mask, sign] as const),
  [opening, "{{"],
  [closing, "}}"],
]);

function bodyIn(node: TextNode): MapNode | null {
  const embedded = node.embedded();
  const { text } = embedded;
  const isExpression = text.startsWith("=");
  const json = isExpression ? withoutExpressions(` ${text.slice(1)}`) : text;
  const { value, problems } = readJsonData(json);
  if (value?.kind !== "map" || problems.length > 0) return null;
  const moved = nodeWithin(value, embedded);
  const body = isExpression ? unmasked(moved) : moved;
  return body.kind === "map" ? body : null;
}

/** The text with its expressions masked, unit by unit. One in the place of a value becomes a text. */
function withoutExpressions(text: string): string {
  const parts: string[] = [];
  let at = 0;
  let isInText = false;
  for (const { start, end } of n8nExpressions(text, { start: 0, end: text.length })) {
    const before = text.slice(at, start);
    isInText = endsInText(before, isInText);
    const inside = [...text.slice(start + 2, end - 2)].map((sign) => masks.get(sign) ?? sign).join("");
    const [open, close] = isInText ? ["{{", "}}"] : [`"${opening}`, `${closing}"`];
    parts.push(before, open, inside, close);
    at = end;
  }
  parts.push(text.slice(at));
  return parts.join("");
}

/** Whether the end of a part of JSON lies in a text. */
function endsInText(part: string, startsInText: boolean): boolean {
  let isInText = startsInText;
  for (let at = 0; at < part.length; at++) {
    if (part[at] === "\\") at++;
    else if (part[at] === '"') isInText = !isInText;
  }
  return isInText;
}

function unmasked(node: DataNode): DataNode {
  switch (node.kind) {
    case "text":
      return {
        ...node,
        value: node.value.replace(/[\ue000-\ue006]/g, (mask) => masked.get(mask) ?? mask),
        embedded: () => unmaskedText(node.embedded()),
      };
    case "list":
      return { ...node, items: node.items.map(unmasked) };
    case "map":
      return {
        ...node,
        entries: node.entries.map((entry) => ({ ...entry, value: unmasked(entry.value) })),
      };
    default:
      return node;
  }
}

function unmaskedText(embedded: EmbeddedText): EmbeddedText {
  const units: string[] = [];
  const [starts, ends]: [number[], number[]] = [[], []];
  for (let at = 0; at < embedded.text.length; at++) {
    for (const unit of (masked.get(embedded.text[at]!) ?? embedded.text[at]!).split("")) {
      units.push(unit);
      starts.push(embedded.starts[at]!);
      ends.push(embedded.ends[at]!);
    }
  }
  return { ...embedded, text: units.join(""), starts: Int32Array.from(starts), ends: Int32Array.from(ends) };
}
