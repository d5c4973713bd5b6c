/** Expressions of Liquid as lexemes that read like those of Jinja2. */
import { type Lexeme, type Lexemes, lexemesOf } from "../jinja/lexemes.ts";
import type { TextRange } from "../text.ts";

/** Words that name no value. */
const keywords = new Set("contains blank empty nil null reversed".split(" "));

export function liquidLexemesOf(source: string, range: TextRange): Lexemes {
  const lexemes = withHyphens(lexemesOf(source, range));
  return lexemes.map((lexeme, index) => {
    const [before, after] = [lexemes[index - 1], lexemes[index + 1]];
    if (lexeme.kind === "string" && isClock(lexemes, index)) return { ...lexeme, kind: "name", text: "now" };
    if (lexeme.kind !== "name" || before?.text === "." || before?.text === "|") return lexeme;
    const isArgumentName = after?.text === ":" && after.kind === "operator";
    return keywords.has(lexeme.text) || isArgumentName ? { ...lexeme, kind: "operator" } : lexeme;
  });
}

/** `'now' | date: …` is the only way to tell the time: the text is read as the value that it stands for. */
function isClock(lexemes: Lexemes, index: number): boolean {
  return (
    /^(['"])(?:now|today)\1$/i.test(lexemes[index]!.text) &&
    lexemes[index + 1]?.text === "|" &&
    lexemes[index + 2]?.text === "date"
  );
}

/** A name may have hyphens. */
function withHyphens(lexemes: Lexemes): Lexemes {
  const joined: Lexeme[] = [];
  for (let index = 0; index < lexemes.length; index++) {
    const lexeme = lexemes[index]!;
    const [last, next] = [joined.at(-1), lexemes[index + 1]];
    const isJoint =
      lexeme.text === "-" && last?.kind === "name" && next?.kind === "name" && touch(last, lexeme, next);
    if (!isJoint) {
      joined.push(lexeme);
      continue;
    }
    const range = { start: last.range.start, end: next.range.end };
    joined[joined.length - 1] = { kind: "name", text: `${last.text}-${next.text}`, range };
    index++;
  }
  return joined;
}

function touch(first: Lexeme, second: Lexeme, third: Lexeme): boolean {
  return first.range.end === second.range.start && second.range.end === third.range.start;
}
