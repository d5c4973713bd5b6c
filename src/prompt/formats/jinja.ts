/** Jinja2 files, with promptflow's role lines where a file begins with one. */
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { afterByteOrderMark } from "../frontmatter.ts";
import { readJinja } from "../jinja/segments.ts";
import { baseName, isDocumentation, splitWords, usageOfPath } from "../names.ts";
import { promptflowRoles, splitAtRoleLines } from "../role-lines.ts";
import type { Template } from "../template.ts";
import type { Parsed } from "../text.ts";

const ending = /\.(?:j2|jinja2?)$/;

/** What a name says before its ending, as in `nginx.conf.j2`: files for machines are no prompts. */
const proseEndings = new Set(["md", "txt", "prompt", "xml", "system", "user", "assistant"]);

function matches(path: string): boolean {
  const name = baseName(path).toLowerCase();
  if (!ending.test(name) || isDocumentation(path)) return false;
  const stem = name.replace(ending, "");
  const inner = /\.([a-z0-9]+)$/.exec(stem)?.[1];
  if (inner !== undefined && !/^v?\d+$/.test(inner) && !proseEndings.has(inner)) return false;
  return !splitWords(stem).includes("dockerfile") && !splitWords(stem).includes("makefile");
}

/** Scripts and service definitions that carry no second ending give themselves away in their first line. */
const notProse = /^\s*(?:#!|FROM [\w{]|<!DOCTYPE html|<html|apiVersion:)/i;

function parse(document: SourceDocument): Parsed<readonly Template[]> {
  const { path, text } = document;
  const range = { start: afterByteOrderMark(text), end: text.length };
  if (notProse.test(text.slice(range.start, range.start + 200))) return { value: [], problems: [] };
  const { value, problems } = readJinja(path, text, range);
  const segments = splitAtRoleLines(value.segments, promptflowRoles);
  const isChat = segments.some((segment) => segment.kind === "marker");
  const template: Template = {
    id: path,
    path,
    format: jinja.id,
    name: baseName(path).replace(ending, ""),
    range,
    usage: usageOf(path, text, isChat),
    segments,
    samples: value.samples,
    declarations: value.declarations,
  };
  return { value: [template], problems };
}

/** A model's chat template turns messages into tokens: it is put around prompts, and never sent by itself. */
function usageOf(path: string, text: string, isChat: boolean): Template["usage"] {
  if (text.includes("add_generation_prompt")) return "partial";
  return isChat ? "request" : usageOfPath(path);
}

export const jinja: TemplateFormat = { id: "jinja", name: "Jinja2", matches, parse };
