/** Who calls when: conversations of every template start at random times, and their turns follow with pauses. */
import type { Config } from "../config/config.ts";
import type { TemplateOptions } from "../config/template-config.ts";
import { createRandom, exponentialSeconds, seedOf } from "./random.ts";

export interface WorkloadSettings {
  readonly seed: number;
  /** Conversations per template of weight 1, and requests per conversation. */
  readonly sessions: number;
  readonly turns: number;
}

export interface Traffic {
  readonly tenants: number;
  readonly thinkSeconds: number;
  readonly arrivalsPerSecond: number;
  readonly outputTokens: number;
}

const usualTraffic: Traffic = { tenants: 4, thinkSeconds: 30, arrivalsPerSecond: 0.1, outputTokens: 128 };

export function trafficOf(config: Config): Traffic {
  const { tenants, thinkSeconds, arrivalsPerSecond, outputTokens } = { ...usualTraffic, ...config.workload };
  return { tenants, thinkSeconds, arrivalsPerSecond, outputTokens };
}

/** Conversations of one template. */
export interface Demand {
  readonly sessions: number;
  readonly turns: number;
}

export function demandOf(options: TemplateOptions, settings: WorkloadSettings): Demand {
  const sessions = options.sessions ?? Math.round(settings.sessions * (options.weight ?? 1));
  return { sessions: Math.max(0, sessions), turns: Math.max(1, options.turns ?? settings.turns) };
}

/** Prompt tokens that one analysis can afford while somebody waits for it: about a second of replay. */
const affordableTokens = 4_000_000;

/**
 * Cuts conversations, then turns, evenly until the estimate of all prompts is affordable.
 * `tokens` are per prompt, history aside; `turnTokens` are those that each turn adds to the prompts behind it, 0 where no
 * history is sent. Two conversations are kept as long as possible: sharing needs two.
 */
export function affordableDemands(
  demands: readonly Demand[],
  tokens: readonly number[],
  turnTokens: readonly number[],
): readonly Demand[] {
  const total = (scaled: readonly Demand[]) =>
    scaled.reduce((sum, { sessions, turns }, index) => {
      const prompt = tokens[index]! + ((turns - 1) / 2) * turnTokens[index]!;
      return sum + sessions * turns * prompt;
    }, 0);
  const steps: readonly ((share: number) => readonly Demand[])[] = [
    (share) => demands.map((demand) => ({ ...demand, sessions: scaledDown(demand.sessions, share, 2) })),
    (share) =>
      demands.map(({ sessions, turns }) => ({
        sessions: Math.min(sessions, 2),
        turns: scaledDown(turns, share, 1),
      })),
    () => demands.map(({ sessions }) => ({ sessions: Math.min(sessions, 1), turns: 1 })),
  ];
  let current = demands;
  for (const step of steps) {
    // Rounding up and the lower limits make one division too little: repeat it a few times.
    for (let share = 1, round = 0; round < 12 && total(current) > affordableTokens; round++) {
      share *= Math.min(0.9, affordableTokens / total(current));
      current = step(share);
    }
  }
  return current;
}

function scaledDown(value: number, share: number, least: number): number {
  return Math.min(value, Math.max(least, Math.floor(value * share)));
}

/** Start of each turn of each conversation, in seconds since the start of the workload. */
export function arrivals(
  templateId: string,
  demand: Demand,
  traffic: Traffic,
  weight: number,
  seed: number,
): readonly Float64Array[] {
  const random = createRandom(seedOf(seed, "arrivals", templateId));
  // A weight of 0 with conversations of its own still needs a rate.
  const rate = traffic.arrivalsPerSecond * (weight > 0 ? weight : 1);
  let start = 0;
  return Array.from({ length: demand.sessions }, (_, session) => {
    start += exponentialSeconds(random, rate);
    const pauses = createRandom(seedOf(seed, "pauses", templateId, session));
    const times = new Float64Array(demand.turns);
    let time = start;
    for (let turn = 0; turn < demand.turns; turn++) {
      times[turn] = time;
      time += traffic.thinkSeconds * (0.5 + pauses());
    }
    return times;
  });
}
