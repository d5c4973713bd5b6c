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

/** Whether more than so many milliseconds of work have passed since it was started. */
export type Stopwatch = (milliseconds: number) => boolean;

/**
 * How long a parse may take, in milliseconds for any text, and for every hundred operations of tree-sitter. It does about a
 * hundred in 0.02 ms, unless broken code leaves it with trees that it compares node by node, over and over.
 */
const patience = { always: 400, perHundredOperations: 0.2 } as const;

/**
 * `read` gives the bytes of the file of tree-sitter itself, or of a grammar. Nothing is read before `load`. `startWatch` tells
 * how long a parse takes: what makes it slow is seen neither in the text nor in the number of its operations.
 */
export function createGrammars(
  read: (file: string) => Promise<Uint8Array>,
  startWatch: () => Stopwatch,
): Grammars {
  const parsers = new Map<CodeLanguage, Parser>();
  const grammars = new Map<CodeLanguage, Language>();
  const loading = new Map<CodeLanguage, Promise<void>>();
  /** Kept for good: what they hold is broken, and to free it is another fault, which nobody could catch. */
  const lost: Parser[] = [];
  let runtime: Promise<void> | null = null;
  const startRuntime = async () => Parser.init({ wasmBinary: await read(runtimeFile) });
  const parserOf = (language: CodeLanguage) => {
    const parser = new Parser();
    parser.setLanguage(grammars.get(language)!);
    return parser;
  };
  const loadOne = async (language: CodeLanguage) => {
    runtime ??= startRuntime();
    await runtime;
    grammars.set(language, await Language.load(await read(grammarFile(language))));
    parsers.set(language, parserOf(language));
  };
  return {
    parse(language, text): Tree | "endless" | null {
      const parser = parsers.get(language);
      if (parser === undefined) return null;
      const hasPassed = startWatch();
      let hundreds = 0;
      const isEndless = () => hasPassed(patience.always + ++hundreds * patience.perHundredOperations);
      try {
        const tree = parser.parse(text, null, { progressCallback: isEndless });
        if (tree !== null) return tree;
        // Otherwise the next text would be parsed where this one was left.
        parser.reset();
      } catch {
        // A fault of the machine inside: whatever this parser holds is lost, and the next text gets another one.
        lost.push(parser);
        parsers.set(language, parserOf(language));
      }
      return "endless";
    },
    async load(languages) {
      for (const language of languages) {
        const known = loading.get(language) ?? loadOne(language);
        loading.set(language, known);
        await known;
      }
    },
  };
}
