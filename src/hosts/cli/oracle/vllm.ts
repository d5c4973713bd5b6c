/** vllm-oracle/1 and vllm-oracle-cases/1: the same requests through our vLLM, with the file's flags, pool and groups. */
import { serveClosedLoop } from "../../../core/cache/engines/vllm/closed-loop.ts";
import type { VllmGroup, VllmOptions } from "../../../core/cache/engines/vllm/options.ts";
import { PrefixIds } from "../../../core/cache/engines/vllm/prefix-ids.ts";
import { VllmRequest } from "../../../core/cache/engines/vllm/request.ts";
import { VllmScheduler } from "../../../core/cache/engines/vllm/scheduler.ts";
import { vllmLayerGroups } from "../../../core/cost/vllm-groups.ts";
import {
  isVllmCases,
  isVllmOracle,
  readVllmCases,
  readVllmOracle,
  type VllmLayerKind,
  type VllmOracleConfig,
  type VllmOracleRun,
} from "../../../log/vllm-oracle.ts";
import { compareReuse } from "./compare-reuse.ts";
import type { Checked, OracleFormat } from "./format.ts";

/** When #37898 (junctions) and #42656 (blocks without a hash go first) were merged. */
const juneChanges = "2026-06-12";

interface Sent {
  /** Prompt, then output. */
  readonly tokens: Int32Array;
  readonly promptTokens: number;
  readonly continues: number | null;
}

export const vllmOracle: OracleFormat = {
  id: "vllm-oracle/1",
  isOne: isVllmOracle,
  *check(text, name, traces) {
    if (isVllmCases(text)) {
      yield checkCases(text, name);
      return;
    }
    const file = readVllmOracle(text);
    const requests = traces
      .requests(file.trace.file, file.trace.requests)
      .map(({ tokens, inputLength, continues }) => ({
        tokens,
        promptTokens: inputLength,
        continues,
      }));
    const options = vllmServerOf(file.config, file.date);
    const groups = file.groups.map((group) => ({
      ...group,
      windowTokens: vllmWindowOf(group.kind, file.config),
    }));
    const replays = file.runs.map((run) => {
      const inFlight = run.inFlight === 1 ? "" : `, ${run.inFlight} in flight`;
      return replay(`${run.capacityBlocks} blocks${inFlight}`, groups, options, requests, run);
    });
    yield checkedOf(name, replays);
  },
};

function checkCases(text: string, name: string): Checked {
  const { date, cases } = readVllmCases(text);
  const replays = cases.map(({ id, config, requests, run }) => {
    const sent = requests.map(({ prompt, output }) => {
      const tokens = new Int32Array(prompt.length + output.length);
      tokens.set(prompt);
      tokens.set(output, prompt.length);
      return { tokens, promptTokens: prompt.length, continues: null };
    });
    return replay(id, groupsOf(config), vllmServerOf(config, date), sent, run);
  });
  return checkedOf(name, replays);
}

export function vllmServerOf(config: VllmOracleConfig, date: string): VllmOptions {
  const { windowTokens: _windowTokens, layers: _layers, blockTokens: _blockTokens, ...flags } = config;
  const isNew = date >= juneChanges;
  return { ...flags, hasJunctions: isNew, freesUnhashedFirst: isNew, dropsDraftBlock: true };
}

/** Layers of one kind beside each other, in the order in which the kinds come first. */
function groupsOf(config: VllmOracleConfig): VllmGroup[] {
  const kinds = [...new Set(config.layers)];
  const counts = kinds.map((kind) => config.layers.filter((layer) => layer === kind).length);
  return vllmLayerGroups(counts).flatMap((groups, index) => {
    const kind = kinds[index]!;
    return groups.map(() => ({
      kind,
      blockTokens: config.blockTokens,
      windowTokens: vllmWindowOf(kind, config),
    }));
  });
}

export function vllmWindowOf(kind: VllmLayerKind, config: VllmOracleConfig): number | null {
  return kind === "window" ? config.windowTokens : null;
}

interface Replayed {
  readonly name: string;
  readonly promptTokens: readonly number[];
  readonly expected: readonly number[];
  readonly actual: readonly number[];
  /** What differs beside the reused tokens. */
  readonly others: readonly string[];
}

function replay(
  name: string,
  groups: readonly VllmGroup[],
  options: VllmOptions,
  sent: readonly Sent[],
  run: VllmOracleRun,
): Replayed {
  const scheduler = new VllmScheduler(groups, run.capacityBlocks, options);
  const ids = new PrefixIds(scheduler.coordinator.unitTokens);
  const requests = sent.map(({ tokens, promptTokens, continues }) => ({
    request: new VllmRequest(promptTokens, tokens.length - promptTokens, ids.of(tokens), groups.length),
    continues,
  }));
  const order = serveClosedLoop(scheduler, requests, run.inFlight);
  const others: string[] = [];
  const compare = (what: string, expected: unknown, actual: unknown) => {
    if (JSON.stringify(expected) !== JSON.stringify(actual)) others.push(`${name}: ${what} differ`);
  };
  const traceOrder = order.map((_, index) => index);
  if (run.inFlight > 1) compare("the order of the requests", run.order ?? traceOrder, order);
  if (run.stepEnds !== null)
    compare(
      "the ends of prefill steps",
      run.stepEnds,
      requests.map(({ request }) => request.stepEnds),
    );
  if (run.cachedBlocks !== null)
    compare("the cached blocks at the end", run.cachedBlocks, scheduler.coordinator.pool.cachedBlocks);
  return {
    name,
    promptTokens: sent.map(({ promptTokens }) => promptTokens),
    expected: run.cached,
    actual: requests.map(({ request }) => request.hitTokens),
    others,
  };
}

function checkedOf(title: string, replays: readonly Replayed[]): Checked {
  const checked = compareReuse(title, replays);
  return { ...checked, differences: [...checked.differences, ...replays.flatMap(({ others }) => others)] };
}
