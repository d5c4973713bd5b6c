/** What llama.cpp's server reused of a trace, and which slot served, against our cache of the same options. */
import { Served } from "../../../core/cache/cache-system.ts";
import { llamaCppOptionsOf } from "../../../core/cache/engines/llama-cpp/launch-options.ts";
import { LlamaCppCache } from "../../../core/cache/engines/llama-cpp/llama-cpp-cache.ts";
import { isLlamaCppOracle, type LlamaCppOracle, readLlamaCppOracle } from "../../../log/llama-cpp-oracle.ts";
import { compareReuse } from "./compare-reuse.ts";
import { differentSlot } from "./different-slot.ts";
import type { OracleFormat } from "./format.ts";
import { type SentRequest, withSuccessorOutputs } from "./successor-outputs.ts";

/**
 * Bytes of the recurrent states of the hybrid model of such files, where a file does not say them: they decide what a small
 * host prompt cache lets go. A Mamba-2 layer of width 32 has 288 · 4 of convolution and 64 · 16 · 4 of state; every request
 * is equal with any number from 4,500 to 5,320, and not with 4,450 or 5,330.
 */
const hybridStateBytes = 288 * 4 + 64 * 16 * 4;

/** One line per file: its runs are one server's. */
export const llamaCppOracle: OracleFormat = {
  id: "llama-cpp",
  isOne: isLlamaCppOracle,
  *check(text, name, traces) {
    const file = readLlamaCppOracle(text);
    const sent = withSuccessorOutputs(traces.requests(file.trace.file, file.trace.requests));
    const { reused, slots } = replayed(file, sent);
    const checked = compareReuse(
      name,
      file.runs.map((run, index) => ({
        name: `run ${index}`,
        promptTokens: sent.map(({ promptTokens }) => promptTokens.length),
        expected: run.reused,
        actual: reused,
      })),
    );
    const otherSlots = file.runs.flatMap((run, index) => differentSlot(`run ${index}`, run.slots, slots));
    yield { ...checked, differences: [...checked.differences, ...otherSlots] };
  },
};

function replayed(
  file: LlamaCppOracle,
  sent: readonly SentRequest[],
): { readonly reused: readonly number[]; readonly slots: readonly number[] } {
  const cache = new LlamaCppCache({
    ...llamaCppOptionsOf(file.args),
    batchTokens: file.batchTokens,
    microBatchTokens: file.microBatchTokens,
    kvBytesPerToken: file.kvBytesPerToken,
    stateBytes: file.stateBytes ?? (file.model.startsWith("hybrid") ? hybridStateBytes : 0),
    contextTokens: file.contextTokens,
    hostBytesPerSecond: Number.POSITIVE_INFINITY,
  });
  const served = new Served();
  const reused: number[] = [];
  const slots: number[] = [];
  for (const { promptTokens, outputTokens } of sent) {
    cache.serve(promptTokens, outputTokens, served);
    reused.push(served.reusedTokens);
    slots.push(cache.lastSlot);
  }
  return { reused, slots };
}
