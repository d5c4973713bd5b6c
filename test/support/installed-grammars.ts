import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startWatch } from "../../src/hosts/node/stopwatch.ts";
import { codeLanguages } from "../../src/prompt/code/syntax.ts";
import type { ParseTools } from "../../src/prompt/format.ts";
import { createGrammars, grammarFile, runtimeFile } from "../../src/service/grammars.ts";

const packages = join(fileURLToPath(import.meta.url), "../../../node_modules");

/** The file of a grammar in a checkout that nothing has been built in. */
export function installedGrammar(file: string): Promise<Uint8Array> {
  const folder =
    file === runtimeFile
      ? "web-tree-sitter"
      : file === grammarFile("kotlin")
        ? "@lumis-sh/wasm-kotlin"
        : "@vscode/tree-sitter-wasm/wasm";
  return readFile(join(packages, folder, file));
}

/** What the entry points parse with, with every grammar loaded. */
export async function loadParseTools(): Promise<ParseTools> {
  const grammars = createGrammars(installedGrammar, startWatch);
  await grammars.load(codeLanguages);
  return { syntax: grammars };
}
