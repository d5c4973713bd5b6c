/** Edits that make two prompts begin with one text: each its lines, or a file or a constant that both take in. */

import { constantOf } from "./code/constant.ts";
import type { Rearranged } from "./common-lines.ts";
import type { TemplateFormat } from "./format.ts";
import { editsOf, type TextEdit } from "./move.ts";
import { folderOf } from "./names.ts";
import type { TextRange } from "./text.ts";

/** Text of a document; `null` where there is none. */
type TextOf = (path: string) => string | null;

/** Lines of both moved; nothing where a document cannot be read. */
export function movedEdits(pair: readonly Rearranged[], textOf: TextOf): readonly TextEdit[] {
  return pair.flatMap(({ move }) => {
    const text = textOf(move.path);
    return text === null || move.taken.length === 0 ? [] : editsOf(move, text);
  });
}

export interface SharedText {
  /** As people call it: the file, or the constant. */
  readonly name: string;
  readonly edits: readonly TextEdit[];
}

/** A new file beside both, which they take in; `null` where their format cannot, or they lie apart. */
export function sharedFile(
  pair: readonly Rearranged[],
  { partial }: TemplateFormat,
  textOf: TextOf,
): SharedText | null {
  const paths = pair.map(({ move }) => move.path);
  const [folder] = paths.map(folderOf);
  const isApart = new Set(paths).size < pair.length || paths.some((path) => folderOf(path) !== folder);
  const [first] = pair;
  const text = first === undefined ? null : sourceOf(first.shared, textOf(first.move.path));
  if (partial === undefined || isApart || text === null || !text.endsWith("\n")) return null;
  const inFolder = (file: string) => (folder === "" ? file : `${folder}/${file}`);
  const name = firstFree((stem) => {
    return textOf(inFolder(partial(stem, text, paths[0]!).file)) === null;
  });
  const { file, call, text: newText } = partial(name, text, paths[0]!);
  const path = inFolder(file);
  const edits = pair.flatMap((one) => replaced(one, call, textOf));
  return { name: path, edits: [{ path, range: { start: 0, end: 0 }, newText }, ...edits] };
}

/** A constant of the file of code in which both stand; `null` where they stand in two, or not in such literals. */
export function sharedConstant(
  pair: readonly Rearranged[],
  { languageOf }: TemplateFormat,
  textOf: TextOf,
): SharedText | null {
  const [path, ...others] = new Set(pair.map(({ move }) => move.path));
  const text = path === undefined ? null : textOf(path);
  const language = path === undefined ? undefined : languageOf?.(path);
  if (path === undefined || text === null || language === undefined || others.length > 0) return null;
  const [first] = pair.map(({ shared }) => sourceOf(shared, text));
  const places = pair.map(startOf);
  const constant = constantOf({ language, text, value: first!, places });
  if (constant === null) return null;
  const uses = pair.flatMap((one, at) => replaced(one, constant.uses[at]!, textOf));
  const declaration = {
    path,
    range: { start: constant.at, end: constant.at },
    newText: constant.declaration,
  };
  const openings = constant.openings.map((edit) => ({ path, ...edit }));
  return { name: constant.name, edits: [declaration, ...openings, ...uses] };
}

/** The lines that are shared by `call`, with what was moved behind it. */
function replaced(one: Rearranged, call: string, textOf: TextOf): readonly TextEdit[] {
  const { shared } = one;
  const { path, taken, put } = one.move;
  const moved = sourceOf(put, textOf(path)) ?? "";
  const first = startOf(one);
  return [
    ...[...shared, ...taken].map((range) => ({ path, range, newText: "" })),
    { path, range: { start: first, end: first }, newText: `${call}${moved}` },
  ].sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
}

/** Of the lines that are shared or moved. */
function startOf({ move, shared }: Rearranged): number {
  return Math.min(...[...shared, ...move.taken].map(({ start }) => start));
}

function sourceOf(ranges: readonly TextRange[], text: string | null): string | null {
  return text === null ? null : ranges.map(({ start, end }) => text.slice(start, end)).join("");
}

const stem = "shared-beginning";

function firstFree(isFree: (name: string) => boolean): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? stem : `${stem}-${number}`;
    if (isFree(name)) return name;
  }
}
