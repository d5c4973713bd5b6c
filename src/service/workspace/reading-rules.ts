/** Which files of a folder are read: one set of rules for every host. */

import type { PathTest } from "../../config/glob-matcher.ts";
import { globTest, passes } from "../../config/globs.ts";
import { defaultsOf } from "../../config/settings.ts";
import type { ReadingRules } from "../../protocol/worker.ts";
import { isBuiltFolder } from "./recordings.ts";

export const defaultRules: ReadingRules = {
  ...defaultsOf("reading"),
  hidden: [],
};

/** Enough for any repository; a folder such as `/` must end as well. */
export const maxFolders = 50_000;

/** Never the user's own prompts, and large: the store of a version system, or what a package manager brought. */
const neverEntered = new Set([
  ".git",
  ".hg",
  ".svn",
  "CVS",
  "node_modules",
  "bower_components",
  ".venv",
  "__pycache__",
]);

/** Whether a file or a folder, or a folder above it, is passed over. */
export function exclusion({ hidden, recordings }: ReadingRules): PathTest {
  const isHidden = globTest(hidden);
  const isNever = (name: string) => neverEntered.has(name) || (recordings === "skip" && isBuiltFolder(name));
  return (path) => path.split("/").some(isNever) || isHidden(path);
}

/** Whether the user's patterns let a file count. */
export function selection(rules: ReadingRules): PathTest {
  return passes([rules]);
}
