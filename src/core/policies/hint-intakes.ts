/** Servers that can be told where to keep states, and how: a new one is a row here. */

import { sglangLevelTuning } from "./engines/sglang-tuning.ts";
import { vllmServe } from "./engines/vllm.ts";
import type { Learned, PolicyContext, SettingValue, TunableEngine } from "./policy.ts";

/** How far a way to tell a server has come: proposed and not merged, merged into a fork alone, or documented in a release. */
export type HintStatus = "proposed" | "in a fork" | "documented";

/** A text in the prompt that the server takes out again: a state is kept in front of it. */
export interface MarkerIntake {
  readonly kind: "marker";
  readonly marker: string;
  /** A prompt whose marker stands in front of so many tokens is refused; the server rounds down to whole ones. */
  unitTokens(context: PolicyContext): number;
  launch(context: PolicyContext): string;
}

/** The server keeps a state behind the system and developer messages that a request begins with. */
export interface InstructionsIntake {
  readonly kind: "instructions";
  launch(context: PolicyContext): string;
}

/** A setting for all prompts. */
export interface SettingIntake {
  readonly kind: "setting";
  /** As the server calls it. */
  readonly name: string;
  /** Where states are kept, by value; the first is the server's own choice. */
  readonly keeps: readonly (readonly [value: SettingValue, where: string])[];
  /** `null`, or without this setting, where the model has no states to place. */
  tuning(context: PolicyContext): TunableEngine | null;
}

export interface HintIntake {
  /** As the command line calls it. */
  readonly id: string;
  readonly name: string;
  readonly status: HintStatus;
  /** What the status rests on, a sentence. */
  readonly standing: string;
  readonly learned: Learned;
  /** Day on which that was looked up, `YYYY-MM-DD`. */
  readonly readOn: string;
  /** Threads as `project#number`; pages by their address. */
  readonly sources: readonly string[];
  /** What the server does with it, a sentence each. */
  readonly rules: readonly string[];
  readonly takes: MarkerIntake | InstructionsIntake | SettingIntake;
}

const readOn = "2026-11-28";

export const hintIntakes: readonly HintIntake[] = [
  {
    id: "vllm-marker",
    name: "vLLM, checkpoint marker",
    status: "proposed",
    standing:
      "Request for comments, open, with three pull requests that are not merged; no release of vLLM takes it, and every other server reads the marker as text.",
    learned: { asOf: "2026-09-23", from: "threads" },
    readOn,
    sources: [
      "vllm-project/vllm#55697",
      "vllm-project/vllm#55873",
      "vllm-project/vllm#55875",
      "vllm-project/vllm-ascend#17352",
    ],
    rules: [
      "The marker is a special token, taken out of the prompt before it is computed; a state is kept in front of it.",
      "One marker per prompt, with tokens on both sides of it; a second one makes the server refuse the request.",
      "The position is rounded down to whole blocks (or to --prefix-match-unit); a marker in front of the first whole one makes the server refuse the request.",
    ],
    takes: {
      kind: "marker",
      marker: "<|mamba_checkpoint|>",
      unitTokens: ({ engineBlockTokens }) => engineBlockTokens,
      launch: (context) => vllm(context, "--enable-mamba-checkpoint"),
    },
  },
  {
    id: "vllm-boundaries",
    name: "vLLM fork local-inference-lab, request boundaries",
    status: "in a fork",
    standing: "Merged into local-inference-lab/vllm; not in vllm-project/vllm.",
    learned: { asOf: "2026-09-06", from: "code" },
    readOn,
    sources: ["local-inference-lab/vllm#675", "local-inference-lab/vllm#682"],
    rules: [
      "A state is kept behind the system and developer messages that a chat request begins with, at the end of the prompt and at the end of the answer, to the token.",
      "A client cannot send a position: the server renders the leading messages by themselves, without the words that ask for an answer, and keeps a state there if their tokens begin the prompt.",
      "Chat requests of text alone; no state is kept inside a message.",
    ],
    takes: {
      kind: "instructions",
      launch: (context) =>
        vllm(context, "--mamba-cache-mode align --recurrent-checkpoint-policy request_boundaries"),
    },
  },
  {
    id: "sglang-level",
    name: "SGLang, level of checkpoints",
    status: "documented",
    standing: "In SGLang's documentation; not compared with its code.",
    learned: { asOf: "2026-11-01", from: "documentation" },
    readOn,
    sources: ["docs.sglang.io/docs/advanced_features/hybrid_cache_checkpoints", "sgl-project/sglang#31230"],
    rules: [
      "The level holds for all prompts: no position can be sent.",
      "A shared prefix is kept where two prompts part, so that the third request with it is the first that reuses it.",
      "One checkpoint per path is aimed at, not promised; --mamba-track-interval counts at level 3 alone.",
    ],
    takes: {
      kind: "setting",
      name: "--hybrid-cache-checkpoints-level",
      keeps: [
        [2, "where two prompts part, and at the end of each request"],
        [
          3,
          "where two prompts part, at the end of each request, at the end of each prefill chunk, and every --mamba-track-interval tokens of an answer",
        ],
      ],
      tuning: sglangLevelTuning,
    },
  },
];

function vllm(context: PolicyContext, flags: string): string {
  return [...vllmServe(context), flags].join(" ");
}
