/** From the documents of a data file to its templates. */
import type { SourceDocument } from "../format.ts";
import { stemOf } from "../names.ts";
import type { Template } from "../template.ts";
import type { Parsed, Problem } from "../text.ts";
import { findPrompts } from "./find-prompts.ts";
import type { DataNode } from "./nodes.ts";
import type { FoundPrompt } from "./prompt-builder.ts";

/**
 * The templates of all documents of a file. What is wrong with the file itself is said only where it holds a prompt:
 * a broken configuration of something else is no business of ours.
 */
export function dataTemplates(
  document: SourceDocument,
  format: string,
  { value: roots, problems }: Parsed<readonly DataNode[]>,
): Parsed<readonly Template[]> {
  const ids = new Set<string>();
  const found = roots.flatMap((root) => findPrompts(document.path, root));
  const templates = found.map((prompt) => templateOf(document.path, format, prompt, ids));
  const inside = found.flatMap(({ prompt }) => prompt.problems);
  const all: readonly Problem[] = templates.length === 0 ? [] : [...problems, ...inside];
  return { value: templates, problems: all };
}

function templateOf(path: string, format: string, found: FoundPrompt, ids: Set<string>): Template {
  const { keyPath, usage, prompt, samples, tools } = found;
  const { range, segments, declarations, engine, cacheMarkers } = prompt;
  return {
    id: uniqueId(keyPath === "" ? path : `${path}#${keyPath}`, ids),
    path,
    format,
    ...(engine === null ? {} : { engine }),
    name: found.name ?? (keyPath === "" ? stemOf(path) : keyPath),
    range,
    usage,
    segments,
    ...(tools === undefined ? {} : { tools }),
    ...(cacheMarkers.length === 0 ? {} : { cacheMarkers }),
    samples: samples ?? new Map(),
    declarations,
  };
}

/** Several documents of one file, or one key twice, give the same key path. */
function uniqueId(wanted: string, ids: Set<string>): string {
  let id = wanted;
  for (let count = 2; ids.has(id); count++) id = `${wanted}${wanted.includes("#") ? "-" : "#"}${count}`;
  ids.add(id);
  return id;
}
