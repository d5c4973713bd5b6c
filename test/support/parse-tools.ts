import { join } from "node:path";
import { createGrammars, runtimeFile } from "../../src/files/grammar-files.ts";
import { codeLanguages } from "../../src/prompt/code/syntax.ts";
import type { ParseTools } from "../../src/prompt/format.ts";

const packages = join(import.meta.dirname, "../../node_modules");

/** Where the file of a grammar lies in a checkout that nothing has been built in. */
export function installedGrammar(file: string): string {
  return file === runtimeFile
    ? join(packages, "web-tree-sitter", file)
    : join(packages, "@vscode/tree-sitter-wasm/wasm", file);
}

const grammars = createGrammars(installedGrammar);
await grammars.load(codeLanguages);

/** What the entry points parse with, with every grammar loaded. */
export const parseTools: ParseTools = { syntax: grammars };
