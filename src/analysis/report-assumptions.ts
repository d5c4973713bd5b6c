/** What one report takes for granted, each once. */
import type { OutcomeTable } from "../core/replay/replay.ts";
import { formats } from "../prompt/registry.ts";
import type { Template } from "../prompt/template.ts";
import { count } from "../words/numbers.ts";
import type { Assumption } from "./report.ts";
import type { ResolvedScenario } from "./scenario.ts";

/** Texts by id. A policy may have given the same reason under an id of its own, which is then enough. */
export function textsById(assumptions: readonly Assumption[]): Map<string, string> {
  const byId = new Map<string, string>();
  const texts = new Set<string>();
  for (const { id, text } of assumptions) {
    if (texts.has(text)) continue;
    texts.add(text);
    byId.set(id, text);
  }
  return byId;
}

/** What the text of some formats rests on. */
export function formatAssumptions(templates: readonly Template[]): Assumption[] {
  const used = new Set(templates.map(({ format }) => format));
  return formats.flatMap(({ id, assumption }) =>
    assumption !== undefined && used.has(id) ? [{ id: `format-${id}`, text: assumption }] : [],
  );
}

/** A request that no server would take still has tokens, and they count. */
export function contextAssumptions(
  { model, policy }: Pick<ResolvedScenario, "model" | "policy">,
  outcomes: OutcomeTable,
): Assumption[] {
  const { maxContextTokens } = model;
  // A hosted provider runs a model of its own.
  if (maxContextTokens === null || policy.memory === "provider") return [];
  const longer = outcomes.promptTokens.filter((tokens) => tokens > maxContextTokens);
  if (longer.length === 0) return [];
  const longest = longer.reduce((most, tokens) => Math.max(most, tokens), 0);
  const text = `${longer.length} of ${outcomes.length} requests are longer than the ${count(maxContextTokens)} tokens that ${model.id} can read (the longest has ${count(longest)}): a server would refuse or cut them. They count here as if the model took them whole.`;
  return [{ id: "context-length", text }];
}
