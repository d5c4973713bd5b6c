/** The grammars that ship with the extension, loaded when the first file of their language turns up. */
import { Language, Parser, type Tree } from "web-tree-sitter";
import type { CodeLanguage, SyntaxParser } from "../prompt/code/syntax.ts";

export interface Grammars extends SyntaxParser {
  /** Loads those that are not loaded yet. Rejects when a file of the installation is missing or broken. */
  load(languages: Iterable<CodeLanguage>): Promise<void>;
}

/** File of tree-sitter itself, beside the grammars. */
export const runtimeFile = "web-tree-sitter.wasm";

export function grammarFile(language: CodeLanguage): string {
  return `tree-sitter-${language}.wasm`;
}

/** `read` gives the bytes of the file of tree-sitter itself, or of a grammar. Nothing is read before `load`. */
export function createGrammars(read: (file: string) => Promise<Uint8Array>): Grammars {
  const parsers = new Map<CodeLanguage, Parser>();
  const loading = new Map<CodeLanguage, Promise<void>>();
  let runtime: Promise<void> | null = null;
  const startRuntime = async () => Parser.init({ wasmBinary: await read(runtimeFile) });
  const loadOne = async (language: CodeLanguage) => {
    runtime ??= startRuntime();
    await runtime;
    const parser = new Parser();
    parser.setLanguage(await Language.load(await read(grammarFile(language))));
    parsers.set(language, parser);
  };
  return {
    parse: (language, text): Tree | null => parsers.get(language)?.parse(text) ?? null,
    async load(languages) {
      for (const language of languages) {
        const known = loading.get(language) ?? loadOne(language);
        loading.set(language, known);
        await known;
      }
    },
  };
}
