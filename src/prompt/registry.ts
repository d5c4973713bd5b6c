/** Every prompt format that is understood. A new one is one line here. */

import { cSharp } from "./code/languages/c-sharp.ts";
import { go } from "./code/languages/go.ts";
import { java } from "./code/languages/java.ts";
import { javascript } from "./code/languages/javascript.ts";
import { kotlin } from "./code/languages/kotlin.ts";
import { php } from "./code/languages/php.ts";
import { python } from "./code/languages/python.ts";
import { ruby } from "./code/languages/ruby.ts";
import { rust } from "./code/languages/rust.ts";
import { noTools, type ParseTools, type SourceDocument, type TemplateFormat } from "./format.ts";
import { baml } from "./formats/baml.ts";
import { chatTemplate } from "./formats/chat-template.ts";
import { dotprompt } from "./formats/dotprompt.ts";
import { goTemplate } from "./formats/go-template.ts";
import { handlebars } from "./formats/handlebars.ts";
import { jinja } from "./formats/jinja.ts";
import { jinjaMarkdown } from "./formats/jinja-markdown.ts";
import { json } from "./formats/json.ts";
import { jsonLines } from "./formats/json-lines.ts";
import { liquid } from "./formats/liquid.ts";
import { markdownInstructions } from "./formats/markdown-instructions.ts";
import { mustache } from "./formats/mustache.ts";
import { notebook } from "./formats/notebook.ts";
import { plainText } from "./formats/plain-text.ts";
import { poml } from "./formats/poml.ts";
import { prompty } from "./formats/prompty.ts";
import { semanticKernel } from "./formats/semantic-kernel.ts";
import { stringTemplate } from "./formats/string-template.ts";
import { toml } from "./formats/toml.ts";
import { yaml } from "./formats/yaml.ts";
import type { Segment, Template } from "./template.ts";
import { fewProblems, maxPlaces, maxTemplates, type Parsed, type Problem, tooManyTemplates } from "./text.ts";

/** In order of precedence: `x.prompt.md` belongs to Markdown before any other format sees it. */
export const formats: readonly TemplateFormat[] = [
  markdownInstructions,
  prompty,
  dotprompt,
  baml,
  poml,
  jinja,
  chatTemplate,
  handlebars,
  liquid,
  mustache,
  goTemplate,
  stringTemplate,
  semanticKernel,
  plainText,
  jinjaMarkdown,
  python,
  notebook,
  javascript,
  go,
  cSharp,
  rust,
  ruby,
  php,
  java,
  kotlin,
  yaml,
  json,
  toml,
  jsonLines,
];

export function findFormat(id: string): TemplateFormat | undefined {
  return formats.find((format) => format.id === id);
}

/** The format that the workspace gives to the file at a path; `null` where it leaves that to the formats. */
export type AssignedFormat = (path: string) => TemplateFormat | null;

const noneAssigned: AssignedFormat = () => null;

/** The first format that a file may be in by its path; `null` for files that are no prompts, which need not be read. */
export function formatFor(path: string, assigned = noneAssigned): TemplateFormat | null {
  return assigned(path) ?? formats.find((format) => format.matches(path)) ?? null;
}

/** The format that a document is in; `null` for documents that hold no prompts. */
export function formatOf({ path, text }: SourceDocument, assigned = noneAssigned): TemplateFormat | null {
  const isIn = (format: TemplateFormat) => format.matches(path) && format.mayHold?.(text, path) !== false;
  return assigned(path) ?? formats.find(isIn) ?? null;
}

/** Why a document that is in no format is not read, though it speaks of prompts; `null` for one that holds none. */
export function refusalOf({ path, text }: SourceDocument): string | null {
  for (const format of formats) {
    const reason = format.matches(path) ? (format.refuses?.(text) ?? null) : null;
    if (reason !== null) return reason;
  }
  return null;
}

/** The templates of a document, and its problems in order; none for a file that is no prompt. Never throws. */
export function parseDocument(
  document: SourceDocument,
  tools: ParseTools = noTools,
  assigned = noneAssigned,
): Parsed<readonly Template[]> {
  const format = formatOf(document, assigned);
  if (format === null) return { value: [], problems: [] };
  const parsed = format.parse(document, tools);
  if (parsed.value.length > maxTemplates) return { value: [], problems: [tooManyTemplates] };
  const crowded = new Set(parsed.value.filter((template) => !hasFewPlaces(template)));
  const value = parsed.value.filter((template) => !crowded.has(template));
  const problems = [...parsed.problems, ...[...crowded].map(tooCrowded)].toSorted(
    (a, b) => a.range.start - b.range.start,
  );
  return { value, problems: fewProblems(problems) };
}

/** Tools of one request: each is a text that stands in front of everything. */
const maxTools = 500;

function hasFewPlaces({ segments, tools = [] }: Template): boolean {
  if (tools.length > maxTools) return false;
  let places = 0;
  const open: (readonly Segment[])[] = [segments];
  for (let list = open.pop(); list !== undefined && places <= maxPlaces; list = open.pop()) {
    places += list.length;
    for (const segment of list) {
      if (segment.kind === "block") open.push(segment.body, segment.otherwise);
      else if (segment.kind === "include" && segment.resolved !== null) open.push(segment.resolved.segments);
    }
  }
  return places <= maxPlaces;
}

function tooCrowded({ name, range: { start } }: Template): Problem {
  const message = `\`${name}\` has more than ${maxPlaces} texts and holes, or more than ${maxTools} tools, so it is not analysed: split it.`;
  return { range: { start, end: start }, severity: "warning", message };
}
