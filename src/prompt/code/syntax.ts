/** Syntax trees of code, as the formats that read code see them. Grammars are loaded outside; nothing here does I/O. */
import type { Tree } from "web-tree-sitter";
import type { Problem } from "../text.ts";

export const codeLanguages = [
  "python",
  "javascript",
  "typescript",
  "tsx",
  "go",
  "java",
  "c-sharp",
  "rust",
  "kotlin",
  "ruby",
  "php",
] as const;
export type CodeLanguage = (typeof codeLanguages)[number];

export interface SyntaxParser {
  /**
   * `null` where the language's grammar is not loaded, `"endless"` where it takes far longer than code that people write.
   * Never throws: broken code gives a tree with error nodes. The caller frees the tree (`delete`). Indices are UTF-16.
   */
  parse(language: CodeLanguage, text: string): Tree | "endless" | null;
}

/** What to say of code that is not read for its time. */
export const endlessCode: Problem = {
  range: { start: 0, end: 0 },
  severity: "warning",
  message:
    "This code takes too long to parse, so its prompts are not read: move them to a file of their own.",
};

const languageOfEnding: ReadonlyMap<string, CodeLanguage> = new Map([
  ["py", "python"],
  ["js", "javascript"],
  ["mjs", "javascript"],
  ["cjs", "javascript"],
  ["jsx", "javascript"],
  ["ts", "typescript"],
  ["mts", "typescript"],
  ["cts", "typescript"],
  ["tsx", "tsx"],
  ["go", "go"],
  ["java", "java"],
  ["cs", "c-sharp"],
  ["rs", "rust"],
  ["kt", "kotlin"],
  ["kts", "kotlin"],
  ["rb", "ruby"],
  ["php", "php"],
]);

/** The language of a file, by the ending of its name; `null` for what is no code that is read. */
export function codeLanguageOf(path: string): CodeLanguage | null {
  const dot = path.lastIndexOf(".");
  return dot < 0 ? null : (languageOfEnding.get(path.slice(dot + 1)) ?? null);
}
