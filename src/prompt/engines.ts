/** The template languages that render text inside of other files, and how to tell them where nothing names one. */
import { opencodeCommandEngine, opencodePromptEngine } from "./agent-references.ts";
import { difyEngine, n8nEngine, n8nExpressionEngine, rivetEngine } from "./builder-places.ts";
import { readCurly } from "./curly/segments.ts";
import { type Engine, plainEngine } from "./embedded.ts";
import { flowiseAgentEngine, flowiseChainEngine } from "./flowise-places.ts";
import { dotpromptHelpers } from "./formats/dotprompt.ts";
import { messageBlocks } from "./formats/handlebars.ts";
import { geminiCommandEngine } from "./gemini-command.ts";
import { goTemplateEngine, looksLikeGoTemplate } from "./go-template.ts";
import { readJinja } from "./jinja/segments.ts";
import { latexGroups, withoutLatexGroups } from "./latex.ts";
import { readLiquid } from "./liquid/segments.ts";
import { semanticKernelEngine } from "./semantic-kernel.ts";
import { lexFormatString, namedPlacesEngine, strFormatEngine } from "./str-format.ts";

/** Those that files of their own are in, too, are called as the formats are. */
export type EngineName =
  | "jinja"
  | "jinja-whole"
  | "liquid"
  | "handlebars"
  | "mustache"
  | "str-format"
  | "named-places"
  | "semantic-kernel"
  | "n8n"
  | "n8n-expression"
  | "dify"
  | "flowise-chain"
  | "flowise-agent"
  | "rivet"
  | "gemini-command"
  | "go-template"
  | "opencode-prompt"
  | "opencode-command"
  | "dotprompt"
  | "plain";

export const engines: Readonly<Record<EngineName, Engine>> = {
  jinja: readJinja,
  "jinja-whole": readWholeJinja,
  liquid: readLiquid,
  handlebars: (path, source, range, declared) =>
    readCurly(path, source, range, "handlebars", messageBlocks, declared),
  mustache: (path, source, range, declared) =>
    readCurly(path, source, range, "mustache", undefined, declared),
  "str-format": strFormatEngine,
  "named-places": namedPlacesEngine,
  "semantic-kernel": semanticKernelEngine,
  dotprompt: (path, source, range, declared) =>
    readCurly(path, source, range, "handlebars", dotpromptHelpers, declared),
  n8n: n8nEngine,
  "n8n-expression": n8nExpressionEngine,
  dify: difyEngine,
  "flowise-chain": flowiseChainEngine,
  "flowise-agent": flowiseAgentEngine,
  rivet: rivetEngine,
  "gemini-command": geminiCommandEngine,
  "go-template": goTemplateEngine,
  "opencode-prompt": opencodePromptEngine,
  "opencode-command": opencodeCommandEngine,
  plain: plainEngine,
};

/** Jinja2 as set up to keep a newline at the end (`keep_trailing_newline`): it then drops the one that is added here. */
function readWholeJinja(...[path, source, { start, end }, declared]: Parameters<Engine>): ReturnType<Engine> {
  return readJinja(path, `${source.slice(0, end)}\n`, { start, end: end + 1 }, declared);
}

/** Doubled braces around a name, with filters or a call: Jinja2, Nunjucks, Mustache alike. */
const doubledName = /\{\{[-~]?\s*[\p{L}_][\p{L}\p{N}_.[\]'"]*\s*(?:[|(+~}-]|\}\}|if\b)/u;
const kernelVariable = /\{\{\s*\$\w/;
/** Tags that Liquid has and Jinja2 has not. */
const liquidTag = /\{%-?\s*(?:assign|capture|unless|case|render|comment|endcomment|elsif)\b/;
const jinjaTag = /\{%[-+]?\s*[a-z]+|\{#-?\s/;
const curlySection = /\{\{~?\s*[#^/>!&]|\{\{\{\s*[\p{L}_]/u;

/** Braces around words of prose, as in `{score of the answer}`: there, braces say what the model shall fill in. */
const proseInBraces = /\{[^{}"':\n]{0,200}\p{L} \p{L}[^{}"':\n]{0,200}\}/u;
const fieldName = /^[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*|\[[\w-]+\])*$/u;

/**
 * The engine that text speaks of. Single braces count where each holds a name; where the text also has doubled ones
 * around other things (JSON, code), these are how `str.format` writes a brace.
 */
export function engineNameFor(text: string): EngineName {
  if (!/[{]/.test(text)) return "plain";
  if (liquidTag.test(text)) return "liquid";
  if (jinjaTag.test(text)) return "jinja";
  if (looksLikeGoTemplate(text)) return "go-template";
  if (kernelVariable.test(text)) return "semantic-kernel";
  const outside = withoutLatexGroups(text);
  if (curlySection.test(outside)) return "handlebars";
  if (doubledName.test(outside)) return "jinja";
  if (proseInBraces.test(text)) return "plain";
  const { tokens, problems } = lexFormatString(text, { start: 0, end: text.length });
  const fields = tokens.filter(({ kind }) => kind === "field");
  const groups = latexGroups(text);
  const named = fields.filter(({ name, range }) => fieldName.test(name) && !groups.has(range.start));
  if (named.length === 0) return "plain";
  const hasDoubled = tokens.some(({ kind }) => kind === "brace");
  return hasDoubled && problems.length === 0 && named.length === fields.length
    ? "str-format"
    : "named-places";
}
