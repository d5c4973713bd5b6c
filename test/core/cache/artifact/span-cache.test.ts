import { describe, expect, test } from "vitest";
import { type ArtifactPolicy, replayArtifact } from "../../../../src/core/cache/artifact/replay.ts";
import { cutArtifactTrace } from "../../../../src/core/cache/artifact/span-cache.ts";
import { compareRun } from "../../../../src/hosts/cli/oracle/marconi.ts";
import { createRandom, wholeNumber } from "../../../../src/workload/random.ts";
import { oracleFile, oracleMissing, oracleNames } from "../../../support/oracle-traces.ts";

const model = { ssmLayers: 2, attentionLayers: 1, mlpLayers: 3, width: 64, stateWidth: 16 };
const policies: readonly ArtifactPolicy[] = [
  { kind: "v1" },
  { kind: "v2", alphaInitial: 0, multiplier: 3 },
  { kind: "v3", alpha: 0.5 },
  { kind: "v3", alpha: 2 },
];

describe("the artifact over spans", () => {
  // Two or three token ids, so that nearly every trace has false continuations.
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("equals the artifact over tokens, seed %i", (seed) => {
    const random = createRandom(seed);
    const ids = wholeNumber(random, 2, 3);
    const requests = Array.from({ length: 80 }, () => {
      const tokens = Int32Array.from({ length: wholeNumber(random, 0, 14) }, () =>
        wholeNumber(random, 1, ids),
      );
      return { tokens, inputLength: wholeNumber(random, 0, tokens.length) };
    });
    const spans = cutArtifactTrace(requests);
    for (const policy of policies) {
      for (const capacityBytes of [0, 20_000, 60_000, 200_000]) {
        expect(replayArtifact(requests, model, capacityBytes, policy, spans)).toEqual(
          replayArtifact(requests, model, capacityBytes, policy),
        );
      }
    }
  });
});

describe.skipIf(oracleMissing !== null)(`golden files (${oracleMissing ?? "present"})`, () => {
  if (oracleMissing !== null) console.log(`Skipped: ${oracleMissing}.`);

  test("every V1, V2 and V3 run is reproduced over spans, number by number", () => {
    let runs = 0;
    for (const name of oracleNames()) {
      const file = oracleFile(name);
      const spans = cutArtifactTrace(file.requests);
      for (const run of file.runs.filter(({ policy }) => policy !== "vllm")) {
        runs++;
        expect(compareRun(file, run, spans), `${name} ${run.policy} ${run.model}`).toEqual([]);
      }
    }
    expect(runs).toBeGreaterThan(200);
  });
});
