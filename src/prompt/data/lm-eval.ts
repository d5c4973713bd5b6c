/**
 * Tasks of the LM Evaluation Harness: what `description` says, and then the question (`doc_to_text`, Jinja2), with
 * `gen_prefix` beginning the answer. Both may come from the file that `include` names, which is not read here.
 * https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/task_guide.md
 */
import { type DataNode, has, stringAt, textAt } from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

export function lmEvalPrompts(path: string, root: DataNode): readonly FoundPrompt[] | null {
  const isTask =
    has(root, "doc_to_text") || (has(root, "description") && taskKeys.some((key) => has(root, key)));
  if (!isTask) return null;
  const builder = new PromptBuilder(path);
  for (const key of ["description", "doc_to_text", "gen_prefix"]) {
    const text = textAt(root, key);
    // A tag names a function (`!function utils.doc_to_text`); one bare word names a column of the data.
    if (text === null || text.tag !== null || /^\w*$/.test(text.value)) continue;
    builder.text(text, "jinja");
  }
  if (builder.isEmpty) return [];
  const name = stringAt(root, "task");
  return [{ keyPath: "", name, usage: "request", prompt: builder.build() }];
}

const taskKeys = ["doc_to_target", "fewshot_config", "dataset_path", "dataset_name"];
