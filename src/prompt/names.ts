/** Reading names: identifiers, file names and paths, as words. */

/**
 * Words of an identifier or file name, lower case: `customerName`, `customer_name` and `customer.name` all give
 * `customer`, `name`. Whole words are compared, never parts of them: "update" does not speak of a date.
 */
export function splitWords(name: string): readonly string[] {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u);
  return words.filter((word) => word !== "");
}

/** `orders[0].lines[1]` without `[0]` and `[1]`. */
export function withoutIndexes(name: string): string {
  let rest = "";
  let at = 0;
  for (let open = name.indexOf("["); open >= 0; open = name.indexOf("[", at)) {
    const close = name.indexOf("]", open);
    if (close < 0) break;
    rest += name.slice(at, open);
    at = close + 1;
  }
  return rest + name.slice(at);
}

/** `messages[0]` without `[0]`. */
export function withoutLastIndex(name: string): string {
  if (!name.endsWith("]")) return name;
  const open = name.indexOf("[", name.lastIndexOf("]", name.length - 2) + 1);
  return open < 0 ? name : name.slice(0, open);
}

/** Nobody's objects lie deeper: of a longer path only so many parts are looked up. */
const maxParts = 100;

/** A path that can be looked up part by part: what lies deeper than any object counts as its owner. */
export function withoutDeepParts(path: string): string {
  if (path.length <= maxParts) return path;
  let parts = 1;
  for (const { index } of path.matchAll(/[.[]/g)) {
    if (index > 0 && ++parts > maxParts) return path.slice(0, index);
  }
  return path;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Folder of a path without the final `/`; empty for a file at the workspace root. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** Names of the folders that a path goes through, outermost first. */
export function folders(path: string): readonly string[] {
  return path.split("/").slice(0, -1);
}

/** The part of a file name before its first dot that is not the leading one. */
export function stemOf(path: string): string {
  const name = baseName(path);
  const dot = name.indexOf(".", 1);
  return dot < 0 ? name : name.slice(0, dot);
}

/** Files for people, whatever else their name says: `README.zh.md`, `LICENSE-MIT.txt`. */
const documentationWords = new Set([
  "readme",
  "license",
  "licence",
  "changelog",
  "contributing",
  "contributors",
  "codeowners",
]);

/** Files for people when they are called just so, in capitals: a `security.md` among skills is a skill. */
const documentationInCapitals = new Set(["AUTHORS", "CHANGES", "COPYING", "NOTICE", "SECURITY", "TODO"]);

/** Files for people in lower case too. */
const documentationStems = new Set(["authors", "copying", "index"]);

/** Files for tools: `requirements-dev.txt`. */
const toolFiles = /^(?:requirements|cmakelists|robots)\b.*\.txt$/i;

/** Files that stand in any folder and are written for people or tools: never prompts. */
export function isDocumentation(path: string): boolean {
  const stem = stemOf(path);
  const words = splitWords(stem);
  return (
    (words[0] !== undefined && documentationWords.has(words[0])) ||
    documentationInCapitals.has(stem) ||
    documentationStems.has(stem.toLowerCase()) ||
    words.join(" ").startsWith("code of conduct") ||
    toolFiles.test(baseName(path))
  );
}

/** Pages of a manual, which show prompts and are none: in `docs`, `website` or `prompt-engineering-docs`. */
export function isInManual(path: string): boolean {
  return /\.mdx?$/i.test(path) && folders(path).some((folder) => manualFolder.test(folder));
}

const manualFolder = /^(?:(?:.*[-_])?docs?|documentation|website)$/i;

const promptFolder =
  /(?:^| )(?:pre)?prompts?(?: (?:templates?|library|files|samples?|partials|fragments|components))*$/;

/** A folder whose own name says that it holds prompts: `prompts`, `prompt_templates`, `system-prompts`. */
export function isInPromptFolder(path: string): boolean {
  return folders(path).some((folder) => promptFolder.test(splitWords(folder).join(" ")));
}

/** Folders that say whose what they hold is, where that alone is not enough. */
export const ofAgents: ReadonlySet<string> = new Set([
  "agent",
  "agents",
  "assistant",
  "assistants",
  "llm",
  "chat",
  "ai",
]);

const partialFolders = new Set(["partials", "_partials", "fragments", "snippets", "includes", "macros"]);

/** What the place of a file says about its use; the includes of a workspace can say more. */
export function usageOfPath(path: string): "request" | "instructions" | "partial" {
  if (baseName(path).startsWith("_")) return "partial";
  if (folders(path).some((folder) => partialFolders.has(folder.toLowerCase()))) return "partial";
  const words = splitWords(stemOf(path));
  return words.includes("system") || words.includes("instructions") ? "instructions" : "request";
}

/** Names between blanks, as tables list them. */
export function words(list: string): ReadonlySet<string> {
  return new Set(list.split(" "));
}

/** `MaxTokens` as `maxTokens`. */
export function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
