import { t } from "../words/l10n.ts";
import { usualAgentTurn } from "../workload/agent-turn.ts";
import { undeclaredValues } from "./finding.ts";

const { toolCalls, callTokens, resultTokens } = usualAgentTurn;

/** Assumptions that findings rest on besides those of the workload; the report lists the ones that some finding names. */
export const findingAssumptions: Readonly<Record<string, () => string>> = {
  "moved-hole": () =>
    t(
      "What moving a hole saves is what its conversations get when they are replayed with the hole moved under the same policy: among all requests, or, where that takes too long, in an empty cache of their own.",
    ),
  [undeclaredValues]: () =>
    t(
      "A value of which nothing is known is counted as new in every call, and nothing is promised of it: what stands behind may be reused as soon as its scope is declared.",
    ),
  "sorted-items": () =>
    t(
      "What sorting saves is what the conversations get when they are replayed with the order fixed under the same policy; where it is fixed outside of the prompt, as if every request then showed the same items.",
    ),
  "turn-losses": () =>
    t(
      "What a changed history costs is what the same conversations get when they are replayed with their turns sent again as they were, longer where turns had been dropped; a loss too small to be tried is counted as if the request before it and its answer were still cached.",
    ),
  "agent-turn": () =>
    t(
      "A usual turn of an agent has {toolCalls} calls of tools with {callTokens} tokens each, results of {resultTokens} tokens and an answer of 128: what ten recorded conversations of Claude Code hold (kv-cache-tester: 184 results of tools for 60 questions; lengths are medians).",
      { toolCalls, callTokens, resultTokens },
    ),
  "breakpoint-search": () =>
    t(
      "Places for cache breakpoints are compared on this workload, each choice served by the provider's own rules; where many places are possible, choices that differ in one place from the best so far are tried. A place inside a text asks for another block of content that begins there.",
    ),
  "workspace-search": () =>
    t(
      "What the workspace as a whole would gain is counted on this workload in the steady state, each choice by itself: other memories up to 8 times as large, or as large as the GPUs have room for where that is more, one setting of the server at a time, other policies of the same server or of the same kind.",
    ),
  "near-duplicate-traffic": () =>
    t(
      "Of near-duplicate templates the two that share most are replayed once more in a cache of their own, the second with the beginning of the first up to the last that is the same; what both then save is counted.",
    ),
};
