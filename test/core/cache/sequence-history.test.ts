import { describe, expect, test } from "vitest";
import { SequenceHistory } from "../../../src/core/cache/sequence-history.ts";
import { createRandom, wholeNumber } from "../../../src/workload/random.ts";
import { NaiveHistory } from "../../support/naive-history.ts";

/** `prompt|output`, one letter a symbol. */
function observe(history: SequenceHistory, request: string): { fork: number; turn: number } {
  const [prompt = "", output = ""] = request.split("|");
  const sequence = Int32Array.from(prompt + output, (letter) => letter.charCodeAt(0));
  history.observe(sequence, prompt.length);
  return { fork: history.deepestFork, turn: history.turn };
}

describe("where sequences fork", () => {
  test.each<[string, string[], string, number]>([
    ["nothing known", [], "abc|", 0],
    ["leaves inside what is known", ["abcd|"], "abx|", 2],
    ["ends inside what is known", ["abcd|"], "ab|", 2],
    ["goes on from an earlier end", ["ab|c"], "abcd|", 0],
    ["goes on from an earlier end, below a fork", ["abcd|", "abxy|"], "abxyz|", 2],
    ["takes another way at an end that others went on from", ["ab|", "abc|"], "abd|", 2],
    ["the same prompt again, with its answer", ["ab|c"], "ab|c", 2],
    ["shares nothing", ["abc|"], "xyz|", 0],
  ])("%s", (_, earlier, request, fork) => {
    const history = new SequenceHistory(100);
    for (const each of earlier) observe(history, each);
    expect(observe(history, request).fork).toBe(fork);
  });
});

describe("turns of a conversation", () => {
  test("count the ends that a prompt goes on from, up to six", () => {
    const history = new SequenceHistory(100);
    const turns: number[] = [];
    let conversation = "a";
    for (let turn = 0; turn < 9; turn++) {
      turns.push(observe(history, `${conversation}|z`).turn);
      conversation += "zq";
    }
    expect(turns).toEqual([0, 1, 2, 3, 4, 5, 6, 6, 6]);
  });

  test("half of the conversations go on after the first turn, none after the second", () => {
    const history = new SequenceHistory(100);
    for (const name of "abcdefgh") observe(history, `${name}|z`);
    for (const name of "abcd") observe(history, `${name}zq|z`);
    expect(history.continuationRate(0)).toBe((4 + 1) / (8 + 1));
    expect(history.continuationRate(1)).toBe((0 + 1) / (4 + 1));
    expect(history.continuationRate(2)).toBe(1);
  });
});

describe("equals the list of all sequences", () => {
  for (let seed = 1; seed <= 40; seed++) {
    test(`seed ${seed}`, () => {
      const random = createRandom(seed);
      const history = new SequenceHistory(Number.POSITIVE_INFINITY);
      const naive = new NaiveHistory();
      const sent: number[][] = [];
      for (let i = 0; i < 80; i++) {
        const base = sent.length > 0 && random() < 0.7 ? sent[wholeNumber(random, 0, sent.length - 1)]! : [];
        const kept = base.slice(0, random() < 0.5 ? base.length : wholeNumber(random, 0, base.length));
        const added = Array.from({ length: wholeNumber(random, 0, 4) }, () => wholeNumber(random, 0, 2));
        const sequence = [...kept, ...added];
        const promptSymbols = wholeNumber(random, 0, sequence.length);
        sent.push(sequence);
        history.observe(Int32Array.from(sequence), promptSymbols);
        naive.observe(sequence, promptSymbols);
        const label = `request ${i}: ${sequence.join(" ")}, prompt ${promptSymbols}`;
        expect([history.deepestFork, history.turn], label).toEqual([naive.deepestFork, naive.turn]);
        for (let turn = 0; turn <= 6; turn++) {
          expect(history.continuationRate(turn), `${label}, turn ${turn}`).toBe(naive.continuationRate(turn));
        }
      }
    });
  }
});

describe("memory", () => {
  test("only the sequences that were sent last are remembered", () => {
    const history = new SequenceHistory(2);
    for (const request of ["aaaa|", "bbbb|", "cccc|"]) observe(history, request);
    expect(observe(history, "bx|").fork).toBe(1);
    expect(observe(history, "ax|").fork).toBe(0);
  });

  test("a sequence that comes again is among the last", () => {
    const history = new SequenceHistory(2);
    for (const request of ["aaaa|", "bbbb|", "aaaa|", "cccc|"]) observe(history, request);
    expect(observe(history, "ax|").fork).toBe(1);
  });

  test("many sequences take no more nodes than the limit allows", () => {
    const history = new SequenceHistory(50);
    const random = createRandom(7);
    for (let i = 0; i < 5000; i++) {
      const sequence = Int32Array.from({ length: 20 }, () => wholeNumber(random, 0, 3));
      history.observe(sequence, 15);
    }
    // A tree with 50 leaves branches in fewer than 50 nodes; ends that others went on from add at most one per leaf here.
    expect(history["tree"].nodeCount).toBeLessThanOrEqual(150);
    expect(history["leafCount"]).toBeLessThanOrEqual(50);
  });

  test("a copy goes its own way", () => {
    const history = new SequenceHistory(10);
    observe(history, "ab|c");
    const copy = history.copy();
    observe(copy, "xyz|");
    expect(observe(history, "xy|").fork).toBe(0);
    expect(observe(copy, "xy|").fork).toBe(2);
  });
});
