/**
 * Where the parts of a template stand that write text. The parser keeps no places, so the tokens that it was given are found
 * again in the source, one behind the other.
 */
import type { parse, tokenize } from "@huggingface/jinja";
import type { TextRange } from "../text.ts";

type Program = ReturnType<typeof parse>;
type Tokens = ReturnType<typeof tokenize>;

/** A statement, as far as it says what stands in it. */
interface Statement {
  readonly type: string;
  readonly body?: readonly Statement[];
  readonly alternate?: readonly Statement[];
  readonly defaultBlock?: readonly Statement[];
}

/** By node: texts, expressions (`{{ … }}`) and comments. Empty where program and tokens do not fit each other. */
export function placesOf(source: string, tokens: Tokens, program: Program): ReadonlyMap<unknown, TextRange> {
  const places = placesOfTokens(source, tokens);
  const leaves = [...leavesOf((program as unknown as Statement).body ?? [])];
  if (places.length !== leaves.length) return new Map();
  return new Map(leaves.map((leaf, index) => [leaf, places[index]!]));
}

/** In source order, as the tokens are. */
function* leavesOf(statements: readonly Statement[]): Generator<Statement> {
  for (const statement of statements) {
    const { type, body = [], alternate = [], defaultBlock = [] } = statement;
    if (holders.has(type)) {
      yield* leavesOf(body);
      yield* leavesOf(alternate);
      yield* leavesOf(defaultBlock);
    } else if (type !== "Break" && type !== "Continue") yield statement;
  }
}

const holders: ReadonlySet<string> = new Set([
  "If",
  "For",
  "Set",
  "Macro",
  "CallStatement",
  "FilterStatement",
]);

/** UTF-16 units by which a text is found: white space in it and behind it may have been cut off. */
const anchorLength = 40;

function placesOfTokens(source: string, tokens: Tokens): readonly TextRange[] {
  const places: TextRange[] = [];
  let cursor = 0;
  let opened = 0;
  const find = (text: string): number => {
    const found = source.indexOf(text, cursor);
    if (found < 0) return cursor;
    cursor = found + text.length;
    return found;
  };
  for (const { type, value } of tokens) {
    switch (type) {
      case "Text": {
        const line = /\S.*/.exec(value)?.[0] ?? "";
        const start = find(line.slice(0, anchorLength).trimEnd());
        places.push({ start, end: Math.max(cursor, Math.min(source.length, start + value.trim().length)) });
        break;
      }
      case "Comment": {
        const start = find("{#");
        find("#}");
        places.push({ start, end: cursor });
        break;
      }
      case "OpenExpression":
        opened = find("{{");
        break;
      case "CloseExpression":
        find("}}");
        places.push({ start: opened, end: cursor });
        break;
      case "StringLiteral":
        cursor = endOfLiteral(source, cursor);
        break;
      default:
        find(value);
    }
  }
  return places;
}

/** Behind the text in quotes that begins next. */
function endOfLiteral(source: string, from: number): number {
  const start = source.slice(from).search(/["']/);
  if (start < 0) return from;
  const quote = source[from + start];
  let at = from + start + 1;
  while (at < source.length && source[at] !== quote) at += source[at] === "\\" ? 2 : 1;
  return Math.min(at + 1, source.length);
}
