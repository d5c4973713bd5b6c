/** From how many shared tokens on a prefix hits, by model and server, without any prompt. */
import { draftNote, type ServedSo } from "../analysis/scenario.ts";
import { smallestPrefixBy } from "../analysis/smallest-prefix.ts";
import { models } from "../core/cost/catalogue/models.ts";
import { CostError } from "../core/cost/cost-error.ts";
import type { GpuSpec } from "../core/cost/gpu-spec.ts";
import type { ModelSpec } from "../core/cost/model-spec.ts";
import type { Policy } from "../core/policies/policy.ts";
import { findPolicy } from "../core/policies/registry.ts";
import { drain } from "../core/steps.ts";
import { count, nothing } from "../words/numbers.ts";
import { textTable } from "../words/table.ts";

/** As people run them today. */
const servers = ["vllm", "vllm-0.28", "sglang", "llama-cpp", "tensorrt-llm"];
/** Longer prefixes are not tried, so that the table takes some seconds. */
const mostTokens = 16_384;

export interface PrefixChoice {
  /** Default: the servers that people run, as they are released. */
  readonly policies?: readonly Policy[];
  /** Default: the catalogue. */
  readonly models?: readonly ModelSpec[];
}

export function prefixTable(gpu: GpuSpec, served: ServedSo, choice: PrefixChoice = {}): string {
  const { policies = servers.map((id) => findPolicy(id)!), models: chosen = models } = choice;
  const rows = chosen.map((model) => [
    model.id,
    ...policies.map((policy) => smallestText(policy, model, gpu, served)),
  ]);
  const table = textTable([["model", ...policies.map(({ id }) => id)], ...rows], (column) => column > 0);
  const notes = policies.flatMap((policy) => draftNote(policy, served.draftTokens ?? 0) ?? []);
  return [...table, ...(notes.length === 0 ? [] : ["", ...notes])].join("\n");
}

/** A cross where the model cannot be served so, such as heads that do not divide among the ranks. */
export function smallestText(policy: Policy, model: ModelSpec, gpu: GpuSpec, served: ServedSo): string {
  try {
    const tokens = drain(smallestPrefixBy({ policy, model, gpu }, served, mostTokens));
    return tokens === null ? nothing : count(tokens);
  } catch (error) {
    if (error instanceof CostError) return "×";
    throw error;
  }
}
