/** A constant for a text that several literals of a file begin with. Whoever writes it reads the file again. */
import type { TextChange } from "../format.ts";
import type { CodeLanguage } from "./syntax.ts";

export interface ConstantOptions {
  readonly language: CodeLanguage;
  readonly text: string;
  /** Whole lines, as they are written in the literals. */
  readonly value: string;
  /** Where the contents of the literals begin. */
  readonly places: readonly number[];
}

export interface Constant {
  readonly name: string;
  readonly declaration: string;
  /** Where that is to be written: behind the imports. */
  readonly at: number;
  /** What takes it in at the beginning of each content, and what has to stand in front of each literal. */
  readonly uses: readonly string[];
  readonly openings: readonly TextChange[];
}

interface Use {
  readonly call: string;
  readonly opening: TextChange | null;
}

/** `null` for other languages, and for literals that hold no lines. */
export function constantOf({ language, text, value, places }: ConstantOptions): Constant | null {
  const writes = languages.get(language);
  const uses = places.map((place) => writes?.use(text, place) ?? null);
  const name = writes === undefined ? null : firstFree(writes.names, text);
  if (writes === undefined || name === null || uses.some((use) => use === null)) return null;
  const declaration = writes.declared(name, value);
  if (declaration === null) return null;
  const at = headerEnd(text, writes.header);
  return {
    name,
    declaration: `${at === 0 || text.slice(0, at).endsWith("\n\n") ? "" : "\n"}${declaration}\n`,
    at,
    uses: uses.map((use) => use!.call.replace("NAME", () => name)),
    openings: uses.flatMap((use) => {
      const opening = use!.opening;
      return opening === null ? [] : [{ ...opening, newText: opening.newText.replace("NAME", () => name) }];
    }),
  };
}

interface Language {
  readonly names: readonly string[];
  /** A line of what stands in front of the program, or several of one statement. */
  readonly header: RegExp;
  use(text: string, place: number): Use | null;
  declared(name: string, value: string): string | null;
}

const python: Language = {
  names: ["SHARED_BEGINNING", "SHARED_PROMPT_BEGINNING", "SHARED_BEGINNING_TEXT"],
  header:
    /[ \t]*(?:#[^\n]*)?\n|(?:import|from)\b(?:[^\n(\\]|\\\n)*(?:\([^)]*\)[^\n]*)?\n|(?:"""[^"]*"""|'''[^']*''')[ \t]*\n/y,
  use: (text, place) => {
    const opening = /(?<![\w"'])([fF]?)("""|''')(\\\r?\n)?$/.exec(text.slice(Math.max(0, place - 16), place));
    if (opening === null) return null;
    if (opening[1] !== "") return { call: "{NAME}", opening: null };
    const start = place - opening[0].length;
    return { call: "", opening: { range: { start, end: start }, newText: "NAME + " } };
  },
  declared: (name, value) => (/"""|[{}]|"$/.test(value) ? null : `${name} = """\\\n${value}"""\n`),
};

const javascript: Language = {
  names: ["sharedBeginning", "sharedPromptBeginning", "sharedBeginningText"],
  header:
    /[ \t]*(?:\/\/[^\n]*)?\r?\n|\/\*[\s\S]*?\*\/[ \t]*\r?\n|#![^\n]*\n|["']use \w+["'];?[ \t]*\r?\n|import\b[^"'`;]*["'][^"'\n]*["'][^\n]*\r?\n/y,
  // What a tag makes of a text is not what the text says.
  use: (text, place) =>
    /(?:^|[^\w$)\]\s]\s*|\breturn\s+)`$/.test(text.slice(Math.max(0, place - 32), place))
      ? { call: "$".concat("{NAME}"), opening: null }
      : null,
  declared: (name, value) => (value.includes("${") ? null : `const ${name} = \`${value}\`;\n`),
};

const languages: ReadonlyMap<CodeLanguage, Language> = new Map([
  ["python", python],
  ["javascript", javascript],
  ["typescript", javascript],
  ["tsx", javascript],
]);

function firstFree(names: readonly string[], text: string): string | null {
  return names.find((name) => !text.includes(name)) ?? null;
}

/** Behind the last import, or the comments at the beginning. */
function headerEnd(text: string, line: RegExp): number {
  let [at, end] = [0, 0];
  for (;;) {
    line.lastIndex = at;
    const [read = ""] = line.exec(text) ?? [];
    if (read === "") return end;
    at += read.length;
    if (read.trim() !== "") end = at;
  }
}
