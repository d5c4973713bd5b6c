import { expect, it, test } from "vitest";
import type { Scenario } from "../../src/analysis/report.ts";
import { countedPhrase, cutNote, promptsPhrase, workloadPhrase } from "../../src/show/workload-text.ts";

function scenario(workload: Scenario["workload"]) {
  return { workload, sessions: 8, turnsPerSession: 3, seed: 7 };
}

const nothing: Scenario["workload"] = {
  prompts: { requests: 0, instructions: 0, parts: 0 },
  captured: { conversations: 0, requests: 0, leftOut: 0 },
  simulated: { prompts: 0, requests: 0, askedFor: 0 },
};

test("prompts are counted by what they are", () => {
  const prompts = { requests: 12, instructions: 1, parts: 5 };
  const captured = { conversations: 2, requests: 9, leftOut: 0 };
  expect(promptsPhrase(scenario({ ...nothing, prompts, captured }))).toBe(
    "12 whole requests, 1 prompt of instructions, 5 parts of others, 2 captured conversations",
  );
  expect(promptsPhrase(scenario(nothing))).toBe("none");
});

test("a workload that was cut says so, and beside its figures", () => {
  const cut = scenario({ ...nothing, simulated: { prompts: 10, requests: 90, askedFor: 240 } });
  expect(workloadPhrase(cut)).toBe(
    "90 simulated requests of 10 prompts, cut to 9 of 24 requests per prompt: 8 conversations of 3 turns per prompt unless declared otherwise, seed 7",
  );
  expect(cutNote(cut)).toBe(" (9 of 24 requests per prompt)");
  const captured = scenario({ ...nothing, captured: { conversations: 2, requests: 1000, leftOut: 234 } });
  expect(workloadPhrase(captured)).toBe(
    "1,000 captured requests (of 1,234) of 2 conversations, sent once each in their order",
  );
  expect(cutNote(captured)).toBe(" (1,000 of 1,234 captured requests)");
});

it("says nothing of a whole workload beside its figures", () => {
  expect(cutNote(scenario({ ...nothing, simulated: { prompts: 10, requests: 240, askedFor: 240 } }))).toBe(
    "",
  );
  expect(cutNote(scenario(nothing))).toBe("");
});

test("what a provider counted", () => {
  expect(countedPhrase(null)).toBe("");
  expect(countedPhrase({ requests: 3, readTokens: 1, predictedTokens: 2048 })).toBe(
    "Of 3 captured requests the provider counted 1 token read; predicted 2,048",
  );
});
