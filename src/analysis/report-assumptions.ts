/** What one report takes for granted, each once. */
import type { OutcomeTable } from "../core/replay/replay.ts";
import { formats } from "../prompt/registry.ts";
import type { Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { count } from "../words/numbers.ts";
import type { Workload } from "../workload/workload.ts";
import type { Assumption } from "./report.ts";
import type { ResolvedScenario } from "./scenario.ts";

/** By id. A policy may have given the same reason under an id of its own, which is then enough. */
export function assumptionsById(assumptions: readonly Assumption[]): Map<string, Assumption> {
  const byId = new Map<string, Assumption>();
  const texts = new Set<string>();
  for (const assumption of assumptions) {
    if (texts.has(assumption.text)) continue;
    texts.add(assumption.text);
    byId.set(assumption.id, assumption);
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

/** Where a provider keeps only what is marked, and nobody knows what some of the requests mark. */
export function markAssumptions(
  { policy }: Pick<ResolvedScenario, "policy">,
  templates: readonly Template[],
  { requestsOf }: Pick<Workload, "requestsOf">,
): Assumption[] {
  const assumed = policy.breakpoints?.assumed ?? null;
  if (assumed === null) return [];
  const called = templates.filter((_, index) => (requestsOf[index]?.length ?? 0) > 0);
  const unknown = called.filter(({ cacheMarkers }) => cacheMarkers === undefined).length;
  if (unknown === 0) return [];
  const text =
    unknown === called.length
      ? t(
          "Marks are assumed, not known, for all prompts: {0}. A request that asks for none is not cached at all.",
          assumed,
        )
      : t(
          "Marks are assumed, not known, for {unknown} of {called} prompts: {assumed}. A request that asks for none is not cached at all.",
          { unknown: count(unknown), called: count(called.length), assumed },
        );
  return [{ id: "marks", text, isLeading: true }];
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
  const text = t(
    "{longer} of {all} requests are longer than the {maxContextTokens} tokens that {id} can read (the longest has {longest}): a server would refuse or cut them. They count here as if the model took them whole.",
    {
      longer: longer.length,
      all: outcomes.length,
      maxContextTokens: count(maxContextTokens),
      id: model.id,
      longest: count(longest),
    },
  );
  return [{ id: "context-length", text }];
}
