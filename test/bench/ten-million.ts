/**
 * Ten million requests in bounded memory: `npx tsx test/bench/ten-million.ts [requests]`. No bench of the table, because it
 * measures the memory of the process, which must be its own.
 */
import { branchAndEnd } from "../../src/core/cache/admission/branch-and-end.ts";
import { everyBlock } from "../../src/core/cache/admission/every-block.ts";
import { componentsOf } from "../../src/core/cache/components/of-cost.ts";
import { LruEviction } from "../../src/core/cache/eviction/lru.ts";
import { PrefixCache } from "../../src/core/cache/prefix-cache.ts";
import { replayStream } from "../support/replay-stream.ts";
import { tinyCost } from "../support/tiny-costs.ts";
import { zipfRequests } from "../support/zipf-requests.ts";

const blockTokens = 16;
const capacityBlocks = 100_000;

function run(title: string, admission: typeof branchAndEnd, requests: number): void {
  const cache = new PrefixCache({
    // One byte per token.
    components: componentsOf(tinyCost(1, 0)),
    capacityBytes: capacityBlocks * blockTokens,
    blockTokens,
    admission,
    computedTokensAtLeast: 1,
    createEviction: (view) => new LruEviction(view),
  });
  const shape = { seed: 1, requests, documents: 1_000_000, systems: 1000, blockTokens };
  const started = performance.now();
  let prompt = 0;
  let reused = 0;
  let evicted = 0;
  let storedSymbols = 0;
  for (const chunk of replayStream(zipfRequests(shape), cache, 10_000)) {
    for (let row = 0; row < chunk.length; row++) {
      prompt += chunk.promptTokens[row]!;
      reused += chunk.reusedTokens[row]!;
      evicted += chunk.evictedNodes[row]!;
    }
    storedSymbols = Math.max(storedSymbols, cache.tree.storedSymbols);
  }
  const seconds = (performance.now() - started) / 1000;
  const peak = (process.resourceUsage().maxRSS / 1024).toFixed(0);
  console.log(
    [
      `${title}: ${requests} requests in ${seconds.toFixed(1)} s, ${Math.round(requests / seconds)} requests/s`,
      `${Math.round(prompt / seconds / 1e6)} M tokens/s, ${((100 * reused) / prompt).toFixed(1)} % of ${prompt} tokens reused`,
      `${evicted} nodes evicted, at most ${storedSymbols} symbols stored, peak RSS of the process ${peak} MiB`,
    ].join("; "),
  );
}

const requests = Number(process.argv[2] ?? 10_000_000);
run("radix tree over blocks, LRU", branchAndEnd, requests);
// A node per block takes several times as long per request, and shows the same memory after a tenth of them.
run("every block a node, LRU", everyBlock, Math.ceil(requests / 10));
