/** Syntax trees of code, as the formats that read code see them. Grammars are loaded outside; nothing here does I/O. */
import type { Tree } from "web-tree-sitter";

export const codeLanguages = ["python", "javascript", "typescript", "tsx"] as const;
export type CodeLanguage = (typeof codeLanguages)[number];

export interface SyntaxParser {
  /** Never throws: broken code gives a tree with error nodes. The caller frees the tree (`delete`). Indices are UTF-16. */
  parse(language: CodeLanguage, text: string): Tree;
}
