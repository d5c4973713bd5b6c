/** From the documents of a data file to its templates. */

import { hasArguments } from "../chat/arguments.ts";
import type { SourceDocument } from "../format.ts";
import { stemOf } from "../names.ts";
import { type Declarations, declaredHere, declareSegments } from "../scope-inference.ts";
import type { Template } from "../template.ts";
import { maxTemplates, type Parsed, tooManyTemplates } from "../text.ts";
import { UniqueIds } from "../unique-ids.ts";
import { readCommentScopes } from "./comments.ts";
import { findPrompts } from "./find-prompts.ts";
import type { DataNode } from "./nodes.ts";
import type { FoundPrompt } from "./prompt-builder.ts";
import { scriptedPrompts } from "./promptfoo.ts";

/**
 * The templates of all documents of a file. What is wrong with the file itself is said only where it holds a prompt, or
 * cannot be read at all: a broken configuration of something else is no business of ours.
 */
export function dataTemplates(
  document: SourceDocument,
  format: string,
  { value: roots, problems }: Parsed<readonly DataNode[]>,
  mayBeCaptured = false,
): Parsed<readonly Template[]> {
  const { path, text } = document;
  const found: FoundPrompt[] = [];
  for (const root of roots) {
    for (const prompt of findPrompts(path, root, mayBeCaptured)) found.push(prompt);
    if (found.length > maxTemplates) return { value: [], problems: [tooManyTemplates] };
  }
  const declared = readCommentScopes(text, roots);
  const templates = templatesOf(path, format, found).map((template) => withScopes(template, declared.value));
  const inside = found.flatMap(({ prompt }) => prompt.problems);
  const scripted = roots.flatMap(scriptedPrompts);
  const isOurs = templates.length > 0 || roots.length === 0 || scripted.length > 0;
  return {
    value: templates,
    problems: isOurs ? [...problems, ...declared.problems, ...inside, ...scripted] : [],
  };
}

/** In the order in which they were found. */
export function templatesOf(
  path: string,
  format: string,
  found: readonly FoundPrompt[],
): readonly Template[] {
  const ids = new UniqueIds();
  return found.map((prompt) => templateOf(path, format, prompt, ids));
}

function templateOf(path: string, format: string, found: FoundPrompt, ids: UniqueIds): Template {
  const { keyPath, usage, prompt, samples, tools, captured, chatArguments } = found;
  const { range, segments, declarations, engine, cacheMarkers } = prompt;
  return {
    id: ids.next(keyPath === "" ? path : `${path}#${keyPath}`),
    path,
    format,
    ...(engine === null ? {} : { engine }),
    name: found.name ?? (keyPath === "" ? stemOf(path) : keyPath),
    range,
    usage,
    segments,
    ...(tools === undefined ? {} : { tools }),
    ...(found.parameters === undefined ? {} : { parameters: found.parameters }),
    ...(hasArguments(chatArguments) ? { chatArguments } : {}),
    ...(cacheMarkers.length > 0 || found.isWhole === true ? { cacheMarkers } : {}),
    ...(captured === undefined ? {} : { captured: [{ ...captured, ...requestOf(path, found) }] }),
    samples: samples ?? new Map(),
    declarations,
  };
}

function requestOf(path: string, { prompt, tools = [], isWhole, parameters }: FoundPrompt) {
  const { range, segments, cacheMarkers } = prompt;
  const isKnown = cacheMarkers.length > 0 || isWhole === true;
  return {
    ...{ path, range, segments, tools },
    ...(isKnown && { cacheMarkers }),
    ...(parameters !== undefined && { parameters }),
  };
}

/** What the template declares itself stands nearer and wins. */
function withScopes(template: Template, declared: Declarations): Template {
  if (declared.size === 0) return template;
  const declarations = new Map([...declared, ...(template.declarations ?? [])]);
  return { ...template, declarations, segments: declareSegments(template.segments, declared, declaredHere) };
}
