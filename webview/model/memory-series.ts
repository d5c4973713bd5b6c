/** The cache's contents over the requests, as the columns that the charts draw, and the table beside them. */
import type { Memory, Scenario } from "../../src/analysis/report.ts";
import { t } from "../../src/words/l10n.ts";
import { bytes, count, shareOf } from "../../src/words/numbers.ts";

export interface MemorySeries {
  readonly request: readonly number[];
  readonly kvBytes: readonly number[];
  readonly checkpointBytes: readonly number[];
  /** Checkpoints with KV stacked on them. */
  readonly totalBytes: readonly number[];
  /** Reused / sent tokens up to and including each request, in percent. */
  readonly hitPercent: readonly number[];
  readonly capacityBytes: number;
  /** Top of the byte axis. */
  readonly topBytes: number;
  readonly isCapacityShown: boolean;
}

/** A capacity further away than this would flatten the curves; it is named in a note instead. */
const farCapacity = 4;

export function memorySeries(memory: Memory): MemorySeries {
  const { timeline, capacityBytes, peakBytes } = memory;
  const totalBytes = timeline.kvBytes.map((kv, i) => kv + timeline.checkpointBytes[i]!);
  const highest = totalBytes.reduce((top, bytes) => Math.max(top, bytes), Math.max(peakBytes, 1));
  const isCapacityShown = capacityBytes <= highest * farCapacity;
  return {
    request: timeline.request,
    kvBytes: timeline.kvBytes,
    checkpointBytes: timeline.checkpointBytes,
    totalBytes,
    hitPercent: timeline.promptTokens.map((sent, i) =>
      sent === 0 ? 0 : (100 * timeline.reusedTokens[i]!) / sent,
    ),
    capacityBytes,
    topBytes: Math.max(highest, isCapacityShown ? capacityBytes : 0) * 1.05,
    isCapacityShown,
  };
}

/** Places of the byte axis: at most five steps of a round binary size. */
export function byteTicks(top: number): number[] {
  const power = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, top / 5))));
  const step = power * 5 >= top ? power : power * 2;
  const ticks: number[] = [];
  for (let tick = 0; tick <= top; tick += step) ticks.push(tick);
  return ticks;
}

export interface MemoryFact {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

export function memoryFacts(scenario: Scenario, memory: Omit<Memory, "timeline">): MemoryFact[] {
  const { checkpointBytes, convBytesPerCheckpoint: conv, recurrentBytesPerCheckpoint: recurrent } = scenario;
  const other = checkpointBytes - conv - recurrent;
  const parts = [
    t("convolution {0}", bytes(conv)),
    t("recurrent {0}", bytes(recurrent)),
    ...(other > 0 ? [t("windows and unfinished groups {0}", bytes(other))] : []),
  ].join(" + ");
  const hybrid = scenario.model.hasRecurrentLayers;
  const tokensPerCheckpoint =
    scenario.kvBytesPerToken === 0 ? null : Math.round(scenario.checkpointBytes / scenario.kvBytesPerToken);
  return [
    { name: t("Per KV token"), value: bytes(scenario.kvBytesPerToken), note: t("all attention layers") },
    {
      name: t("Per checkpoint"),
      value: hybrid ? bytes(scenario.checkpointBytes) : "–",
      note: hybrid ? parts : t("the model has no recurrent layers"),
    },
    ...(hybrid && tokensPerCheckpoint !== null
      ? [
          {
            name: t("One checkpoint weighs as much as"),
            value: count(tokensPerCheckpoint),
            note: t("tokens of KV"),
          },
        ]
      : []),
    {
      name: t("Checkpoints kept"),
      value: count(memory.endCheckpoints),
      note: bytes(memory.endCheckpointBytes),
    },
    { name: t("KV kept"), value: bytes(memory.endKvBytes), note: t("at the end") },
    ...(memory.host === undefined
      ? []
      : [
          {
            name: t("In host memory"),
            value: bytes(memory.host.kvBytes + memory.host.checkpointBytes),
            note: t("besides, at the end: {0} checkpoints", count(memory.host.checkpoints)),
          },
        ]),
    {
      name: t("Peak"),
      value: bytes(memory.peakBytes),
      note: t("{peakBytes} of {capacityBytes}", {
        peakBytes: shareOf(memory.peakBytes, memory.capacityBytes),
        capacityBytes: bytes(memory.capacityBytes),
      }),
    },
    {
      name: t("Evictions"),
      value: count(memory.evictions),
      note: memory.evictions === 0 ? t("it all fits") : "",
    },
  ];
}
