/**
 * Agents and tasks of CrewAI: `role`, `goal` and `backstory`; `description` and `expected_output`; `{name}` for values.
 * CrewAI puts its own sentences between them, which are not in the file.
 */
import type { EngineName } from "../engines.ts";
import { type MapNode, textAt } from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

const engine: EngineName = "named-places";

const shapes = [
  { keys: ["role", "goal", "backstory"], usage: "instructions" },
  { keys: ["description", "expected_output"], usage: "request" },
] as const;

export function agentPrompt(path: string, keyPath: string, map: MapNode): FoundPrompt | null {
  const shape = shapes.find(({ keys }) => keys.every((key) => textAt(map, key) !== null));
  if (shape === undefined) return null;
  const builder = new PromptBuilder(path);
  const texts = shape.keys.map((key) => textAt(map, key)!);
  for (const text of texts.toSorted((a, b) => a.range.start - b.range.start)) builder.text(text, engine);
  return { keyPath, name: null, usage: shape.usage, prompt: builder.build() };
}
