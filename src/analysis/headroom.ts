/**
 * Headroom: what other caches would reuse of the same requests, and what is left for a better prompt. The differences
 * keep their sign, so that with what the policy reuses they always add up to the prompt tokens; where the order is not
 * the usual one, a note says why.
 */
import type { SpanTrace } from "../core/cache/span-trace.ts";
import type { Policy, PolicyContext } from "../core/policies/policy.ts";
import { type References, referenceSteps } from "../core/replay/references.ts";
import type { OutcomeTable } from "../core/replay/replay.ts";
import type { Request } from "../core/replay/request.ts";
import { t } from "../words/l10n.ts";
import { count } from "../words/numbers.ts";
import type { Assumption, Headroom } from "./report.ts";
import { ledgerOf, ledgerTokens } from "./statistics.ts";

/** Spans that the clairvoyant reference may visit: about half a second; some ten thousand requests in a full memory take more. */
const mostVisitedSpans = 20_000_000;

export interface HeadroomInput {
  readonly outcomes: OutcomeTable;
  /** `null` where the policy's memory is not known. */
  readonly references: References | null;
  /** See `CacheSystem.computedTokensAtLeast`. */
  readonly computedTokensAtLeast: number;
}

/** Replays the references on the same requests, which may come in spans too. Yields now and then. `null` for hosted policies. */
export function* headroomReferences(
  {
    policy,
    cost,
    capacityBytes,
  }: Pick<PolicyContext, "cost" | "capacityBytes"> & { readonly policy: Policy },
  requests: readonly Request[],
  spans?: SpanTrace,
): Generator<void, References | null, void> {
  if (policy.memory === "provider") return null;
  const isUnlimited = policy.memory === "unlimited";
  return yield* referenceSteps({
    requests,
    ...(spans !== undefined && { trace: spans }),
    cost,
    capacityBytes: isUnlimited ? Number.POSITIVE_INFINITY : capacityBytes,
    mostVisitedSpans,
  });
}

/** Of the given requests. O(requests given). */
export function headroomOf(input: HeadroomInput, rows: readonly number[]): Headroom {
  const { outcomes, references, computedTokensAtLeast } = input;
  const sum = (column: Int32Array) => rows.reduce((tokens, row) => tokens + (column[row] ?? 0), 0);
  const ledger = ledgerOf(outcomes.fates, rows);
  const promptTokens = ledgerTokens(ledger);
  const sentTokens = sum(outcomes.sentTokens);
  // What was sent before is what ideal admission keeps: the reference needs no replay.
  const idealTokens = rows.reduce(
    (tokens, row) => tokens + idealTokensOf(outcomes, row, computedTokensAtLeast),
    0,
  );
  const clairvoyant = references?.clairvoyant ?? null;
  const marks = {
    clairvoyantTokens: clairvoyant === null ? null : sum(clairvoyant),
    unlimitedTokens: references === null ? null : sum(references.unlimited),
    idealTokens,
  };
  const { unlimitedTokens } = marks;
  const alwaysComputedTokens = sentTokens - idealTokens;
  return {
    ...marks,
    memoryGainTokens: unlimitedTokens === null ? null : unlimitedTokens - ledger.reused,
    admissionGainTokens: unlimitedTokens === null ? null : idealTokens - unlimitedTokens,
    promptGainTokens: promptTokens - idealTokens,
    promptGain: {
      coldTokens: ledger.cold,
      divergedTokens: promptTokens - sentTokens - ledger.cold,
      alwaysComputedTokens,
    },
    notes: notesOf({
      ...marks,
      ledger,
      linkedTokens: sum(outcomes.linkedTokens),
      blockTokens: Math.max(0, ledger.unaligned - alwaysComputedTokens),
      hasLowerMemories: outcomes.restoredTokens.size > 0,
    }),
  };
}

/** Tokens of the request that stand behind a prefix which was sent before, but for those that are always computed. */
function idealTokensOf(outcomes: OutcomeTable, row: number, computedTokensAtLeast: number): number {
  const mostTokens = Math.max(0, (outcomes.promptTokens[row] ?? 0) - computedTokensAtLeast);
  return Math.min(outcomes.sentTokens[row] ?? 0, mostTokens);
}

interface Noted extends Pick<Headroom, "clairvoyantTokens" | "unlimitedTokens"> {
  readonly ledger: ReturnType<typeof ledgerOf>;
  readonly linkedTokens: number;
  /** Lost to the end of a block that was not whole. */
  readonly blockTokens: number;
  readonly hasLowerMemories: boolean;
}

/** One sentence for each way in which the marks do not stand as their names suggest. */
function notesOf(noted: Noted): string[] {
  const { ledger, clairvoyantTokens, unlimitedTokens, linkedTokens, blockTokens, hasLowerMemories } = noted;
  const leadingTokens = ledger.reused - linkedTokens;
  const notes: string[] = [];
  if (linkedTokens > 0) {
    notes.push(
      t(
        "{0} of the reused tokens were linked: they stand behind another prefix than before. No prefix cache reuses them, and the references are prefix caches.",
        count(linkedTokens),
      ),
    );
  }
  if (clairvoyantTokens !== null && leadingTokens > clairvoyantTokens) {
    const tokens = count(leadingTokens - clairvoyantTokens);
    notes.push(
      hasLowerMemories
        ? t(
            "This policy reuses {0} tokens more than the clairvoyant reference, which is greedy and no bound, and has no memory below the GPU's.",
            tokens,
          )
        : t(
            "This policy reuses {0} tokens more than the clairvoyant reference, which is greedy and no bound.",
            tokens,
          ),
    );
  }
  if (unlimitedTokens === null) return notes;
  if (leadingTokens > unlimitedTokens) {
    notes.push(
      t(
        "This policy reuses {0} tokens more than unlimited memory with two checkpoints per request: it keeps other checkpoints too.",
        count(leadingTokens - unlimitedTokens),
      ),
    );
  }
  if (blockTokens > 0) {
    notes.push(
      t(
        "{0} tokens were lost to whole blocks, not to memory; the references match at any token.",
        count(blockTokens),
      ),
    );
  }
  if (unlimitedTokens > ledger.reused && ledger.evicted === 0) {
    notes.push(
      t(
        "Nothing that was lacked had been evicted: what unlimited memory reuses beyond this policy comes from states that this policy does not keep or may not use.",
      ),
    );
  }
  return notes;
}

/** What the references are, and why one of them is missing. */
export function headroomAssumption(policy: Policy, references: References | null): Assumption {
  const ideal = t(
    "Ideal reuses all that was sent before in the same place, which no cache that reuses prefixes can exceed.",
  );
  const texts =
    references === null
      ? [
          ideal,
          t("A hosted provider's memory is not known, so no other eviction and no larger memory is tried."),
        ]
      : [
          t(
            "The clairvoyant reference knows all requests, keeps a checkpoint wherever a later one needs it, and evicts greedily in the same memory: a practical reference, not a bound.",
          ),
          t("Unlimited memory keeps two checkpoints per request, as Marconi does."),
          ideal,
          t("All match at any token."),
          ...(references.clairvoyant === null ? [missingText(policy.memory === "unlimited")] : []),
        ];
  return { id: "headroom", text: t("Headroom: {0}", texts.join(" ")) };
}

function missingText(isUnlimited: boolean): string {
  return isUnlimited
    ? t("The clairvoyant reference is left out: this policy's memory has no limit.")
    : t(
        "The clairvoyant reference is left out: choosing what to evict would take more than {0} steps.",
        count(mostVisitedSpans),
      );
}
