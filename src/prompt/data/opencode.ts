/**
 * Settings of opencode: prompts of agents, templates of commands, and the files that stand in front of every conversation.
 * https://opencode.ai/docs/agents, /docs/commands, /docs/rules
 */
import { baseName } from "../names.ts";
import { type DataNode, itemsOf, mapAt, stringAt, textAt, valueAt } from "./nodes.ts";
import { contentRange, type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** Files that are put in go out as they are. */
const fileFormat = "markdown-instructions";

/** `null` for documents that are no such settings. */
export function opencodePrompts(path: string, root: DataNode): readonly FoundPrompt[] | null {
  const isSettings =
    /^opencode\.jsonc?$/.test(baseName(path)) ||
    (stringAt(root, "$schema") ?? "").includes("opencode.ai/config");
  if (!isSettings) return null;
  const texts = (
    [
      [["agent", "agents", "mode"], "prompt", "opencode-prompt", "instructions"],
      [["command", "commands"], "template", "opencode-command", "request"],
    ] as const
  ).flatMap(([owners, key, engine, usage]) =>
    owners.flatMap((owner) =>
      (mapAt(root, owner)?.entries ?? []).flatMap(({ key: name, value }): readonly FoundPrompt[] => {
        const text = textAt(value, key);
        if (text === null || text.value.trim() === "") return [];
        const builder = new PromptBuilder(path);
        builder.text(text, engine);
        return [{ keyPath: `${owner}.${name}.${key}`, name, usage, prompt: builder.build() }];
      }),
    ),
  );
  const instructions = instructionFiles(path, root);
  return instructions === null ? texts : [...texts, instructions];
}

/** Patterns and addresses are not followed. */
function instructionFiles(path: string, root: DataNode): FoundPrompt | null {
  const builder = new PromptBuilder(path);
  for (const file of itemsOf(valueAt(root, "instructions"))) {
    if (file.kind === "text" && !/[*?[{]|^\w+:\/\//.test(file.value)) {
      builder.include(file.value, contentRange(file), fileFormat);
    }
  }
  if (builder.isEmpty) return null;
  return { keyPath: "instructions", name: "instructions", usage: "instructions", prompt: builder.build() };
}
