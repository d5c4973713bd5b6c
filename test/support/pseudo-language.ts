/** A language in which every text of ours stands in brackets, so that what was forgotten stands outside. */
import { readFileSync } from "node:fs";
import type { Translation } from "../../src/words/l10n.ts";

/** What is filled in stays outside of them: a clause in a sentence has brackets of its own, or was forgotten too. */
export function pseudoTranslation(): Translation {
  const bundle = JSON.parse(readFileSync("l10n/bundle.l10n.json", "utf8")) as Translation;
  return Object.fromEntries(Object.keys(bundle).map((message) => [message, bracketed(message)]));
}

function bracketed(message: string): string {
  return message
    .split(/(\{\w+\})/)
    .map((part) => (/^\{\w+\}$/.test(part) || !/\p{L}/u.test(part) ? part : `⟦${part}⟧`))
    .join("");
}

/**
 * Words of a text that stand in no brackets and in no code, but for names: those of the workspace and of catalogues, which are
 * nobody's to translate, and units.
 */
export function untranslated(text: string, names: readonly string[]): readonly string[] {
  let rest = text;
  // The longest first, as a name may hold another one; Markdown marks some of their characters.
  for (const name of names.toSorted((a, b) => b.length - a.length))
    for (const spelled of [name, name.replace(/[\\`*_[\]|~<>$@]/g, "\\$&")])
      rest = rest.replaceAll(spelled, " ");
  rest = rest
    // What was cut is somebody else's text; brackets of ours may stand in it.
    .replace(/"[^"]*…⟦?"/g, (cut) => cut.replace(/[^⟦⟧]/g, ""))
    .replace(/⟦[^⟦⟧]*⟧/g, " ")
    .replace(/(`+)[^`]*\1/g, " ")
    .replace(/\]\(command:[\w.]+\)/g, " ")
    .replace(/\$\([a-z~-]+\)/g, " ");
  return (rest.match(/\p{L}[\p{L}’'-]*/gu) ?? []).filter((word) => !units.has(word));
}

const units = new Set(["B", "KiB", "MiB", "GiB", "TiB", "GB", "s", "ms", "µs", "x", "p", "KV", "TTFT", "bf"]);
