/** Reused tokens of an engine against ours, request by request. */
import { percent } from "../../../words/numbers.ts";
import type { Checked } from "./format.ts";

/** One replay: for each request, what the engine reused and what we do, of so many prompt tokens. */
export interface ReuseRun {
  /** Which of the file's runs, in words. */
  readonly name: string;
  readonly promptTokens: readonly number[];
  readonly expected: readonly number[];
  readonly actual: readonly number[];
}

/** One line for all runs of a file, with the first request that differs; `who` made the file. */
export function compareReuse(title: string, runs: readonly ReuseRun[], who = "the engine"): Checked {
  let [equal, requests, prompt, expectedTokens, actualTokens] = [0, 0, 0, 0, 0];
  const differences: string[] = [];
  for (const { name, promptTokens, expected, actual } of runs) {
    if (expected.length !== promptTokens.length)
      throw new Error(`${name} has ${expected.length} results of ${promptTokens.length} requests.`);
    let isFirst = true;
    for (const [index, tokens] of promptTokens.entries()) {
      requests++;
      prompt += tokens;
      expectedTokens += expected[index]!;
      actualTokens += actual[index]!;
      if (expected[index] === actual[index]) {
        equal++;
        continue;
      }
      if (isFirst)
        differences.push(`${name}, request ${index}: ${actual[index]} instead of ${expected[index]}`);
      isFirst = false;
    }
  }
  if (requests === 0) throw new Error("It holds no results, so there is nothing to compare.");
  const rates = `${percent(expectedTokens / prompt)} by ${who}, ${percent(actualTokens / prompt)} by us`;
  return { title, summary: `${equal} of ${requests} requests equal, ${rates}`, differences };
}
