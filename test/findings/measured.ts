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
  const { requests } = before.templates.find((template) => template.id === id)!;
  return gainedTogether(before, after, [id]) / requests;
}

/** The same of some templates together, in all requests. */
export function gainedTogether(before: Report, after: Report, ids: readonly string[]): number {
  const sum = ({ templates }: Report, of: (ledger: Ledger) => number) =>
    templates.reduce((all, { id, ledger }) => (ids.includes(id) ? all + of(ledger) : all), 0);
  const left = (report: Report) =>
    sum(report, (ledger) => Object.values(ledger).reduce((all, tokens) => all + tokens, -ledger.reused));
  const reused = (report: Report) => sum(report, (ledger) => ledger.reused);
  return Math.min(left(before) - left(after), reused(after) - reused(before));
}

type Ledger = Report["templates"][number]["ledger"];
