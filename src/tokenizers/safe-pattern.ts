/**
 * Whether a regular expression surely comes to an end: patterns come with files of strangers (`tokenizer.json`), and
 * `(a+)+$` takes longer than anybody lives. What is safe takes at most the square of the length of one text, and no
 * more than its length where another alternative takes what the first ones could not, as published patterns do.
 */

/** Longer than any pattern that a published tokenizer splits with. */
const maxLength = 5000;
const maxGroups = 20;

/** As the patterns of published tokenizers have them: letters of one kind, then of another. */
const maxInSequence = 2;

/**
 * True for patterns in which nothing that repeats often stands inside something else that does, in which no more than
 * two such things follow each other, with nothing behind them that could fail, and which look back at no group.
 */
export function isSafePattern(pattern: string): boolean {
  return pattern.length <= maxLength && new Reader(pattern).read();
}

/** So often that repeating it again would take long. */
const often = 16;

class Reader {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;
  #isSafe = true;
  /** Ways in which what was read so far may match the same text, roughly: alternatives, and what may be absent. */
  #choices = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  read(): boolean {
    this.#alternatives();
    return this.#isSafe && this.#at >= this.#pattern.length;
  }

  /** Up to the end of the group: of all alternatives, the most repeating things in a row. */
  #alternatives(): number {
    let most = 0;
    if (++this.#depth > maxGroups) this.#refuse();
    for (;;) {
      most = Math.max(most, this.#sequence());
      if (this.#pattern[this.#at] !== "|") break;
      this.#choices++;
      this.#at++;
    }
    this.#depth--;
    return most;
  }

  /** Things that repeat one behind the other, when something must follow them, try every place as their border. */
  #sequence(): number {
    let repeating = 0;
    while (this.#at < this.#pattern.length && !"|)".includes(this.#pattern[this.#at]!)) {
      const before = this.#choices;
      const inner = this.#atom();
      const { least, most } = this.#quantifier();
      // What may go either way, over and over, doubles with every turn.
      const choices = this.#choices - before;
      if (most > 1 && choices * most > often) this.#refuse();
      this.#choices = before + choices * Math.min(most, often) + (least === most ? 0 : 1);
      if (repeating >= maxInSequence && least > 0) this.#refuse();
      if (most >= often && inner > 0) this.#refuse();
      repeating += most >= often ? 1 : inner * most;
      if (repeating > maxInSequence) this.#refuse();
    }
    return repeating;
  }

  /** Passes one atom; gives how many things in it repeat in a row. */
  #atom(): number {
    const rest = this.#pattern.slice(this.#at, this.#at + 60);
    if (rest[0] === "(") return this.#group(rest);
    if (rest[0] === "[") this.#class();
    else if (rest[0] === "\\") {
      if (/^\\(?:[1-9]|k<)/.test(rest)) this.#refuse();
      this.#at += /^\\(?:[pPxuN]\{[^{}]*\}|[\s\S]?)/.exec(rest)![0].length;
    } else if ("*+?".includes(rest[0]!)) {
      this.#refuse();
    } else this.#at++;
    return 0;
  }

  #group(rest: string): number {
    const head = /^\((?:\?(?:<?[=!]|>|[a-z]*(?:-[a-z]+)?:|[a-z]*(?:-[a-z]+)?(?=\))|P?<\w+>))?/.exec(rest)![0];
    this.#at += head.length;
    // Conditions, comments, recursion.
    if (head === "(" && rest[1] === "?") this.#refuse();
    const inner = this.#alternatives();
    if (this.#pattern[this.#at] !== ")") this.#refuse();
    this.#at++;
    return inner;
  }

  /** Classes may hold classes, and `]` when it comes first. */
  #class(): void {
    let depth = 0;
    do {
      const char = this.#pattern[this.#at];
      if (char === undefined) {
        this.#refuse();
        return;
      }
      if (char === "\\") this.#at++;
      else if (char === "[") {
        depth++;
        if (this.#pattern[this.#at + 1] === "^") this.#at++;
        if (this.#pattern[this.#at + 1] === "]") this.#at++;
      } else if (char === "]") depth--;
      this.#at++;
    } while (depth > 0);
  }

  /** How often the atom before may repeat. */
  #quantifier(): { readonly least: number; readonly most: number } {
    const written = /^(?:[*+?]|\{(\d*)(,?)(\d*)\})[?+]?/.exec(this.#pattern.slice(this.#at, this.#at + 40));
    if (written === null) return { least: 1, most: 1 };
    this.#at += written[0].length;
    const [, low, comma, high] = written;
    if (low === undefined) {
      const least = written[0].startsWith("+") ? 1 : 0;
      return { least, most: written[0].startsWith("?") ? 1 : Number.POSITIVE_INFINITY };
    }
    const least = Number(low);
    if (comma === "") return { least, most: least };
    return { least, most: high === "" ? Number.POSITIVE_INFINITY : Number(high) };
  }

  #refuse(): void {
    this.#isSafe = false;
    this.#at = this.#pattern.length;
  }
}
