/** Every prompt format that is understood. A new one is one line here. */
import type { SourceDocument, TemplateFormat } from "./format.ts";
import { dotprompt } from "./formats/dotprompt.ts";
import { handlebars } from "./formats/handlebars.ts";
import { jinja } from "./formats/jinja.ts";
import { markdownInstructions } from "./formats/markdown-instructions.ts";
import { mustache } from "./formats/mustache.ts";
import { plainText } from "./formats/plain-text.ts";
import { prompty } from "./formats/prompty.ts";
import type { Template } from "./template.ts";
import type { Parsed } from "./text.ts";

/** In order of precedence: `x.prompt.md` belongs to Markdown before any other format sees it. */
export const formats: readonly TemplateFormat[] = [
  markdownInstructions,
  prompty,
  dotprompt,
  jinja,
  handlebars,
  mustache,
  plainText,
];

/** The format of a file by its path; `null` for files that are no prompts. */
export function formatFor(path: string): TemplateFormat | null {
  return formats.find((format) => format.matches(path)) ?? null;
}

/** The templates of a document, and its problems in order; none for a file that is no prompt. Never throws. */
export function parseDocument(document: SourceDocument): Parsed<readonly Template[]> {
  const format = formatFor(document.path);
  if (format === null) return { value: [], problems: [] };
  const { value, problems } = format.parse(document);
  return { value, problems: problems.toSorted((a, b) => a.range.start - b.range.start) };
}
