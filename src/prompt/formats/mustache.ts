/** Mustache files. */
import { readCurly } from "../curly/segments.ts";
import { inComment, readFrontmatterScopes } from "../directives.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { readFrontmatter } from "../frontmatter.ts";
import { partialFiles } from "../include-paths.ts";
import { baseName, usageOfPath } from "../names.ts";
import type { Template } from "../template.ts";
import type { Parsed } from "../text.ts";

const ending = /\.mustache$/;

/** Web pages and configuration are the other uses of Mustache. */
function matches(path: string): boolean {
  const name = baseName(path).toLowerCase();
  return ending.test(name) && !/\.(?:html?|xml|json|ya?ml|css|js|ts|sh|conf)\.mustache$/.test(name);
}

const webPage = /^\s*(?:<!DOCTYPE html|<html|<head|<div|<form)/i;

function parse(document: SourceDocument): Parsed<readonly Template[]> {
  const { path, text } = document;
  const { value: front, problems } = readFrontmatter(text);
  const range = { start: front.bodyStart, end: text.length };
  if (webPage.test(text.slice(range.start, range.start + 200))) return { value: [], problems: [] };
  const declared = readFrontmatterScopes(text, front);
  const body = readCurly(path, text, range, "mustache", undefined, declared.value);
  const template: Template = {
    id: path,
    path,
    format: mustache.id,
    name: baseName(path).replace(ending, ""),
    range,
    usage: usageOfPath(path),
    segments: body.value.segments,
    samples: new Map(),
    declarations: body.value.declarations,
  };
  return { value: [template], problems: [...problems, ...declared.problems, ...body.problems] };
}

export const mustache: TemplateFormat = {
  id: "mustache",
  name: "Mustache",
  takesMarks: true,
  declaring: inComment("{{!", "}}"),
  matches,
  filesOf: (target) => partialFiles(target, [".mustache"]),
  // A tag that stands alone takes its line break with it.
  partial: (name, text) => ({ file: `${name}.mustache`, call: `{{> ${name}}}\n`, text }),
  parse,
};
