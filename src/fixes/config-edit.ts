/** Changes of promptcache.json. */
import { applyEdits, type Edit, type JSONPath, modify, parse } from "jsonc-parser";
import type { TextEdit } from "../prompt/move.ts";
import { commonEnds } from "../prompt/text.ts";
import { indentOf } from "./indent.ts";

export interface ConfigFile {
  readonly path: string;
  /** `null` where there is none yet. */
  readonly text: string | null;
}

/** The file with these values; comments and everything else stay. */
export function configEdits(
  { path, text }: ConfigFile,
  values: readonly (readonly [at: JSONPath, value: unknown])[],
): readonly TextEdit[] {
  const before = text === null || text.trim() === "" ? "{}\n" : text;
  const formattingOptions = { insertSpaces: !/^\t/m.test(before), tabSize: indentOf(before), eol: "\n" };
  let after = before;
  for (const [at, value] of values) {
    const isNew = at.at(-1) === -1;
    const list: unknown = isNew ? valueAt(after, at.slice(0, -1)) : undefined;
    // The end of a list that is not there is its first place.
    const place = isNew ? [...at.slice(0, -1), Array.isArray(list) ? list.length : 0] : at;
    const edits: Edit[] =
      isNew && !Array.isArray(list)
        ? modify(after, at.slice(0, -1), [value], { formattingOptions })
        : modify(after, place, value, { formattingOptions, isArrayInsertion: isNew });
    after = applyEdits(after, edits);
  }
  return [{ path, ...changeBetween(text ?? "", after) }];
}

function valueAt(text: string, path: JSONPath): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    parse(text, [], { allowTrailingComma: true }),
  );
}

/** The smallest change that makes one text of the other. */
export function changeBetween(before: string, after: string): Pick<TextEdit, "range" | "newText"> {
  const { head, tail } = commonEnds(before, after);
  const range = { start: head, end: before.length - tail };
  return { range, newText: after.slice(head, after.length - tail) };
}
