/** What a BAML file declares, as far as prompts are concerned. Broken declarations are passed over. */
import type { TextRange } from "../text.ts";
import type { Token } from "./tokens.ts";
import { argumentsOf } from "./values.ts";

export interface PromptDeclaration {
  readonly kind: "function" | "template_string";
  readonly name: string;
  readonly body: Token;
}

export interface TestDeclaration {
  readonly functions: readonly string[];
  /** By name of the value, such as `user.name`. */
  readonly samples: ReadonlyMap<string, string>;
}

export interface BamlDeclarations {
  readonly prompts: readonly PromptDeclaration[];
  readonly tests: readonly TestDeclaration[];
  readonly enums: ReadonlySet<string>;
}

export function declarationsOf(source: string, tokens: readonly Token[]): BamlDeclarations {
  return new Reader(source, tokens).read();
}

const opening: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

class Reader {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  /** By index of an opening bracket that of the one which closes it; none where it stays open. */
  readonly #closers = new Map<number, number>();

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
    const open: number[] = [];
    for (const [index, token] of tokens.entries()) {
      if (token.kind !== "symbol") continue;
      const text = source[token.range.start]!;
      if (opening[text] !== undefined) open.push(index);
      else if (text === ")" || text === "]" || text === "}") {
        const opener = open.pop();
        if (opener !== undefined) this.#closers.set(opener, index);
      }
    }
  }

  read(): BamlDeclarations {
    const prompts: PromptDeclaration[] = [];
    const tests: TestDeclaration[] = [];
    const enums = new Set<string>();
    for (let at = 0; at < this.#tokens.length; ) {
      const keyword = this.#word(at);
      const name = this.#word(at + 1);
      if (keyword === null || name === null) {
        at++;
        continue;
      }
      if (keyword === "template_string") {
        const body = this.#afterParameters(at + 2);
        const text = this.#tokens[body];
        if (isText(text)) prompts.push({ kind: keyword, name, body: text });
        at = isText(text) ? body + 1 : at + 2;
        continue;
      }
      const block = declaring.has(keyword) ? this.#blockAfter(at + 2) : null;
      if (block === null) {
        at++;
        continue;
      }
      if (keyword === "enum") enums.add(name);
      if (keyword === "test") tests.push(this.#test(block));
      if (keyword === "function" || keyword === "impl") {
        const body = this.#value(block, "prompt");
        if (isText(body)) prompts.push({ kind: "function", name, body });
      }
      at = block.end;
    }
    return { prompts, tests, enums };
  }

  #text(index: number): string {
    const token = this.#tokens[index];
    return token === undefined ? "" : this.#source.slice(token.range.start, token.range.end);
  }

  #word(index: number): string | null {
    return this.#tokens[index]?.kind === "word" ? this.#text(index) : null;
  }

  /** Index of the token behind the parameters, if there are any. */
  #afterParameters(index: number): number {
    return this.#text(index) === "(" ? this.#close(index) + 1 : index;
  }

  /** Index of the bracket that closes the one at `index`; the end where there is none. */
  #close(index: number): number {
    return this.#closers.get(index) ?? this.#tokens.length;
  }

  /** The tokens between the braces of a declaration; `null` where another one begins before them. */
  #blockAfter(index: number): TextRange | null {
    for (let at = index; at < this.#tokens.length; at++) {
      const text = this.#tokens[at]!.kind === "symbol" ? this.#text(at) : "";
      if (text === "{") return { start: at + 1, end: this.#close(at) };
      if (text === "(" || text === "[") at = this.#close(at);
      else if (text === "}" || declaring.has(this.#word(at) ?? "")) return null;
    }
    return null;
  }

  /** The token behind `key`, which stands directly in the block. */
  #value(block: TextRange, key: string): Token | undefined {
    return this.#tokens[this.#indexAfter(block, key) ?? -1];
  }

  #indexAfter(block: TextRange, key: string): number | null {
    for (let at = block.start; at < block.end; at++) {
      if (this.#word(at) === key) return at + 1;
      if (opening[this.#text(at)] !== undefined) at = this.#close(at);
    }
    return null;
  }

  #test(block: TextRange): TestDeclaration {
    const functions = this.#indexAfter(block, "functions");
    const given = this.#indexAfter(block, "args");
    return {
      functions: functions === null ? [] : this.#names(functions),
      samples:
        given === null || this.#text(given) !== "{"
          ? new Map()
          : argumentsOf(this.#source, this.#tokens.slice(given + 1, this.#close(given))),
    };
  }

  /** `[First, Second]`. */
  #names(open: number): readonly string[] {
    const end = this.#text(open) === "[" ? this.#close(open) : open;
    return this.#tokens.slice(open, end).flatMap((token, index) => {
      return token.kind === "word" ? [this.#text(open + index)] : [];
    });
  }
}

const declaring = new Set(
  "function impl test enum class client generator retry_policy template_string type dynamic".split(" "),
);

function isText(token: Token | undefined): token is Token {
  return token?.kind === "raw" || token?.kind === "string";
}
