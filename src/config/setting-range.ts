/** Where promptcache.json says a setting. */
import { findNodeAtLocation, parseTree } from "jsonc-parser";
import type { TextRange } from "../prompt/text.ts";
import { rangeOf } from "./rules.ts";
import { type SettingKey, settingsTable } from "./settings.ts";

/** Of the value; of the beginning of the file where there is none. */
export function settingRange(text: string, key: SettingKey): TextRange {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const path = settingsTable[key].inFile === "workload" ? ["workload", key] : [key];
  const node = root === undefined ? undefined : findNodeAtLocation(root, path);
  return node === undefined ? { start: 0, end: 0 } : rangeOf(node);
}
