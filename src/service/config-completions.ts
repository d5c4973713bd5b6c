/** What an editor offers where somebody types in promptcache.json; keys and words of the schema are its own. */
import { createScanner, findNodeAtLocation, getLocation, getNodeValue, type Node } from "jsonc-parser";
import { slotAt } from "../config/config-places.ts";
import { configTree } from "../config/config-tree.ts";
import type { CompletionShown, Completions } from "../protocol/editor.ts";
import { type ConfigSources, configWords } from "./config-words.ts";

/** `text` is that of the moment, of which nothing has been analysed. */
export function configCompletions(text: string, offset: number, known: ConfigSources): Completions | null {
  const root = configTree(text);
  if (root === undefined) return null;
  const { path, isAtPropertyKey: isKey, previousNode: before } = getLocation(text, offset);
  const slot = slotAt({ path, isKey });
  if (slot === null) return null;
  const isInWord = before !== undefined && before.offset < offset && offset <= before.offset + before.length;
  const range = isInWord
    ? { start: before.offset, end: before.offset + before.length }
    : { start: offset, end: offset };
  const said = isKey ? siblings(root, path, offset) : new Set<string>();
  const next = nextBehind(text, range.end);
  const comma = next === '"' ? "," : "";
  const items = configWords(slot, path, known)
    .filter(({ word }) => !said.has(word))
    .map(({ word, detail, documentation, value, placeholder }): CompletionShown => {
      const written = JSON.stringify(word);
      const isWhole = isKey && next !== ":" && value !== undefined;
      return {
        label: word,
        detail,
        ...(documentation !== undefined && { documentation }),
        newText: isWhole ? `${written}: ${value}${comma}` : `${written}${isKey ? "" : comma}`,
        ...(isWhole && placeholder !== undefined && { placeholder }),
      };
    });
  return { range, items };
}

/** Keys that the object has already, but for the one that is typed. */
function siblings(root: Node, path: readonly (string | number)[], offset: number): ReadonlySet<string> {
  const parent = findNodeAtLocation(root, path.slice(0, -1));
  const keys = (parent?.children ?? []).flatMap((property) => property.children?.slice(0, 1) ?? []);
  const others = keys.filter((key) => offset < key.offset || key.offset + key.length < offset);
  return new Set(others.map((key) => String(getNodeValue(key))));
}

/** The first character behind blanks and comments; empty at the end. */
function nextBehind(text: string, offset: number): string {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  return text.charAt(scanner.getTokenOffset());
}
