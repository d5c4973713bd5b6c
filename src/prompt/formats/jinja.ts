/** Jinja2 files, with promptflow's role lines where a file begins with one. */
import { inComment } from "../directives.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { afterByteOrderMark } from "../frontmatter.ts";
import { readJinja } from "../jinja/segments.ts";
import { baseName, isDocumentation, isInPromptFolder, splitWords, usageOfPath } from "../names.ts";
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

/** A loop up to where its list begins, and as much of that as is a name. */
const loopHead = /\{%[-+]?\s*for\s[\w,\s]*/g;
const overMessages = /[\w,]\s+in\s+(?:messages|loop_messages)\b/;
const specialToken = /<\|[^|<>\s]{1,80}\|>|<｜[^｜<>\s]{1,80}｜>|\[INST\]|<start_of_turn>|\b[be]os_token\b/;

/** A model's chat template is no prompt: it alone speaks of a prompt for the model's turn, and of tokens around messages. */
export function isChatTemplate(text: string, path: string): boolean {
  const name = baseName(path).toLowerCase();
  if (/^chat_template\b/.test(name) || text.includes("add_generation_prompt")) return true;
  // Among prompts, tokens are written out by those who call a model without its chat template.
  return !isInPromptFolder(path) && loopsOverMessages(text) && specialToken.test(text);
}

/** In two steps, because one pattern would try every place of a long blank as the end of the names. */
function loopsOverMessages(text: string): boolean {
  for (const [head] of text.matchAll(loopHead)) if (overMessages.test(head)) return true;
  return false;
}

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
    usage: isChat ? "request" : usageOfPath(path),
    segments,
    samples: value.samples,
    declarations: value.declarations,
  };
  return { value: [template], problems };
}

export const jinja: TemplateFormat = {
  id: "jinja",
  name: "Jinja2",
  takesMarks: true,
  declaring: inComment("{#", "#}"),
  // Of an included file the last line break is left out.
  partial: (name, text, path) => {
    const file = `${name}${ending.exec(path)?.[0] ?? ".j2"}`;
    return { file, call: `{% include "${file}" %}\n`, text };
  },
  matches,
  mayHold: (text, path) => !isChatTemplate(text, path),
  parse,
};
