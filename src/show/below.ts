/** Whether a prompt shares enough with others for a hit. */
import type { TemplateRow } from "../analysis/report.ts";

/** A prompt that is sent, and shares too little with others for any hit. */
export function isBelow(
  { requests, stablePrefixTokens }: Pick<TemplateRow, "requests" | "stablePrefixTokens">,
  smallestPrefixTokens: number | null,
): boolean {
  return smallestPrefixTokens !== null && requests > 0 && stablePrefixTokens < smallestPrefixTokens;
}
