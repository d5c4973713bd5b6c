/**
 * The regular expressions of tokenizer.json files are Oniguruma's. What JavaScript means in another way is spelled out here,
 * what it does not know is refused.
 */

/** `\s` is Unicode's White_Space there: with U+0085, without U+FEFF. */
const space = "\\p{White_Space}";

const insideClass: Readonly<Record<string, string>> = { s: space, S: "\\P{White_Space}", d: "\\p{Nd}" };
const outsideClass: Readonly<Record<string, string>> = { ...insideClass, D: "\\P{Nd}" };

/** Names of scripts stand without `Script=` there. */
const scripts = new Set([
  "Han",
  "Hiragana",
  "Katakana",
  "Hangul",
  "Thai",
  "Arabic",
  "Hebrew",
  "Cyrillic",
  "Latin",
]);

/** The source of an equal pattern for the flag `u`; `null` when there is none that we know of. */
export function translatePattern(published: string): string | null {
  const translation = new Translation(published).run();
  return translation !== null && isUsable(translation) ? translation : null;
}

function isUsable(source: string): boolean {
  try {
    // A pattern that matches nothing at all would never advance.
    return !new RegExp(`^(?:${source})$`, "u").test("");
  } catch {
    return false;
  }
}

class Translation {
  readonly #source: string;
  #position = 0;
  #output = "";

  constructor(source: string) {
    this.#source = source;
  }

  run(): string | null {
    while (this.#position < this.#source.length) {
      if (!this.#step()) return null;
    }
    return this.#output;
  }

  #step(): boolean {
    const rest = this.#source.slice(this.#position, this.#position + 200);
    if (rest.startsWith("\\")) return this.#escape(outsideClass, false);
    if (rest.startsWith("[")) return this.#class();
    if (rest.startsWith("(?i:")) return this.#caseless();
    if (/^\(\?(?![:=!])/.test(rest)) return false;
    // Possessive quantifiers, and anchors, which mean lines there.
    if (/^(?:[*+?]|\{\d*,?\d*\})\+/.test(rest) || /^[$^]/.test(rest)) return false;
    return this.#copy(rest.codePointAt(0)! > 0xffff ? 2 : 1);
  }

  #copy(length: number): boolean {
    this.#output += this.#source.slice(this.#position, this.#position + length);
    this.#position += length;
    return true;
  }

  #escape(meanings: Readonly<Record<string, string>>, isInClass: boolean): boolean {
    const name = this.#source.charAt(this.#position + 1);
    const property = /^\\([pP])\{(\^?)(\w+)\}/.exec(this.#source.slice(this.#position, this.#position + 40));
    if (property !== null) {
      const [written, kind, not, value] = property as unknown as [string, string, string, string];
      const letter = (kind === "P") !== (not === "^") ? "P" : "p";
      const meant = `\\${letter}{${scripts.has(value) ? `Script=${value}` : value}}`;
      // A lone surrogate is U+FFFD there, which is a symbol.
      const isSymbol = letter === "p" && (value === "S" || value === "So");
      this.#output += !isSymbol ? meant : isInClass ? `${meant}\\p{Cs}` : `[${meant}\\p{Cs}]`;
      this.#position += written.length;
      return true;
    }
    if (meanings[name] !== undefined) this.#output += meanings[name];
    else if (/[nrtfv]/.test(name)) this.#output += `\\${name}`;
    else if (/[^\w\s]/.test(name)) this.#output += /[\^$\\.*+?()[\]{}|/-]/.test(name) ? `\\${name}` : name;
    else return false;
    this.#position += 2;
    return true;
  }

  #class(): boolean {
    this.#copy(this.#source.startsWith("[^", this.#position) ? 2 : 1);
    while (this.#position < this.#source.length) {
      const rest = this.#source.slice(this.#position, this.#position + 2);
      if (rest.startsWith("]")) return this.#copy(1);
      // Classes within classes, and what they share.
      if (rest.startsWith("[") || rest === "&&") return false;
      if (rest.startsWith("\\")) {
        if (!this.#escape(insideClass, true)) return false;
        continue;
      }
      this.#copy(rest.codePointAt(0)! > 0xffff ? 2 : 1);
    }
    return false;
  }

  /** Only what contractions need: letters and apostrophes, one after the other. U+017F and U+212A are cases of s and k. */
  #caseless(): boolean {
    const group = /^\(\?i:(['a-zA-Z|]+)\)/.exec(this.#source.slice(this.#position, this.#position + 200));
    if (group === null) return false;
    const cases = group[1]!.replaceAll(/[a-zA-Z]/g, (letter) => {
      const [lower, upper] = [letter.toLowerCase(), letter.toUpperCase()];
      return `[${lower}${upper}${lower === "s" ? "\\u017F" : lower === "k" ? "\\u212A" : ""}]`;
    });
    this.#output += `(?:${cases})`;
    this.#position += group[0].length;
    return true;
  }
}
