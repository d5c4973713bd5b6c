/** Half-typed prompts: files of the corpora that end, or begin, somewhere in the middle. */
import type { ParseTools, SourceDocument } from "../../src/prompt/format.ts";
import { formatOf, parseDocument } from "../../src/prompt/registry.ts";
import { brokenPromises } from "./check-template.ts";

/** Ends of a text, or of a piece of it, in a fixed order for a seed. */
export function cutsOf(
  { path, text }: SourceDocument,
  seed: number,
  count: number,
): readonly SourceDocument[] {
  let state = (text.length ^ Math.imul(seed, 0x9e37_79b1)) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * (text.length + 1));
  };
  return Array.from({ length: count }, (_, index) => {
    const [first, second] = [next(), next()].sort((a, b) => a - b) as [number, number];
    // Most people type at the end; a piece from the middle begins inside whatever stood there.
    return { path, text: index % 3 < 2 ? text.slice(0, second) : text.slice(first, second) };
  });
}

/** Every prefix of the first 2,000 characters. */
export function prefixesOf({ path, text }: SourceDocument): readonly SourceDocument[] {
  const longest = Math.min(text.length, 2000);
  return Array.from({ length: longest + 1 }, (_, end) => ({ path, text: text.slice(0, end) }));
}

/** The shortest documents of each format: small enough that all their prefixes hold most of the syntax. */
export function fewOfEachFormat(
  documents: readonly SourceDocument[],
  count: number,
): readonly SourceDocument[] {
  const byFormat = new Map<string, SourceDocument[]>();
  for (const document of documents) {
    const id = formatOf(document)?.id;
    // Less than this is not much more than a title.
    if (id === undefined || document.text.length < 400) continue;
    byFormat.set(id, [...(byFormat.get(id) ?? []), document]);
  }
  return [...byFormat.values()].flatMap((all) =>
    all.toSorted((a, b) => a.text.length - b.text.length).slice(0, count),
  );
}

/**
 * What is wrong with the parse of a document, as one text; `null` when it keeps what parsers promise, twice the same.
 * A throw is one of the things that can be wrong.
 */
export function parseFault(document: SourceDocument, tools: ParseTools): string | null {
  try {
    const parsed = parseDocument(document, tools);
    const broken = brokenPromises(document, parsed);
    if (broken.length > 0) return broken.join("; ");
    const again = parseDocument(document, tools);
    return shown(parsed) === shown(again) ? null : "two parses differ";
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (inner instanceof Map ? [...inner] : inner));
}
