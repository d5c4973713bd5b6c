/**
 * Writes `cache_control` marks into a request that code makes: into the part that a text stands in, or into a part made of the
 * text. Told by the characters around the place; whoever offers it reads the changed file again.
 */
import type { TextEdit } from "../prompt/move.ts";
import type { TextRange } from "../prompt/text.ts";

/** How a language writes an entry of an object. */
interface Spelling {
  key(name: string): string;
  /** Without blanks inside its braces where nobody writes them. */
  object(written: string): string;
}

const spellings: Readonly<Record<string, Spelling>> = {
  python: {
    key: (name) => `"${name}": `,
    object: (written) => written.replace(/\{ /g, "{").replace(/ \}/g, "}"),
  },
  javascript: { key: (name) => `${name}: `, object: (written) => written },
};

/** What is given the text: an argument or an entry, by its name. */
const owner = /(?:^|[^\w$])(["']?)(system|content|text)\1[ \t]*[:=]\s*$/;
/** The beginning of a literal, behind what is given it. */
const openedLiteral =
  /(?:^|[^\w$])(["']?)(?:system|content|text)\1[ \t]*[:=]\s*[a-zA-Z]{0,2}("""|'''|["'`])/g;
/** So far back the beginning of a literal is looked for. */
const lookBack = 1_000_000;

/** `null` where there is nowhere to write one. */
export function codeCacheMarks(
  path: string,
  text: string,
  format: string,
  places: readonly TextRange[],
): readonly TextEdit[] | null {
  const spelling = spellings[format];
  if (spelling === undefined) return null;
  const edits: TextEdit[] = [];
  for (const place of places) {
    const value = valueAround(text, place);
    if (value === null) return null;
    const mark = `${spelling.key("cache_control")}{ ${spelling.key("type")}"ephemeral" }`;
    if (value.name === "text") {
      edits.push({
        path,
        range: { start: value.end, end: value.end },
        newText: spelling.object(`, ${mark}`),
      });
      continue;
    }
    const head = spelling.object(`[{ ${spelling.key("type")}"text", ${spelling.key("text")}`);
    edits.push(
      { path, range: { start: value.start, end: value.start }, newText: head },
      { path, range: { start: value.end, end: value.end }, newText: `${spelling.object(`, ${mark} }`)}]` },
    );
  }
  return edits;
}

/** The expression that the place is, or the literal that it stands in, and what is given it. */
function valueAround(
  text: string,
  { start, end }: TextRange,
): (TextRange & { readonly name: string }) | null {
  const before = text.slice(Math.max(0, start - 200), start);
  const name = owner.exec(before)?.[2];
  const isWhole = /^\s*[,)}\]\n]/.test(text.slice(end, end + 20));
  if (name !== undefined && isWhole) return { name, start, end };
  return literalAround(text, { start, end });
}

function literalAround(
  text: string,
  { start, end }: TextRange,
): (TextRange & { readonly name: string }) | null {
  const from = Math.max(0, start - lookBack);
  const opened = [...text.slice(from, start + 1).matchAll(openedLiteral)].at(-1);
  if (opened === undefined) return null;
  const [whole, , quote = '"'] = opened;
  const open = from + opened.index + whole.length - quote.length;
  // What is written before the quote, such as the `f` of Python, belongs to the literal.
  const prefix = /[a-zA-Z]{0,2}$/.exec(text.slice(Math.max(0, open - 2), open))?.[0].length ?? 0;
  const close = closingAt(text, quote, open + quote.length);
  if (close < end) return null;
  const name = /(system|content|text)["']?[ \t]*[:=]/.exec(whole)![1]!;
  return { name, start: open - prefix, end: close + quote.length };
}

/** Where the literal ends; -1 for nowhere. */
function closingAt(text: string, quote: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text.startsWith(quote, at)) return at;
  }
  return -1;
}
