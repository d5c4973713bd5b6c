/**
 * Settings of opencode: prompts of agents, templates of commands, and the files that stand in front of every conversation.
 * https://opencode.ai/docs/agents, /docs/commands, /docs/rules
 */
import { baseName } from "../names.ts";
import type { Problem } from "../text.ts";
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
  const found = instructions === null ? texts : [...texts, instructions];
  const unseen = serversOf(root);
  if (unseen === null) return found;
  // Their tools stand in front of every request: it is said once.
  return found.map((each, at) => (at === 0 ? withNote(each, unseen) : each));
}

/** Servers of the Model Context Protocol that are switched on: their names are known, what they offer is not. */
function serversOf(root: DataNode): Problem | null {
  const servers = mapAt(root, "mcp");
  const names = (servers?.entries ?? []).flatMap(({ key, value }) => {
    const enabled = valueAt(value, "enabled");
    return enabled?.kind === "other" && enabled.value === false ? [] : [`\`${key}\``];
  });
  if (servers === null || names.length === 0) return null;
  const [what, tell] = names.length === 1 ? ["the server", "tells"] : ["the servers", "tell"];
  const message = `Tools of ${what} ${names.join(", ")} stand in front of every request: ${what} ${tell} their number and text at run time, and they are not counted.`;
  return { range: servers.range, severity: "information", message };
}

function withNote(found: FoundPrompt, note: Problem): FoundPrompt {
  return { ...found, prompt: { ...found.prompt, problems: [...found.prompt.problems, note] } };
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
