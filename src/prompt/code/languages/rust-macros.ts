/**
 * Macros of Rust as code. A grammar sees their insides as tokens, since only the macro knows what they mean; of those below it
 * is known: `vec![…]` is written as an array, `format!(…)` as a call, `json!({…})` as an array of assignments. What only tests
 * compile is left out. All offsets stay.
 * https://doc.rust-lang.org/reference/macros.html, https://docs.rs/serde_json/1/serde_json/macro.json.html
 */

/** Macros that make a list of what they are given; langchain-rust's `message_formatter!` is one. */
const lists: ReadonlySet<string> = new Set(["vec", "smallvec", "message_formatter"]);

/** Macros that are given expressions, as functions are. */
const calls: ReadonlySet<string> = new Set(
  (
    "format format_args concat include_str write writeln env option_env indoc formatdoc dedent " +
    "fmt_message fmt_template fmt_placeholder template_fstring template_jinja2"
  ).split(" "),
);

/** Macros around statements. */
const blocks: ReadonlySet<string> = new Set(["stream", "try_stream"]);

interface Frame {
  /** `object` and `json` for the insides of `json!`, `statics` for those of `lazy_static!`, `test` for what tests compile. */
  readonly kind: "plain" | "json" | "object" | "statics" | "test";
  readonly closing: string | null;
  readonly start: number;
}

const token =
  /\/\/[^\n]*|\/\*|\b[bc]?r(#{0,255})"|"|'|#\[cfg\(test\)\]\s{0,200}(?:pub\s{1,20})?mod\s{1,20}\w{1,100}\s{0,20}\{|\bstatic\s{1,20}ref\b|\b([a-z_]\w{0,60})!\s{0,8}([([{])|[()[\]{}]|:+/g;

/** The text with the same length. */
export function withoutMacros(text: string): string {
  const found = new Macros(text);
  found.read();
  return found.written();
}

class Macros {
  readonly #text: string;
  readonly #edits: { readonly at: number; readonly text: string }[] = [];
  readonly #tests: { readonly start: number; readonly end: number }[] = [];
  readonly #open: Frame[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): void {
    const next = new RegExp(token);
    for (let match = next.exec(this.#text); match !== null; match = next.exec(this.#text)) {
      const [written, hashes, macro, bracket] = match;
      const { index } = match;
      const after = index + written.length;
      if (written.startsWith("//")) continue;
      if (written === "/*") next.lastIndex = this.#behind("*/", after);
      else if (hashes !== undefined) next.lastIndex = this.#behind(`"${hashes}`, after);
      else if (written === '"') next.lastIndex = this.#stringEnd(after);
      else if (written === "'") next.lastIndex = this.#charEnd(index);
      else if (written.startsWith("#[")) this.#open.push({ kind: "test", closing: null, start: index });
      else if (written.startsWith("static")) this.#static(after);
      else if (macro !== undefined && bracket !== undefined) this.#macro(macro, bracket, index, after - 1);
      else if (written.startsWith(":")) this.#colon(written, index);
      else if (/^[([{]/.test(written)) this.#bracket(written, index);
      else this.#close(index);
    }
  }

  written(): string {
    let text = "";
    let at = 0;
    for (const edit of this.#edits.toSorted((a, b) => a.at - b.at)) {
      text += this.#text.slice(at, edit.at) + edit.text;
      at = edit.at + edit.text.length;
    }
    text += this.#text.slice(at);
    for (const { start, end } of this.#tests)
      text = text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, " ") + text.slice(end);
    return text;
  }

  #behind(closing: string, from: number): number {
    const at = this.#text.indexOf(closing, from);
    return at < 0 ? this.#text.length : at + closing.length;
  }

  #stringEnd(from: number): number {
    let at = from;
    while (at < this.#text.length && this.#text[at] !== '"') at += this.#text[at] === "\\" ? 2 : 1;
    return at + 1;
  }

  /** A character, or the sign before a lifetime. */
  #charEnd(from: number): number {
    const character = /^'(?:\\[^\n]{1,10}?|[^'\\\n]{1,2})'/.exec(this.#text.slice(from, from + 14));
    return from + (character?.[0].length ?? 1);
  }

  get #kind(): Frame["kind"] {
    return this.#open.at(-1)?.kind ?? "plain";
  }

  #blank(start: number, end: number): void {
    this.#edits.push({ at: start, text: " ".repeat(end - start) });
  }

  #push(kind: Frame["kind"], at: number, opening: string | null, closing: string | null): void {
    if (opening !== null) this.#edits.push({ at, text: opening });
    this.#open.push({ kind, closing, start: at });
  }

  #macro(name: string, bracket: string, start: number, at: number): void {
    const end = start + name.length + 1;
    if (lists.has(name)) {
      this.#blank(start, end);
      this.#push("plain", at, "[", "]");
    } else if (calls.has(name)) {
      this.#blank(end - 1, end);
      this.#push("plain", at, "(", ")");
    } else if (name === "json") {
      this.#blank(start, end);
      if (bracket === "{") this.#push("object", at, "[", "]");
      else this.#push("json", at, null, null);
    } else if (name === "lazy_static" && bracket === "{") {
      this.#blank(start, end);
      this.#push("statics", at, " ", " ");
    } else {
      if (blocks.has(name) && bracket === "{") this.#blank(start, end);
      this.#push("plain", at, null, null);
    }
  }

  #static(end: number): void {
    if (this.#kind === "statics") this.#blank(end - 3, end);
  }

  /** Between a key and its value; `::` is part of a path. */
  #colon(written: string, at: number): void {
    if (this.#kind === "object" && written === ":") this.#edits.push({ at, text: "=" });
  }

  #bracket(bracket: string, at: number): void {
    const isInJson = this.#kind === "json" || this.#kind === "object";
    if (!isInJson || !this.#beginsValue(at)) this.#push("plain", at, null, null);
    else if (bracket === "{") this.#push("object", at, "[", "]");
    else this.#push("json", at, null, null);
  }

  #beginsValue(at: number): boolean {
    let before = at - 1;
    while (before >= 0 && /\s/.test(this.#text[before]!)) before--;
    return /[([{,:]/.test(this.#text[before] ?? "");
  }

  #close(at: number): void {
    const frame = this.#open.pop();
    if (frame?.closing != null) this.#edits.push({ at, text: frame.closing });
    // What stands in another one goes with it.
    if (frame?.kind === "test" && !this.#open.some(({ kind }) => kind === "test"))
      this.#tests.push({ start: frame.start, end: at + 1 });
  }
}
