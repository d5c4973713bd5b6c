/** Custom commands of Gemini CLI, and of Qwen Code: a `prompt` in TOML, in a folder that is called `commands`. */
import { folders } from "../names.ts";
import { type DataNode, textAt } from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** `null` for documents that are no command. */
export function geminiCommand(path: string, root: DataNode): readonly FoundPrompt[] | null {
  const prompt = textAt(root, "prompt");
  const inside = folders(path);
  const at = inside.lastIndexOf("commands");
  if (prompt === null || at < 0 || !path.endsWith(".toml")) return null;
  const builder = new PromptBuilder(path);
  builder.text(prompt, "gemini-command");
  if (!builder.hasText) return [];
  const name = path
    .split("/")
    .slice(at + 1)
    .join(":")
    .replace(/\.toml$/, "");
  return [{ keyPath: "", name, usage: "request", prompt: builder.build() }];
}
