/** Where a template that others name may lie. */
import { folderOf } from "./names.ts";

/**
 * Where a target may lie that the file at `path` names, best first. `filesOf` is what its format says of the name.
 * `escapes` when it leads out of the workspace from its own folder.
 */
export function candidatesFor(
  target: string,
  path: string,
  roots: readonly string[],
  filesOf: (target: string) => readonly string[] = (named) => [named],
): { candidates: readonly string[]; escapes: boolean } {
  const folder = folderOf(path);
  const isRelative = /^\.\.?\//.test(target);
  const isOutside = target.startsWith("~") || /^(?:[A-Za-z]:|\\)/.test(target);
  if (isOutside) return { candidates: [], escapes: true };
  const above = folder === "" ? [""] : [...ancestors(folder), ""];
  const bases = target.startsWith("/") ? [""] : isRelative ? [folder] : [...above, ...roots];
  const spellings = filesOf(target);
  const candidates = new Set<string>();
  let escapes = false;
  for (const base of bases) {
    for (const spelling of spellings) {
      const candidate = normalize(base === "" ? spelling : `${base}/${spelling}`);
      if (candidate === null) escapes = true;
      else candidates.add(candidate);
    }
  }
  return { candidates: [...candidates], escapes };
}

function ancestors(folder: string): readonly string[] {
  const list: string[] = [];
  for (let at = folder; at !== ""; at = folderOf(at)) list.push(at);
  return list;
}

/** The underscored and plain files that a partial may be, in its folder and in folders for partials. */
export function partialFiles(target: string, endings: readonly string[]): readonly string[] {
  const slash = target.lastIndexOf("/") + 1;
  const [folder, name] = [target.slice(0, slash), target.slice(slash)];
  const names = endings.flatMap((ending) => [`_${name}${ending}`, `${name}${ending}`]);
  return ["", "partials/", "_partials/"].flatMap((inner) => names.map((file) => `${folder}${inner}${file}`));
}

/** Without `.` and `..`; `null` for a path that leads out of the workspace. */
function normalize(path: string): string | null {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}
