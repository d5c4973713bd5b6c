/** Ledgers as rows to draw: what each bar shows, what the tables list, and what they add up to. */

import type { Headroom, Losses } from "../../src/analysis/report.ts";
import { emptyLedger } from "../../src/core/fates.ts";
import type { LedgerTemplate, ReportOverview } from "../../src/protocol/report-parts.ts";
import { isBelow } from "../../src/show/below.ts";
import { type CostBeside, costBeside } from "../../src/show/price-text.ts";
import { t } from "../../src/words/l10n.ts";
import { type Fate, fateStyles, type Ledger } from "./fates.ts";

export interface LedgerPart {
  readonly fate: Fate;
  readonly tokens: number;
  /** Tokens / sum of the ledger; 0 when the ledger is empty. */
  readonly share: number;
}

export interface LedgerRow {
  readonly templateId: string;
  readonly name: string;
  readonly path: string;
  readonly range: { readonly start: number; readonly end: number };
  readonly requests: number;
  readonly promptTokens: number;
  readonly tokenHitRate: number;
  readonly stablePrefixTokens: number;
  /** Tokens that a shared prefix must have to hit, where this one has fewer; `null` where it has as many. */
  readonly missedTokens: number | null;
  readonly promptTokensMean: number;
  /** Of a request: its time, or at a provider its price. */
  readonly cost: CostBeside;
  readonly ledger: Ledger;
  readonly losses: Losses;
  readonly headroom: Headroom;
}

export type LedgerOrder = "name" | "requests" | "promptTokens" | "tokenHitRate" | "cost";

export function ledgerSum(ledger: Ledger): number {
  return fateStyles.reduce((sum, { fate }) => sum + ledger[fate], 0);
}

/** Every fate in ledger order, those without tokens included. */
export function ledgerParts(ledger: Ledger): LedgerPart[] {
  const sum = ledgerSum(ledger);
  return fateStyles.map(({ fate }) => ({
    fate,
    tokens: ledger[fate],
    share: sum === 0 ? 0 : ledger[fate] / sum,
  }));
}

export function ledgerRow(
  template: LedgerTemplate,
  { scenario, smallestPrefixTokens }: Pick<ReportOverview, "scenario" | "smallestPrefixTokens">,
): LedgerRow {
  return {
    templateId: template.id,
    name: template.name,
    path: template.path,
    range: template.range,
    requests: template.requests,
    promptTokens: ledgerSum(template.ledger),
    tokenHitRate: template.tokenHitRate,
    stablePrefixTokens: template.stablePrefixTokens,
    missedTokens: isBelow(template, smallestPrefixTokens) ? smallestPrefixTokens : null,
    promptTokensMean: template.promptTokensMean,
    cost: costBeside(scenario, template, "p50"),
    ledger: template.ledger,
    losses: template.losses,
    headroom: template.headroom,
  };
}

/** Rows whose name or path holds every word of the query, whatever the case. */
export function filterRows(rows: readonly LedgerRow[], query: string): LedgerRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = `${row.name} ${row.path}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Names ascend; numbers descend, because the large ones are what a reader looks for. Ties keep their order. */
export function sortRows(rows: readonly LedgerRow[], order: LedgerOrder): LedgerRow[] {
  const sorted = [...rows];
  if (order === "name") return sorted.sort((a, b) => a.name.localeCompare(b.name));
  const of = (row: LedgerRow) => (order === "cost" ? row.cost.amount : row[order]);
  return sorted.sort((a, b) => of(b) - of(a));
}

export function addLedgers(ledgers: readonly Ledger[]): Ledger {
  const sum = emptyLedger();
  for (const ledger of ledgers) {
    for (const { fate } of fateStyles) sum[fate] += ledger[fate];
  }
  return sum;
}

/** One sentence for those who hear the bar instead of seeing it. */
export function describeLedger(ledger: Ledger, format: (share: number) => string): string {
  const parts = ledgerParts(ledger).filter((part) => part.tokens > 0);
  if (parts.length === 0) return t("No tokens.");
  const names = new Map(fateStyles.map((style) => [style.fate, style.name]));
  return parts.map((part) => `${names.get(part.fate)} ${format(part.share)}`).join(", ");
}
