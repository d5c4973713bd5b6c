/** What a fresh analysis measures, for promises to be held to. */
import type { Report } from "../../src/analysis/report.ts";

export const policies = ["marconi", "vllm", "sglang", "llama-cpp", "anthropic", "openai-classic"] as const;

/** Prompt tokens of a template that are prefilled, per request. */
export function prefilled({ templates }: Report, id: string): number {
  const { ledger, requests } = templates.find((template) => template.id === id)!;
  const all = Object.values(ledger).reduce((sum, tokens) => sum + tokens, 0);
  return (all - ledger.reused) / requests;
}

/** What an edit gives, per request: tokens that are reused more, as far as fewer are prefilled. */
export function gained(before: Report, after: Report, id: string): number {
  const reused = ({ templates }: Report) => {
    const { ledger, requests } = templates.find((template) => template.id === id)!;
    return ledger.reused / requests;
  };
  return Math.min(prefilled(before, id) - prefilled(after, id), reused(after) - reused(before));
}
