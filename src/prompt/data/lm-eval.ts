/**
 * Tasks of the LM Evaluation Harness: what `description` says, the examples of `fewshot_config`, and then the question
 * (`doc_to_text`, Jinja2), with `gen_prefix` beginning the answer. What comes from the file that `include` names, or from
 * the data set, is not known here.
 * https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/task_guide.md
 */
import { textSegmentOf } from "../embedded.ts";
import { mapSegments } from "../segments.ts";
import type { IncludeSegment, Segment } from "../template.ts";
import type { TextRange } from "../text.ts";
import { type DataNode, has, itemsOf, mapAt, stringAt, type TextNode, textAt, valueAt } from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** The harness sets its environment up with `keep_trailing_newline`. */
const engine = "jinja-whole";

const taskKeys = ["doc_to_target", "fewshot_config", "dataset_path", "dataset_name"];

export function lmEvalPrompts(path: string, root: DataNode): readonly FoundPrompt[] | null {
  const isTask =
    has(root, "doc_to_text") || (has(root, "description") && taskKeys.some((key) => has(root, key)));
  if (!isTask) return null;
  const builder = new PromptBuilder(path);
  const description = templateAt(root, "description");
  const question = templateAt(root, "doc_to_text");
  const prefix = templateAt(root, "gen_prefix");
  if (description !== null) builder.text(description, engine);
  if (question !== null) {
    const asked = builder.read(question, engine);
    addExamples(path, root, asked, builder);
    builder.add(question.range, asked, "doc_to_text");
  }
  if (prefix !== null) builder.text(prefix, engine);
  if (builder.isEmpty) return [];
  return [{ keyPath: "", name: stringAt(root, "task"), usage: "request", prompt: builder.build() }];
}

/** A tag names a function (`!function utils.doc_to_text`); one bare word names a column of the data. */
function templateAt(root: DataNode, key: string): TextNode | null {
  const text = textAt(root, key);
  return text === null || text.tag !== null || /^\w*$/.test(text.value) ? null : text;
}

/** Examples that the file writes out: the question with their values, and their answer. */
function addExamples(path: string, root: DataNode, asked: readonly Segment[], builder: PromptBuilder): void {
  const count = valueAt(root, "num_fewshot");
  const most = count?.kind === "other" && typeof count.value === "number" ? count.value : Infinity;
  const isPlain = asked.every(({ kind }) => kind === "text" || kind === "hole");
  const samples = isPlain ? itemsOf(valueAt(mapAt(root, "fewshot_config"), "samples")) : [];
  for (const sample of samples.slice(0, most)) {
    if (builder.isFull) return;
    const segments = exampleOf(path, root, sample, asked);
    if (segments !== null) builder.add(sample.range, segments, "fewshot_config");
  }
}

/** Each part stands at another place of the file than its turn, so that all are named parts. */
function exampleOf(
  path: string,
  root: DataNode,
  sample: DataNode,
  asked: readonly Segment[],
): readonly Segment[] | null {
  const { start } = sample.range;
  const answer = answerOf(root, sample);
  if (
    answer === null ||
    asked.some((segment) => segment.kind === "hole" && textAt(sample, segment.name) === null)
  ) {
    return null;
  }
  const part = (target: string, segments: readonly Segment[], range: TextRange): IncludeSegment => ({
    kind: "include",
    range,
    target,
    resolved: { path, segments },
  });
  const filled = mapSegments(asked, (segment) => {
    const value = segment.kind === "hole" ? textAt(sample, segment.name) : null;
    return value === null ? segment : part((segment as { name: string }).name, textOf(value), segment.range);
  });
  const here = { start, end: start };
  return [
    part("doc_to_text", filled, here),
    part("target_delimiter", delimiter(root, "target_delimiter", " ", start), here),
    part("doc_to_target", textOf(answer), here),
    part("fewshot_delimiter", delimiter(root, "fewshot_delimiter", "\n\n", start), here),
  ];
}

/** The value that `doc_to_target` names, and else `target`, which examples in files have. */
function answerOf(root: DataNode, sample: DataNode): TextNode | null {
  const named = /^\{\{\s*(\w+)\s*\}\}$|^(\w+)$/.exec(stringAt(root, "doc_to_target")?.trim() ?? "");
  const name = named?.[1] ?? named?.[2];
  return (name === undefined ? null : textAt(sample, name)) ?? textAt(sample, "target");
}

function textOf(node: TextNode): readonly Segment[] {
  const segment = textSegmentOf(node.embedded());
  return segment === null ? [] : [segment];
}

/** What the harness puts between: as the file says, or by default, which is written nowhere. */
function delimiter(root: DataNode, key: string, otherwise: string, at: number): readonly Segment[] {
  const written = textAt(root, key);
  if (written !== null) return textOf(written);
  const sourceOffsets = new Int32Array(otherwise.length + 1).fill(at);
  return [{ kind: "text", range: { start: at, end: at }, text: otherwise, sourceOffsets }];
}
