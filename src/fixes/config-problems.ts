/** What was probably meant where promptcache.json says what there is not. */
import { findNodeAtOffset, getNodePath, type JSONPath, type Node } from "jsonc-parser";
import { type ConfigPlace, type ConfigSlot, fixedWords, slotAt } from "../config/config-places.ts";
import { configTree } from "../config/config-tree.ts";
import { rangeOf } from "../config/rules.ts";
import { editDistance, nearWords } from "../core/near-words.ts";
import type { TextEdit } from "../prompt/move.ts";
import type { Problem, TextRange } from "../prompt/text.ts";
import { t } from "../words/l10n.ts";
import type { ConfigFile } from "./config-edit.ts";
import type { OfferedFix } from "./fix.ts";

export type WordsOf = (slot: ConfigSlot, path: JSONPath) => readonly string[];

/** Where no more can stand, all are offered. */
const mostOffered = 6;

/** The nearest right words first, and then to do without. */
export function problemFixes(
  { range }: Pick<Problem, "range">,
  { path: file, text }: ConfigFile,
  wordsOf: WordsOf,
): readonly OfferedFix[] {
  const root = text === null ? undefined : configTree(text);
  const node = root === undefined ? undefined : findNodeAtOffset(root, range.start);
  if (text === null || node === undefined || node.offset + node.length !== range.end) return [];
  const isKey = node.parent?.type === "property" && node.parent.children?.[0] === node;
  const path = getNodePath(node);
  const correct = (title: string, edit: Pick<TextEdit, "range" | "newText">) =>
    ({ kind: "correct", title, edits: [{ path: file, ...edit }], effect: null }) as const;
  const near = nearest(node, { path, isKey }, wordsOf).map((word) =>
    correct(t('Replace "{value}" by "{word}"', { value: String(node.value), word }), {
      range: rangeOf(node),
      newText: JSON.stringify(word),
    }),
  );
  const entry = entryOf(node, { path, isKey });
  return entry === null ? near : [...near, correct(t("Remove this entry"), removal(text, rangeOf(entry)))];
}

function nearest(node: Node, place: ConfigPlace, wordsOf: WordsOf): readonly string[] {
  const written: unknown = node.value;
  if (typeof written !== "string") return [];
  const slot = slotAt(place);
  const words = slot === null ? fixedWords(place) : wordsOf(slot, place.path);
  const others = words.filter((word) => word !== written);
  // Who leaves out the folder, or the owner of a model, means the name behind it.
  const keyOf = (word: string) => (written.includes("/") ? word : word.slice(word.lastIndexOf("/") + 1));
  const near = nearWords(written, others, keyOf);
  const areFew = slot === null && !place.isKey && words.length <= mostOffered;
  return near.length === 0 && areFew ? nearestFirst(written, words) : near;
}

function nearestFirst(written: string, words: readonly string[]): readonly string[] {
  const distance = new Map(words.map((word) => [word, editDistance(written, word)]));
  return words.toSorted((a, b) => distance.get(a)! - distance.get(b)!);
}

/** What would have no effect: an entry with its key, or a whole one of a list. */
function entryOf(node: Node, { path, isKey }: ConfigPlace): Node | null {
  if (isKey) return node.parent ?? null;
  if (typeof path.at(-1) === "number") return node;
  // What would be left of it ignores more.
  return path[0] === "ignore" && path.length === 3 ? (node.parent?.parent ?? null) : null;
}

/** With the comma that it no longer needs. */
function removal(text: string, { start, end }: TextRange): Pick<TextEdit, "range" | "newText"> {
  const behind = /^\s*,[ \t]*(?:\r?\n[ \t]*)?/.exec(text.slice(end));
  if (behind !== null) return { range: { start, end: end + behind[0].length }, newText: "" };
  const before = text.slice(0, start).trimEnd();
  return { range: { start: before.endsWith(",") ? before.length - 1 : start, end }, newText: "" };
}
