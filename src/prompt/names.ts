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

const promptFolder =
  /(?:^| )prompts?(?: (?:templates?|library|files|samples?|partials|fragments|components))*$/;

/** A folder whose own name says that it holds prompts: `prompts`, `prompt_templates`, `system-prompts`. */
export function isInPromptFolder(path: string): boolean {
  return folders(path).some((folder) => promptFolder.test(splitWords(folder).join(" ")));
}

const partialFolders = new Set(["partials", "_partials", "fragments", "snippets", "includes", "macros"]);

/** What the place of a file says about its use; the includes of a workspace can say more. */
export function usageOfPath(path: string): "request" | "instructions" | "partial" {
  if (baseName(path).startsWith("_")) return "partial";
  if (folders(path).some((folder) => partialFolders.has(folder.toLowerCase()))) return "partial";
  const words = splitWords(stemOf(path));
  return words.includes("system") || words.includes("instructions") ? "instructions" : "request";
}
