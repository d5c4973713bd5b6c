/** Which names inside a loop speak of the loop's item, and which part of an item they mean. */
import { splitWords } from "../prompt/names.ts";

const loopCounters = /^(?:loop\.|@)(?<counter>index0?|first|last|length|key)$/;

/** The part of a loop that names its items. */
export interface ItemSource {
  /** Name of the list. */
  readonly name: string;
  /** The loop variable as the template names it, `k, v` for two of them; `null` where the format names none. */
  readonly item: string | null;
}

/**
 * Where the format names no loop variable (Handlebars, Mustache), a field is called `list[].field`;
 * a bare name is a field too, unless the same name is also used outside of loops.
 */
export function isItemName(name: string, loop: ItemSource, outside: ReadonlySet<string>): boolean {
  if (loop.item !== null) return itemNames(loop.item).some((root) => isPartOf(name, root));
  if (name.includes("[]")) return isPartOf(name, `${loop.name}[]`);
  return (
    /^(?:this\b|\.)/.test(name) || !(name.startsWith("@root") || name.startsWith("..") || outside.has(name))
  );
}

/** The part of the name behind the item's own: `inputs.question`; empty for the item itself. */
export function itemField(name: string, loop: ItemSource): string {
  const roots = loop.item === null ? [`${loop.name}[]`, "this"] : itemNames(loop.item);
  const root = roots.find((candidate) => isPartOf(name, candidate)) ?? "";
  return name.slice(root.length).replace(/^[.[]+|[\]'"]+$/g, "");
}

function isPartOf(name: string, owner: string): boolean {
  return name === owner || name.startsWith(`${owner}.`) || name.startsWith(`${owner}[`);
}

/** `loop.index`, `@first` and their kind: decided by the position alone; `null` for all other names. */
export function loopCounter(name: string, index: number, count: number): string | null {
  switch (loopCounters.exec(name)?.groups?.["counter"]) {
    case "index":
      return String(name.startsWith("@") ? index : index + 1);
    case "index0":
    case "key":
      return String(index);
    case "first":
      return index === 0 ? "true" : "";
    case "last":
      return index === count - 1 ? "true" : "";
    case "length":
      return String(count);
    default:
      return null;
  }
}

/** What a field of a past turn or message holds. */
export type HistoryField = "role" | "question" | "answer" | "content";

const answerWords = [
  "answer",
  "output",
  "outputs",
  "assistant",
  "bot",
  "ai",
  "response",
  "reply",
  "completion",
];
const questionWords = ["question", "input", "inputs", "user", "human", "query", "ask"];
const roleWords = ["role", "type", "speaker", "author", "sender", "from"];

export function historyField(field: string): HistoryField {
  const parts = splitWords(field);
  if (parts.some((word) => answerWords.includes(word))) return "answer";
  if (parts.some((word) => questionWords.includes(word))) return "question";
  return parts.some((word) => roleWords.includes(word)) ? "role" : "content";
}

function itemNames(item: string): readonly string[] {
  return item
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
