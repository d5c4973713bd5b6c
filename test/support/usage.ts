/**
 * Counters of a recorded call as billed tokens. The trap: Anthropic's `input_tokens` leaves out what was read from and
 * written to the cache; the input tokens of OpenAI and of OpenTelemetry include both.
 */
import type { BilledTokens } from "../../src/core/providers/request.ts";

export interface UsageCounters {
  readonly inputTokens: number;
  readonly readTokens: number;
  /** 0 where the provider counts no writes. */
  readonly writtenTokens?: number;
  readonly writtenLongTokens?: number;
}

/** `isCachedLeftOut` as the catalogue's `isCachedLeftOutOfInput`. */
export function billedOf(counters: UsageCounters, isCachedLeftOut: boolean): BilledTokens {
  const { inputTokens, readTokens, writtenTokens = 0, writtenLongTokens = 0 } = counters;
  const plainTokens = isCachedLeftOut ? inputTokens : Math.max(0, inputTokens - readTokens - writtenTokens);
  return { readTokens, writtenTokens, writtenLongTokens, plainTokens };
}

/** Prompt length of a call. */
export function promptTokensOf(billed: BilledTokens): number {
  return billed.readTokens + billed.writtenTokens + billed.plainTokens;
}

/** Several records can tell of one call with the same counters: the first of each id counts. */
export function distinctCalls<Call>(calls: Iterable<Call>, idOf: (call: Call) => string): Call[] {
  const byId = new Map<string, Call>();
  for (const call of calls) {
    if (!byId.has(idOf(call))) byId.set(idOf(call), call);
  }
  return [...byId.values()];
}
