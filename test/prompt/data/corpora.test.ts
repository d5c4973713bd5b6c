import { describe, expect, test } from "vitest";
import { countWords } from "../../../src/prompt/code/prompt-names.ts";
import { readJsonData } from "../../../src/prompt/data/json.ts";
import type { DataNode } from "../../../src/prompt/data/nodes.ts";
import { readYamlData } from "../../../src/prompt/data/yaml.ts";
import type { SourceDocument } from "../../../src/prompt/format.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import type { Segment, TextSegment } from "../../../src/prompt/template.ts";
import type { TextRange } from "../../../src/prompt/text.ts";
import { hasCorpora, readCorpus } from "../../support/corpora.ts";

const folders = [
  "crewai",
  "lm-eval-tasks",
  "promptfoo-style",
  "promptsource",
  "semantic-kernel",
  "smolagents",
  "swe-agent",
];

function documentsOf(folder: string): readonly SourceDocument[] {
  return readCorpus(folder).filter(({ path }) => /\.(?:ya?ml|json)$/.test(path));
}

/** Segments with those that named parts of the document stand for. */
function* everySegment(segments: readonly Segment[]): Generator<Segment> {
  for (const segment of segments) {
    yield segment;
    if (segment.kind === "block") yield* everySegment([...segment.body, ...segment.otherwise]);
    if (segment.kind === "include") yield* everySegment(segment.resolved?.segments ?? []);
  }
}

interface Value {
  readonly keyPath: string;
  readonly text: string;
  readonly range: TextRange;
}

function* valuesOf(node: DataNode, keyPath: string): Generator<Value> {
  if (node.kind === "text") yield { keyPath, text: node.value, range: node.range };
  else if (node.kind === "list") for (const item of node.items) yield* valuesOf(item, `${keyPath}[]`);
  else if (node.kind === "map") {
    for (const { key, value } of node.entries) yield* valuesOf(value, `${keyPath}.${key}`);
  }
}

/** Names, sources, answers, and descriptions of inputs and of tools: nothing that is sent as a prompt. */
const noPrompts =
  /\.(?:name|reference|answer_choices|doc_to_target|description|summary|title|value|regex_pattern)$|\.(?:info|paths|components|input_variables|input|execution_settings)\b/;

/** Texts of some words that no template of their file holds. */
function missedIn(document: SourceDocument): readonly string[] {
  const { path, text } = document;
  const segments = parseDocument(document).value.flatMap((template) => [...everySegment(template.segments)]);
  const isHeld = ({ start, end }: TextRange) =>
    segments.some(({ range }) => start <= range.start && range.end <= end && range.start < range.end);
  const roots = path.endsWith(".json") ? [readJsonData(text).value!] : readYamlData(text).value;
  return roots
    .flatMap((root) => [...valuesOf(root, "")])
    .filter((value) => /\s/.test(value.text.trim()) && countWords(value.text) >= 4)
    .filter(({ keyPath, range }) => !noPrompts.test(keyPath) && !isHeld(range))
    .map((value) => `${path.split("/").at(-1)} ${value.keyPath}: ${JSON.stringify(value.text.slice(0, 60))}`);
}

describe.skipIf(!hasCorpora())("YAML and JSON of other projects", () => {
  test("which texts of some words are no templates", () => {
    const missed = folders.flatMap((folder) => documentsOf(folder).flatMap(missedIn));
    expect(missed).toMatchInlineSnapshot(`
      [
        "en.json .planning.step_executor_context_header: "\\n## Context from previous steps:"",
        "tasks.yaml .research_task.guardrail: "ensure each bullet contains its source"",
      ]
    `);
  });

  test.each(folders)("%s: every unit of text is written where its offset says", (folder) => {
    for (const document of documentsOf(folder)) {
      for (const template of parseDocument(document).value) {
        for (const segment of everySegment(template.segments)) {
          if (segment.kind === "text") expectWritten(document, segment);
        }
      }
    }
  });
});

/** A unit is itself, a line break that says a blank or a break, an escape, or a doubled quote. */
function expectWritten({ path, text }: SourceDocument, segment: TextSegment): void {
  const { sourceOffsets, range } = segment;
  if (sourceOffsets === undefined || range.start === range.end) return;
  for (let unit = 0; unit < segment.text.length; unit++) {
    const at = sourceOffsets[unit]!;
    // A block scalar ends with a line break even where the file does not.
    const [said, written = "\n"] = [segment.text[unit]!, text[at]];
    const isFold = /[\r\n]/.test(written) && /[ \n]/.test(said);
    if (said === written || isFold || written === "\\") continue;
    expect(`${JSON.stringify(said)} for ${JSON.stringify(written)}`, `${path} at ${at}`).toBe("itself");
  }
}
