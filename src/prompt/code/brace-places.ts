/** Texts whose places stand in braces, as libraries of the JVM write them. */
import type { Engine } from "../embedded.ts";
import { holeOf, TextRun } from "../str-format.ts";

/**
 * `{{name}}`, and nothing else: LangChain4j's `PromptTemplate` (1.0, `DefaultPromptTemplateFactory`), which also fills the texts
 * of its annotations.
 */
const doubled = /\{\{[ \t]{0,20}([\p{L}_][\p{L}\p{N}_.]{0,200})[ \t]{0,20}\}\}/gu;

export const doubledBracesEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  for (const match of source.slice(range.start, range.end).matchAll(doubled)) {
    const [written, name = ""] = match;
    const start = range.start + match.index;
    run.segment(holeOf(name, name, { start, end: start + written.length }, declared));
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
};

/**
 * `{0}` and `{1,number}`; what stands in single quotes is text, and two of them are one.
 * https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/text/MessageFormat.html
 */
const ofMessageFormat = /''|'|\{(\d{1,3})(?:,[^{}']{0,100})?\}/g;

export const messageFormatEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  let isQuoted = false;
  for (const match of source.slice(range.start, range.end).matchAll(ofMessageFormat)) {
    const [written, position] = match;
    const start = range.start + match.index;
    const place = { start, end: start + written.length };
    if (position === undefined) {
      run.replaced(place, written === "''" ? "'" : "");
      if (written === "'") isQuoted = !isQuoted;
    } else if (!isQuoted) run.segment(holeOf(position, position, place, declared));
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
};
