/** Requests that run beside each other, served one after the other as a replay does, against the engine's own runs. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { VllmCache } from "../../../../src/core/cache/engines/vllm/vllm-cache.ts";
import { serveLoop } from "../../../../src/core/cache/serve-loop.ts";
import { drain } from "../../../../src/core/steps.ts";
import { TraceShelf } from "../../../../src/hosts/cli/oracle/trace-shelf.ts";
import { vllmServerOf, vllmWindowOf } from "../../../../src/hosts/cli/oracle/vllm.ts";
import type { OracleRequest } from "../../../../src/log/marconi-oracle.ts";
import { readVllmOracle, type VllmOracleFile, type VllmOracleRun } from "../../../../src/log/vllm-oracle.ts";

const folder = join(import.meta.dirname, "../../../../../shared/oracle/vllm");
const isThere = existsSync(folder);
if (!isThere) console.log("skipped: no runs of vLLM beside the repository");

const names = isThere ? readdirSync(folder).filter((name) => name.startsWith("concurrent-")) : [];

function replayed(file: VllmOracleFile, { capacityBlocks, inFlight }: VllmOracleRun) {
  const groups = file.groups.map((group) => ({
    ...group,
    windowTokens: vllmWindowOf(group.kind, file.config),
  }));
  const server = vllmServerOf(file.config, file.date);
  const cache = new VllmCache({ groups, blockBytes: 1, capacityBytes: capacityBlocks + 1, server, inFlight });
  const requests = new TraceShelf(folder, traces).requests(file.trace.file, file.trace.requests);
  const conversations: number[] = [];
  for (const [index, { continues }] of requests.entries()) {
    conversations.push(continues === null ? index : conversations[continues]!);
  }
  const reused: number[] = [];
  const order: number[] = [];
  const steps = serveLoop({
    requests: requests.keys(),
    cache,
    conversationOf: (index) => conversations[index]!,
    serve(index, out) {
      const { tokens, inputLength } = requests[index]!;
      cache.serve(tokens.subarray(0, inputLength), tokens.subarray(inputLength), out);
    },
    after(index, served) {
      order.push(index);
      reused[index] = served.reusedTokens;
      return 1;
    },
    stepWork: 1,
  });
  drain(steps);
  return { reused, order, promptTokens: sum(requests.map(({ inputLength }) => inputLength)) };
}

const traces = new Map<string, readonly OracleRequest[]>();
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

test("there are runs with requests beside each other", () => {
  expect(names.length > 0).toBe(isThere);
});

/** A replay sends a request when the one before runs, the engine's closed loop as soon as one has ended. */
const mostPoints = 1.5;

test.runIf(isThere).each(names)("%s: reuses what the engine does", (name) => {
  const file = readVllmOracle(readFileSync(join(folder, name), "utf8"));
  for (const run of file.runs) {
    const { reused, order, promptTokens } = replayed(file, run);
    const traceOrder = order.toSorted((a, b) => a - b);
    expect(traceOrder).toEqual(reused.map((_, index) => index));
    const points = (100 * Math.abs(sum(reused) - sum(run.cached))) / promptTokens;
    expect(points, `${run.inFlight} in flight`).toBeLessThan(mostPoints);
    const equal = reused.filter((tokens, index) => tokens === run.cached[index]).length;
    expect(equal / reused.length, `${run.inFlight} in flight`).toBeGreaterThan(
      run.inFlight <= 4 ? 0.999 : 0.9,
    );
  }
});
