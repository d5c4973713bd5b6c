/** Prompts as Go's templates: files of their own, among prompts or called so. */
import { inFrontmatter, readFrontmatterScopes } from "../directives.ts";
import type { TemplateFormat } from "../format.ts";
import { readFrontmatter } from "../frontmatter.ts";
import { goTemplateEngine, looksLikeGoTemplate } from "../go-template.ts";
import {
  baseName,
  folders,
  isDocumentation,
  isInPromptFolder,
  ofAgents,
  splitWords,
  stemOf,
  usageOfPath,
} from "../names.ts";
import { speaksToModel } from "../speaks-of-prompts.ts";
import type { Template } from "../template.ts";

const ending = /\.(?:tmpl|gotmpl|gotpl|gotxt|tpl)$/;

/** What a name says before its ending: Go renders pages and settings too. */
const proseEndings = new Set(["md", "txt", "prompt", "system", "user", "assistant", "xml"]);
const tellingWords = new Set(["prompt", "prompts", "system", "instructions", "assistant", "agent"]);

function matches(path: string): boolean {
  const name = baseName(path).toLowerCase();
  if (!ending.test(name) || isDocumentation(path)) return false;
  const stem = name.replace(ending, "");
  const inner = /\.([a-z0-9]+)$/.exec(stem)?.[1];
  if (inner !== undefined && !/^v?\d+$/.test(inner) && !proseEndings.has(inner)) return false;
  return true;
}

/** Its place says so, its name, or that it speaks to a model in Go's language. */
function mayHold(text: string, path: string): boolean {
  if (notProse.test(text.slice(0, 200))) return false;
  if (isInPromptFolder(path) || splitWords(stemOf(path)).some((word) => tellingWords.has(word))) return true;
  // What describes a tool is a part of others' requests.
  if (folders(path).at(-1) === "tools") return false;
  return (
    speaksToModel(text) && (folders(path).some((folder) => ofAgents.has(folder)) || looksLikeGoTemplate(text))
  );
}

/** Scripts, pages and settings give themselves away in their first line. */
const notProse = /^\s*(?:#!|FROM [\w{]|<!DOCTYPE html|<html|apiVersion:|package \w|\[Unit\])/i;

export const goTemplate: TemplateFormat = {
  id: "go-template",
  name: "Go template",
  takesMarks: true,
  declaring: inFrontmatter,
  matches,
  mayHold,
  filesOf: (target) => [target, `${target}.tmpl`, `${target}.gotmpl`, `${target}.md`, `${target}.txt`],
  parse: ({ path, text }) => {
    const { value: front, problems } = readFrontmatter(text);
    const scopes = readFrontmatterScopes(text, front);
    const range = { start: front.bodyStart, end: text.length };
    const read = goTemplateEngine(path, text, range, scopes.value);
    const template: Template = {
      id: path,
      path,
      format: goTemplate.id,
      name: baseName(path).replace(ending, ""),
      range,
      usage: usageOfPath(path),
      segments: read.value.segments,
      samples: new Map(),
      declarations: scopes.value,
    };
    return { value: [template], problems: [...problems, ...scopes.problems, ...read.problems] };
  },
};
