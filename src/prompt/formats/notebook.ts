/**
 * Prompts in notebooks (nbformat 4): the code cells in their order are one module of Python, with every range in the JSON of the
 * file. Commands of IPython are no Python and are left out, outputs are not looked at.
 */

import { python } from "../code/languages/python.ts";
import { readJsonData } from "../data/json.ts";
import { type DataNode, listAt, type MapNode, stringAt, type TextNode, valueAt } from "../data/nodes.ts";
import { type EmbeddedText, EmbeddedTextBuilder, outerRange, outerSegments } from "../embedded.ts";
import type { ParseTools, SourceDocument, TemplateFormat } from "../format.ts";
import { baseName, folders } from "../names.ts";
import type { CacheMarker, RequestParameter, Template, ToolDefinition } from "../template.ts";
import type { Parsed } from "../text.ts";

/** Copies that Jupyter keeps. */
const checkpoints = ".ipynb_checkpoints";

function matches(path: string): boolean {
  return baseName(path).endsWith(".ipynb") && !folders(path).includes(checkpoints);
}

/** Quotes of code are escaped in JSON. */
const escapedRole = /\\"role\\"/;

function mayHold(text: string, path: string): boolean {
  return python.mayHold!(text, path) || escapedRole.test(text);
}

function parse(document: SourceDocument, tools: ParseTools): Parsed<readonly Template[]> {
  const { path, text } = document;
  const { value: root, problems } = readJsonData(text);
  if (root === null || !isPython(root)) return { value: [], problems };
  const code = codeOf(text, root);
  const parsed = python.parse({ path, text: code.text }, tools);
  return {
    value: parsed.value.map((template) => outerTemplate(code, template)),
    problems: [
      ...problems,
      ...parsed.problems.map((problem) => ({ ...problem, range: outerRange(code, problem.range) })),
    ],
  };
}

/** Whether its kernel takes Python, or a dialect of it as Coconut and Sage are. Old notebooks do not say. */
function isPython(root: DataNode): boolean {
  const metadata = valueAt(root, "metadata");
  const info = valueAt(metadata, "language_info");
  const mode = valueAt(info, "codemirror_mode");
  const said = [
    stringAt(info, "name"),
    stringAt(info, "mimetype"),
    stringAt(info, "codemirror_mode"),
    stringAt(mode, "name"),
    stringAt(valueAt(metadata, "kernelspec"), "language"),
  ].filter((name) => name !== null);
  return said.length === 0 || said.some((name) => /python/i.test(name));
}

/** The code of all cells, a blank line between two. */
function codeOf(source: string, root: DataNode): EmbeddedText {
  const builder = new EmbeddedTextBuilder(source);
  const cells = (listAt(root, "cells")?.items ?? []).filter(isCode);
  for (const cell of cells) {
    const written = valueAt(cell, "source");
    const texts = written?.kind === "list" ? written.items : written === null ? [] : [written];
    const lines = texts.filter((item): item is TextNode => item.kind === "text").flatMap(linesOf);
    addCell(builder, lines);
    const { end } = cell.range;
    builder.unit("\n\n", end, end);
  }
  return builder.build(root.range);
}

function isCode(cell: DataNode): cell is MapNode {
  return cell.kind === "map" && stringAt(cell, "cell_type") === "code";
}

interface Line {
  readonly text: string;
  readonly embedded: EmbeddedText;
  /** In the text of `embedded`. */
  readonly start: number;
}

/** With their ends. */
function linesOf(node: TextNode): Line[] {
  const embedded = node.embedded();
  const lines: Line[] = [];
  for (const { 0: text, index: start } of embedded.text.matchAll(/[^\n]*\n|[^\n]+/g)) {
    lines.push({ text, embedded, start });
  }
  return lines;
}

/** Commands for a whole cell below which there is Python still. */
const pythonCell = /^%%(?:time|timeit|capture|prun|memit)\b/;
const commandLine = /^\s*[%!?]|^[^#'"\n]*\?\s*$/;

function addCell(builder: EmbeddedTextBuilder, lines: readonly Line[]): void {
  const first = lines.find(({ text }) => text.trim() !== "")?.text ?? "";
  if (first.startsWith("%%") && !pythonCell.test(first)) return;
  let quotes: string | null = null;
  for (const { text, embedded, start } of lines) {
    if (quotes === null && commandLine.test(text)) continue;
    quotes = openQuotes(text, quotes);
    add(builder, embedded, start, start + text.length);
  }
}

/** Which of the two kinds of a text of several lines is open behind the line. */
function openQuotes(line: string, before: string | null): string | null {
  let open = before;
  for (const [quotes] of line.matchAll(/"""|'''/g)) {
    if (open === null) open = quotes;
    else if (open === quotes) open = null;
  }
  return open;
}

/** Units of a string of JSON; those that one escape writes stay together. */
function add(
  builder: EmbeddedTextBuilder,
  { text, starts, ends }: EmbeddedText,
  from: number,
  to: number,
): void {
  for (let at = from; at < to; ) {
    const start = starts[at]!;
    let next = at + 1;
    while (next < to && starts[next] === start) next++;
    builder.unit(text.slice(at, next), start, ends[next - 1]!);
    at = next;
  }
}

function outerTemplate(code: EmbeddedText, template: Template): Template {
  const { path, range, segments, tools, cacheMarkers, parameters } = template;
  const outer = <T extends { readonly range: Template["range"] }>(written: T): T => ({
    ...written,
    range: outerRange(code, written.range),
  });
  return {
    ...template,
    format: notebook.id,
    range: outerRange(code, range),
    segments: outerSegments(code, segments, path),
    ...(tools && { tools: tools.map((tool): ToolDefinition => (tool.path === path ? outer(tool) : tool)) }),
    ...(cacheMarkers && {
      cacheMarkers: cacheMarkers.map(
        (marker): CacheMarker => ({
          ...outer(marker),
          end: outerRange(code, { start: marker.end, end: marker.end }).start,
        }),
      ),
    }),
    ...(parameters && { parameters: parameters.map((parameter): RequestParameter => outer(parameter)) }),
  };
}

export const notebook: TemplateFormat = {
  id: "notebook",
  name: "Jupyter notebook",
  matches,
  mayHold,
  languageOf: () => "python",
  doublesBraces: true,
  filesOf: (module) => python.filesOf!(module),
  parse,
};
