/** Prompts in plain files, with or without named places in braces. */
import { inFrontmatter, readFrontmatterScopes, readHtmlDirectives } from "../directives.ts";
import type { Engine } from "../embedded.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { readFrontmatter } from "../frontmatter.ts";
import { goTemplateEngine, looksLikeGoTemplate } from "../go-template.ts";
import { isHarmony, splitAtHarmony } from "../harmony.ts";
import { hasJinjaStatements } from "../jinja/in-prose.ts";
import { readJinja } from "../jinja/segments.ts";
import { latexGroups } from "../latex.ts";
import { codeRanges, within } from "../markdown-code.ts";
import {
  baseName,
  folders,
  isDocumentation,
  isInManual,
  isInPromptFolder,
  splitWords,
  stemOf,
  usageOfPath,
} from "../names.ts";
import { declaredHere, declareSegments, inferScope, isHistoryName } from "../scope-inference.ts";
import { appendText } from "../segments.ts";
import type { Segment, Template } from "../template.ts";
import type { Parsed } from "../text.ts";
import { goTemplate } from "./go-template.ts";
import { jinja } from "./jinja.ts";

const systemNames = /^system(?: (?:prompt|message|instructions?))?(?: v?\d+)*$/;

/** Who instructions are written for, when they are a prompt: `scheduling-assistant-instructions.txt`. */
const instructed = new Set(["agent", "assistant", "bot", "chatbot", "copilot", "model"]);

/** Names of files that programs read by their whole name, such as `preprompts/clarify`. */
const withoutEnding = /^[a-z][a-z0-9_-]*$/;
const toolFiles = new Set([
  "makefile",
  "dockerfile",
  "justfile",
  "procfile",
  "gemfile",
  "rakefile",
  "vagrantfile",
]);

/** `agents/planner/instructions.txt`: the folder says whose they are. */
function isOfAgent(path: string, words: readonly string[]): boolean {
  const above = folders(path).slice(-2).flatMap(splitWords);
  return words.length === 1 && above.some((word) => instructed.has(word.replace(/s$/, "")));
}

/**
 * Outside a folder of prompts the name must say it: `summary-prompt.md` and `system.md` are prompts,
 * `prompt-engineering.md` and `system-requirements.md` are about something.
 */
function matches(path: string): boolean {
  const name = baseName(path).toLowerCase();
  const ending = /\.(txt|md|prompt\.txt|harmony)$/.exec(name);
  if (isDocumentation(path)) return false;
  if (ending === null) return withoutEnding.test(name) && !toolFiles.has(name) && isInPromptFolder(path);
  if (isInPromptFolder(path)) return true;
  if (name.endsWith(".prompt.txt")) return true;
  if (isInManual(path)) return false;
  const words = splitWords(stemOf(path));
  if (systemNames.test(words.join(" "))) return true;
  const last = words.at(-1);
  if (last === "prompt" || (last === "prompts" && words.length > 1)) return true;
  if (last === "instructions" && (words.some((word) => instructed.has(word)) || isOfAgent(path, words)))
    return true;
  return name.endsWith(".txt") && words.includes("prompt");
}

/** Which braces name a place in this file: the double ones where there are any, as single ones are then literal. */
const doubled = /\{\{\s*([\p{L}_][\p{L}\p{N}_.]*)\s*\}\}/gu;
const single = /(?<![{$\\])\{([\p{L}_][\p{L}\p{N}_.]*)\}(?!\})/gu;

/** Braces around words of prose, as in `{score of the answer}`: there, braces say what the model shall fill in. */
const prose = /\{[^{}"':\n]{0,200}\p{L} \p{L}[^{}"':\n]{0,200}\}/u;

/** Braces around a list, as in `{kitchen, bathroom}`; what is one of its items stands elsewhere in braces as a list of one. */
const lists = /\{([\p{L}_][^{}"':\n]{0,200},[^{}"':\n]{0,200})\}/gu;

function listsItsNames(body: string): boolean {
  const items = new Set(
    [...body.matchAll(lists)].flatMap(([, list]) => list!.split(",").map((item) => item.trim())),
  );
  return items.size > 0 && [...body.matchAll(single)].some(([, name]) => items.has(name!));
}

function cut(source: string, start: number): readonly Segment[] {
  const body = source.slice(start);
  const groups = latexGroups(body);
  const places = (pattern: RegExp) => [...body.matchAll(pattern)].filter(({ index }) => !groups.has(index));
  const inDoubled = places(doubled);
  const isDoubled = inDoubled.length > 0;
  const inCode = within(isDoubled ? [] : codeRanges(source, start));
  const segments: Segment[] = [];
  let at = start;
  const isText = !isDoubled && (prose.test(body) || listsItsNames(body));
  const matches = isText ? [] : isDoubled ? inDoubled : places(single);
  for (const match of matches) {
    const range = { start: start + match.index, end: start + match.index + match[0].length };
    if (inCode(range.start)) continue;
    const name = match[1]!;
    appendText(segments, source, at, range.start);
    segments.push({
      kind: "hole",
      range,
      form: isHistoryName(name) ? "history" : "variable",
      name,
      expression: name,
      scope: inferScope(name),
    });
    at = range.end;
  }
  appendText(segments, source, at, source.length);
  return segments;
}

/** The template language that its statements speak, and the format of the files that it includes. */
function languageOf(text: string): { readonly engine: Engine; readonly format: string } | null {
  if (looksLikeGoTemplate(text)) return { engine: goTemplateEngine, format: goTemplate.id };
  return hasJinjaStatements(text) ? { engine: readJinja, format: jinja.id } : null;
}

function parse(document: SourceDocument): Parsed<readonly Template[]> {
  const { path, text } = document;
  const { value: front, problems } = readFrontmatter(text);
  const directives = readHtmlDirectives(text);
  const scopes = readFrontmatterScopes(text, front);
  const declarations = new Map([...scopes.value, ...directives.value]);
  const range = { start: front.bodyStart, end: text.length };
  const language = languageOf(text);
  const read = language?.engine(path, text, range, declarations);
  const segments =
    read?.value.segments ?? declareSegments(cut(text, front.bodyStart), declarations, declaredHere);
  const isChat = isHarmony(text.slice(front.bodyStart));
  const template: Template = {
    id: path,
    path,
    format: plainText.id,
    name: baseName(path),
    ...(language !== null && { engine: language.format }),
    range,
    usage: isChat ? "request" : usageOfPath(path),
    segments: isChat ? splitAtHarmony(segments, text) : segments,
    samples: new Map(),
  };
  return {
    value: [template],
    problems: [...problems, ...scopes.problems, ...directives.problems, ...(read?.problems ?? [])],
  };
}

/** Code and data carry their endings; what has none may be a script or a program. */
const notProse = /^\s*(?:#!|[{[<]|[\w-]+\s*=)|\0/;

export const plainText: TemplateFormat = {
  id: "plain-text",
  name: "Plain text",
  takesMarks: true,
  matches,
  mayHold: (text, path) => baseName(path).includes(".") || !notProse.test(text.slice(0, 1000)),
  declaring: inFrontmatter,
  parse,
};
