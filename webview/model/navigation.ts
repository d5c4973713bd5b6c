/** What the page remembers of itself while it is hidden, apart from what the host sends. */
import { type PartId, partIds } from "../../src/protocol/report-parts.ts";
import type { IcicleScale } from "./icicle.ts";
import type { LedgerOrder } from "./ledger-rows.ts";

export interface Navigation {
  readonly version: 1;
  readonly tab: PartId;
  /** Key of the selected node of the prefix tree; `null` for none. */
  readonly node: string | null;
  readonly scale: IcicleScale;
  readonly order: LedgerOrder;
}

export const startNavigation: Navigation = {
  version: 1,
  tab: "ledger",
  node: null,
  scale: "tokens",
  order: "promptTokens",
};

const orders: readonly LedgerOrder[] = ["name", "requests", "promptTokens", "tokenHitRate", "cost"];

/** What was stored may come from another version of the page: everything unknown falls back to the start. */
export function parseNavigation(value: unknown): Navigation {
  if (typeof value !== "object" || value === null) return startNavigation;
  const stored = value as Record<string, unknown>;
  if (stored["version"] !== 1) return startNavigation;
  const { tab, node, scale, order } = stored;
  return {
    version: 1,
    tab: partIds.find((id) => id === tab) ?? startNavigation.tab,
    node: typeof node === "string" ? node : null,
    scale: scale === "steps" ? "steps" : "tokens",
    order: orders.find((id) => id === order) ?? startNavigation.order,
  };
}
