import { describe, expect, it } from "vitest";
import { readOracle, tokenHash } from "../../src/log/marconi-oracle.ts";
import { oracleByHand } from "../hosts/cli/oracle-by-hand.ts";

/** One request `1 2 3 | 4`, with whatever else is given. */
function file(changes: object): string {
  const tokens = Int32Array.of(1, 2, 3, 4);
  return JSON.stringify({
    ...oracleByHand,
    segments: [{ t: [1, 2, 3] }, { t: [4] }],
    requests: [{ i: [0], o: [1] }],
    token_hash: [tokenHash(tokens)],
    runs: [],
    ...changes,
  });
}

const toy = { num_ssm_layers: 1, num_attn_layers: 1, num_mlp_layers: 1, d: 2, n: 2 };

describe("a trace", () => {
  it("is read as it is written", () => {
    const [request] = readOracle(file({})).requests;
    expect([...request!.tokens]).toEqual([1, 2, 3, 4]);
    expect(request!.inputLength).toBe(3);
  });

  it("may be empty, have prompts of no tokens, the largest id, and times that run backwards", () => {
    expect(readOracle(file({ requests: [], token_hash: [] })).requests).toEqual([]);
    const odd = readOracle(
      file({
        segments: [{ t: [2 ** 31 - 1] }],
        requests: [
          { i: [], o: [], ts: 7 },
          { i: [], o: [0], ts: 3 },
        ],
        token_hash: [tokenHash(new Int32Array(0)), tokenHash(Int32Array.of(2 ** 31 - 1))],
      }),
    );
    expect(odd.requests.map(({ inputLength, tokens }) => [inputLength, tokens.length])).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(odd.requests.map(({ arrivalSeconds }) => arrivalSeconds)).toEqual([7, 3]);
  });
});

describe("a number that would be another one in 32 bits, or no number", () => {
  it.each([
    ["an id below 0", { segments: [{ t: [-1] }] }, "Token 0 of segment 0 is -1"],
    ["an id of 2^31", { segments: [{ t: [1, 2 ** 31] }] }, "Token 1 of segment 0 is 2147483648"],
    ["an id beyond 32 bits", { segments: [{ t: [2 ** 32 + 5] }] }, "Token 0 of segment 0 is 4294967301"],
    ["a broken id", { segments: [{ t: [1.5] }] }, "Token 0 of segment 0 is 1.5"],
    ["a word for an id", { segments: [{ t: ["7"] }] }, 'Token 0 of segment 0 is "7"'],
    ["ids that are no list", { segments: [{ t: 7 }] }, '"t" of segment 0 is no list'],
    ["a negative length", { segments: [{ s: 1, n: -4 }] }, '"n" of segment 0 is -4'],
    ["a length beyond all memory", { segments: [{ s: 1, n: 1e12 }] }, '"n" of segment 0 is 1000000000000'],
    ["a vocabulary of nothing", { segments: [{ s: 1, n: 4, v: 0 }] }, '"v" of segment 0 is 0'],
    ["no segment", { segments: [null] }, "Segment 0 is no object."],
    ["no input", { requests: [{ o: [0] }] }, '"i" of request 0 is missing'],
    ["no request", { requests: [null] }, '"i" of request 0 is missing'],
    ["a segment that is not there", { requests: [{ i: [9], o: [] }] }, "There is no segment 9"],
    ["more than a segment has", { requests: [{ i: [[0, 4]], o: [] }] }, "What is taken of segment 0 is 4"],
    ["less than nothing of one", { requests: [{ i: [[0, -1]], o: [] }] }, "What is taken of segment 0 is -1"],
    ["a base that comes later", { requests: [{ b: 0, i: [], o: [] }] }, "Request 0 builds on request 0"],
    ["a time that is none", { requests: [{ i: [0], o: [1], ts: "noon" }] }, '"ts" of request 0 is no time'],
    ["half a model", { models: { toy: { ...toy, d: undefined } } }, '"d" of the model "toy" is undefined'],
    [
      "layers below 0",
      { models: { toy: { ...toy, num_ssm_layers: -1 } } },
      '"num_ssm_layers" of the model "toy" is -1',
    ],
    ["no model", { models: { toy: null } }, '"num_ssm_layers" of the model "toy" is undefined'],
  ])("%s", (_what, changes, message) => {
    expect(() => readOracle(file(changes))).toThrow(message);
  });
});
