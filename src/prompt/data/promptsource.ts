/**
 * Collections of promptsource: `templates` with one Jinja2 template each, `|||` between the prompt and the answer.
 * https://github.com/bigscience-workshop/promptsource
 */
import { sliceText } from "../segments.ts";
import type { Scope, Segment } from "../template.ts";
import { type DataNode, has, mapAt, stringAt, textAt } from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

const separator = "|||";

export function promptsourcePrompts(path: string, root: DataNode): readonly FoundPrompt[] | null {
  const templates = mapAt(root, "templates");
  if (templates === null) return null;
  const entries = templates.entries.filter(({ value }) => textAt(value, "jinja") !== null);
  if (entries.length === 0) return null;
  return entries.flatMap(({ key, value }): readonly FoundPrompt[] => {
    // The choices are written beside the template, and the same in every call.
    const declared = new Map<string, Scope>(
      has(value, "answer_choices") ? [["answer_choices", "constant"]] : [],
    );
    const builder = new PromptBuilder(path, declared);
    builder.text(textAt(value, "jinja")!, "jinja", promptOnly);
    if (builder.isEmpty) return [];
    const name = stringAt(value, "name");
    return [{ keyPath: `templates.${key}`, name, usage: "request", prompt: builder.build() }];
  });
}

/** What stands before the separator, without blanks at both ends, as promptsource cuts it. */
function promptOnly(segments: readonly Segment[]): readonly Segment[] {
  const { kept } = cut(segments);
  const first = kept.findIndex((segment) => segment.kind !== "text" || segment.text.trim() !== "");
  if (first < 0) return [];
  const trimmed = kept.slice(first);
  const lead = trimmed[0]!;
  if (lead.kind === "text")
    trimmed[0] = sliceText(lead, lead.text.length - lead.text.trimStart().length, lead.text.length);
  for (let last = trimmed.at(-1); last?.kind === "text"; last = trimmed.at(-1)) {
    const length = last.text.trimEnd().length;
    trimmed.pop();
    if (length === 0) continue;
    trimmed.push(sliceText(last, 0, length));
    break;
  }
  return trimmed;
}

/** A branch may hold the separator too: what follows the branches then belongs to the answer in each of them. */
function cut(segments: readonly Segment[]): { kept: Segment[]; isCut: boolean } {
  const kept: Segment[] = [];
  for (const segment of segments) {
    if (segment.kind === "text") {
      const at = segment.text.indexOf(separator);
      if (at < 0) {
        kept.push(segment);
        continue;
      }
      if (at > 0) kept.push(sliceText(segment, 0, at));
      return { kept, isCut: true };
    }
    if (segment.kind !== "block") {
      kept.push(segment);
      continue;
    }
    const body = cut(segment.body);
    const otherwise = cut(segment.otherwise);
    kept.push({ ...segment, body: body.kept, otherwise: otherwise.kept });
    if (body.isCut || otherwise.isCut) return { kept, isCut: true };
  }
  return { kept, isCut: false };
}
