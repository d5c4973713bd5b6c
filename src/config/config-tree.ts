/** promptcache.json as a tree with places, for whoever asks about one of them. */
import { findNodeAtLocation, type Node, parseTree } from "jsonc-parser";
import { tooDeepInJson } from "../prompt/nesting.ts";
import type { TextRange } from "../prompt/text.ts";
import { rangeOf } from "./rules.ts";
import { type SettingKey, settingsTable } from "./settings.ts";

/** As far as it can be read; `undefined` where nothing can, or it is nested too deeply. */
export function configTree(text: string): Node | undefined {
  return tooDeepInJson(text) === null ? parseTree(text, [], { allowTrailingComma: true }) : undefined;
}

/** Of the value of a setting; the beginning of the file where there is none. */
export function settingRange(text: string, key: SettingKey): TextRange {
  const root = configTree(text);
  const path = settingsTable[key].inFile === "workload" ? ["workload", key] : [key];
  const node = root === undefined ? undefined : findNodeAtLocation(root, path);
  return node === undefined ? { start: 0, end: 0 } : rangeOf(node);
}
