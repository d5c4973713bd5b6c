/** Handlebars files that hold prompts, with Semantic Kernel's message blocks and tags. */

import type { Helpers } from "../curly/evaluator.ts";
import { literalOf } from "../curly/expression.ts";
import { readCurly } from "../curly/segments.ts";
import { inComment, readFrontmatterScopes } from "../directives.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { readFrontmatter } from "../frontmatter.ts";
import { partialFiles } from "../include-paths.ts";
import { splitAtMessageTags } from "../message-tags.ts";
import { baseName, isInPromptFolder, splitWords, stemOf, usageOfPath } from "../names.ts";
import { roleNamed } from "../role-lines.ts";
import type { Segment, Template } from "../template.ts";
import type { Parsed } from "../text.ts";

const ending = /\.(?:handlebars|hbs)$/;

/** Most Handlebars files are web pages: the folder or the name must speak of prompts. */
function matches(path: string): boolean {
  const name = baseName(path).toLowerCase();
  if (!ending.test(name) || /\.(?:html|tsx?|jsx?|css|json|ya?ml)\.[a-z]+$/.test(name)) return false;
  return (
    isInPromptFolder(path) || splitWords(stemOf(path)).some((word) => /^(?:prompts?|system)$/.test(word))
  );
}

/** `{{#message role="system"}}…{{/message}}` is one message. */
export const messageBlocks: Helpers = (call, range, body) => {
  if (body === null || call.head.kind !== "path" || call.head.path !== "message") return null;
  const role = roleNamed(literalOf(call.named.get("role")) ?? "") ?? "user";
  const end = body[0]?.range.start ?? range.end;
  return [{ kind: "marker", range: { start: range.start, end }, role }, ...body];
};

/** Blank text around message blocks belongs to no message. */
function withoutGaps(segments: readonly Segment[]): readonly Segment[] {
  if (!segments.some((segment) => segment.kind === "marker")) return segments;
  return segments.filter((segment, index) => {
    const next = segments[index + 1];
    const isBlank = segment.kind === "text" && segment.text.trim() === "";
    return !isBlank || (next !== undefined && next.kind !== "marker");
  });
}

function parse(document: SourceDocument): Parsed<readonly Template[]> {
  const { path, text } = document;
  const { value: front, problems } = readFrontmatter(text);
  const range = { start: front.bodyStart, end: text.length };
  const declared = readFrontmatterScopes(text, front);
  const body = readCurly(path, text, range, "handlebars", messageBlocks, declared.value);
  const segments = withoutGaps(splitAtMessageTags(body.value.segments));
  const isChat = segments.some((segment) => segment.kind === "marker");
  const template: Template = {
    id: path,
    path,
    format: handlebars.id,
    name: baseName(path).replace(ending, ""),
    range,
    usage: isChat ? "request" : usageOfPath(path),
    segments,
    samples: new Map(),
    declarations: body.value.declarations,
  };
  return { value: [template], problems: [...problems, ...declared.problems, ...body.problems] };
}

export const handlebars: TemplateFormat = {
  id: "handlebars",
  name: "Handlebars",
  takesMarks: true,
  declaring: inComment("{{!", "}}"),
  matches,
  filesOf: (target) => partialFiles(target, [".hbs", ".handlebars"]),
  // A tag that stands alone takes its line break with it.
  partial: (name, text) => ({ file: `${name}.hbs`, call: `{{> ${name}}}\n`, text }),
  parse,
};
