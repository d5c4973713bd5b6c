/** POML (`.poml`): prompts as XML. What its stylesheets make of the text is known only about. */
import { inComment, readHtmlDirectives } from "../directives.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { afterByteOrderMark } from "../frontmatter.ts";
import { baseName, usageOfPath } from "../names.ts";
import { pomlSegments } from "../poml/segments.ts";
import { readXml } from "../poml/xml.ts";
import { declaredHere, declareSegments } from "../scope-inference.ts";
import type { Template } from "../template.ts";
import type { Parsed } from "../text.ts";

const ending = /\.poml$/i;

function parse(document: SourceDocument): Parsed<readonly Template[]> {
  const { path, text } = document;
  const range = { start: afterByteOrderMark(text), end: text.length };
  const tree = readXml(text, range.start);
  const directives = readHtmlDirectives(text);
  const { value, problems } = pomlSegments(text, tree.value, range.start, directives.value);
  const template: Template = {
    id: path,
    path,
    format: poml.id,
    name: baseName(path).replace(ending, ""),
    range,
    usage: usageOfPath(path) === "partial" ? "partial" : "request",
    segments: declareSegments(value.segments, directives.value, declaredHere),
    samples: value.samples,
    declarations: directives.value,
  };
  return { value: [template], problems: [...tree.problems, ...directives.problems, ...problems] };
}

export const poml: TemplateFormat = {
  id: "poml",
  name: "POML",
  declaring: inComment("<!--", "-->"),
  assumption:
    "POML is rendered about as its Markdown writer does by default: headings, lists and paragraphs may differ by a few tokens, stylesheets are not applied, and files and tables that it reads count as one value.",
  matches: (path) => ending.test(path),
  parse,
};
