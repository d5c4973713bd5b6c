/** Liquid files that hold prompts, with Semantic Kernel's role lines and message tags. */

import { inFrontmatter, readFrontmatterScopes } from "../directives.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { readFrontmatter } from "../frontmatter.ts";
import { partialFiles } from "../include-paths.ts";
import { readLiquid } from "../liquid/segments.ts";
import {
  baseName,
  folders,
  isDocumentation,
  isInPromptFolder,
  splitWords,
  stemOf,
  usageOfPath,
} from "../names.ts";
import { splitMessages } from "../semantic-kernel-messages.ts";
import type { Template } from "../template.ts";
import type { Parsed } from "../text.ts";

const ending = /\.liquid$/;

/** Text files count only in a folder that is named after the language. */
function matches(path: string): boolean {
  const name = baseName(path).toLowerCase();
  if (isDocumentation(path) || /\.(?:html?|xml|json|ya?ml|css|js|ts|s[ac]ss|svg|conf|sh)\.liquid$/.test(name))
    return false;
  return ending.test(name) || (name.endsWith(".txt") && folders(path).some(speaksOfLiquid));
}

function speaksOfLiquid(folder: string): boolean {
  return splitWords(folder).includes("liquid");
}

const message = /^[ \t]*(?:system|user|assistant|developer)[ \t]*:[ \t]*$|<message\s+role\s*=/im;

/** Most Liquid files are web pages: the folder or the name must speak of prompts, or the text must have messages. */
function mayHold(text: string, path: string): boolean {
  const isNamed =
    isInPromptFolder(path) || splitWords(stemOf(path)).some((word) => /^(?:prompts?|system)$/.test(word));
  return (isNamed && ending.test(path.toLowerCase())) || message.test(text);
}

function parse(document: SourceDocument): Parsed<readonly Template[]> {
  const { path, text } = document;
  const { value: front, problems } = readFrontmatter(text);
  const range = { start: front.bodyStart, end: text.length };
  const declared = readFrontmatterScopes(text, front);
  const body = readLiquid(path, text, range, declared.value);
  const segments = splitMessages(body.value.segments, "liquid");
  const isChat = segments.some((segment) => segment.kind === "marker");
  const template: Template = {
    id: path,
    path,
    format: liquid.id,
    name: baseName(path).replace(ending, ""),
    range,
    usage: isChat ? "request" : usageOfPath(path),
    segments,
    samples: body.value.samples ?? new Map(),
    declarations: body.value.declarations,
  };
  return { value: [template], problems: [...problems, ...declared.problems, ...body.problems] };
}

export const liquid: TemplateFormat = {
  id: "liquid",
  name: "Liquid",
  takesMarks: true,
  declaring: inFrontmatter,
  matches,
  mayHold,
  filesOf: (target) => partialFiles(target, [".liquid", ""]),
  partial: (name, text) => ({
    file: `${name}.liquid`,
    call: `{% render "${name}" %}\n`,
    text: text.replace(/\n$/, ""),
  }),
  parse,
};
