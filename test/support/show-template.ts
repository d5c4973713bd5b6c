import { noTools } from "../../src/prompt/format.ts";
import { parseDocument } from "../../src/prompt/registry.ts";
import type { Template } from "../../src/prompt/template.ts";
import { printSegments } from "./print-segments.ts";

/** A document as its segments, and its problems with the text that they point at. */
export function showTemplate(path: string, text: string, tools = noTools): string {
  const { value, problems } = parseDocument({ path, text }, tools);
  return [
    ...value.map((template) => printSegments(template.segments)),
    ...problems.map(({ range, severity, message }) => {
      return `${severity} at ${JSON.stringify(text.slice(range.start, range.end))}: ${message}`;
    }),
  ].join("\n");
}

/** The one template of a document. */
export function readTemplate(path: string, text: string, tools = noTools): Template {
  const [template, ...others] = parseDocument({ path, text }, tools).value;
  if (template === undefined || others.length > 0) throw new Error(`${path} does not hold one template`);
  return template;
}
