/** BAML source as tokens, comments apart. https://docs.boundaryml.com/ref/baml */
import { lineEndBefore } from "../frontmatter.ts";
import type { Problem, TextRange } from "../text.ts";

export interface Token {
  /** `raw` is `#"…"#`, with any number of `#`; a `word` may be a number. */
  readonly kind: "word" | "raw" | "string" | "symbol";
  readonly range: TextRange;
  /** Without quotes; for words and symbols the same as `range`. */
  readonly inside: TextRange;
}

export interface Tokens {
  readonly tokens: readonly Token[];
  /** What is written in `//` and `{// … //}`. */
  readonly comments: readonly TextRange[];
  readonly problems: readonly Problem[];
}

const start = /\/\/|\{\/\/|(?<!#)#+"|"|[A-Za-z_0-9][\w.-]*|[^\s]/g;
const quoted = /"(?:[^"\\\n]|\\.)*(?:"|$)/my;

export function tokensOf(source: string): Tokens {
  const tokens: Token[] = [];
  const comments: TextRange[] = [];
  const problems: Problem[] = [];
  const add = (kind: Token["kind"], range: TextRange, inside = range) => tokens.push({ kind, range, inside });
  start.lastIndex = 0;
  for (let match = start.exec(source); match !== null; match = start.exec(source)) {
    const at = match.index;
    const written = match[0];
    let end = at + written.length;
    if (written === "//") {
      end = lineEndBefore(source, end, source.length);
      comments.push({ start: at + 2, end });
    } else if (written === "{//") {
      const close = source.indexOf("//}", end);
      const last = close < 0 ? lineEndBefore(source, end, source.length) : close;
      comments.push({ start: end, end: last });
      end = close < 0 ? last : close + 3;
    } else if (written.startsWith("#")) {
      const closer = `"${"#".repeat(written.length - 1)}`;
      const close = source.indexOf(closer, end);
      if (close < 0) problems.push(unclosed({ start: at, end }, closer));
      const inside = { start: end, end: close < 0 ? source.length : close };
      end = close < 0 ? source.length : close + closer.length;
      add("raw", { start: at, end }, inside);
    } else if (written === '"') {
      quoted.lastIndex = at;
      const text = quoted.exec(source)?.[0] ?? written;
      end = at + text.length;
      const isClosed = text.length > 1 && text.endsWith('"');
      add("string", { start: at, end }, { start: at + 1, end: isClosed ? end - 1 : end });
    } else {
      add(/\w/.test(written) ? "word" : "symbol", { start: at, end });
    }
    start.lastIndex = Math.max(end, at + 1);
  }
  return { tokens, comments, problems };
}

function unclosed(range: TextRange, closer: string): Problem {
  const message = `This text is not closed: add \`${closer}\` at its end. All that follows counts as part of it.`;
  return { range, severity: "error", message };
}
