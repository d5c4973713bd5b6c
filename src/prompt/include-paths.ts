/** Where a template that others name may lie. */
import { moduleFiles as javascriptFiles } from "./code/javascript/module-paths.ts";
import { folderOf } from "./names.ts";
import type { Template } from "./template.ts";

/** Where a target may lie, best first. `escapes` when it leads out of the workspace from its own folder. */
export function candidatesFor(
  target: string,
  template: Pick<Template, "path" | "format">,
  roots: readonly string[],
): { candidates: readonly string[]; escapes: boolean } {
  const folder = folderOf(template.path);
  const isRelative = /^\.\.?\//.test(target);
  const isOutside = target.startsWith("~") || /^(?:[A-Za-z]:|\\)/.test(target);
  if (isOutside) return { candidates: [], escapes: true };
  const above = folder === "" ? [""] : [...ancestors(folder), ""];
  const bases = target.startsWith("/") ? [""] : isRelative ? [folder] : [...above, ...roots];
  const spellings = spellingsOf(target, template.format);
  const candidates = new Set<string>();
  let escapes = false;
  for (const base of bases) {
    for (const spelling of spellings) {
      const path = normalize(base === "" ? spelling : `${base}/${spelling}`);
      if (path === null) escapes = true;
      else candidates.add(path);
    }
  }
  return { candidates: [...candidates], escapes };
}

function ancestors(folder: string): readonly string[] {
  const list: string[] = [];
  for (let at = folder; at !== ""; at = folderOf(at)) list.push(at);
  return list;
}

/** Partials are named without ending and, in Dotprompt, without the underscore of their files. */
function spellingsOf(target: string, format: string): readonly string[] {
  const modules = moduleFiles[format];
  if (modules !== undefined) return modules(target);
  const endings = partialEndings[format];
  if (endings === undefined) return [target];
  const slash = target.lastIndexOf("/") + 1;
  const [folder, name] = [target.slice(0, slash), target.slice(slash)];
  const names = endings.flatMap((ending) => [`_${name}${ending}`, `${name}${ending}`]);
  return ["", "partials/", "_partials/"].flatMap((inner) => names.map((file) => `${folder}${inner}${file}`));
}

/** Files that a module of code may be, by its path without ending. */
const moduleFiles: Readonly<Record<string, (module: string) => readonly string[]>> = {
  javascript: javascriptFiles,
  python: (module) =>
    module.endsWith("/") ? [`${module}__init__.py`] : [`${module}.py`, `${module}/__init__.py`],
};

const partialEndings: Readonly<Record<string, readonly string[]>> = {
  dotprompt: [".prompt"],
  handlebars: [".hbs", ".handlebars"],
  mustache: [".mustache"],
  liquid: [".liquid", ""],
};

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
