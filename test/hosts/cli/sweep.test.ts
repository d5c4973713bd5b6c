import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildOptions, build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../../src/config/settings.ts";
import { parseSweepArgs, runSweep, sweepText } from "../../../src/hosts/cli/sweep.ts";
import { generatedTokens, tokenHash } from "../../../src/log/marconi-oracle.ts";

const folder = mkdtempSync(join(tmpdir(), "sweep "));
const trace = join(folder, "trace.json");
const blocks = join(folder, "blocks.jsonl");
const never = new AbortController().signal;
const nothing = () => {};

/** Two conversations of four turns with one beginning, in the format of the golden files. */
function traceText(): string {
  const segments = Array.from({ length: 9 }, (_, index) => ({ s: index + 1, n: 40 + index }));
  const tokens = segments.map(({ s, n }) => generatedTokens(s, n, 1000));
  const sequences: Int32Array[] = [];
  const requests = Array.from({ length: 8 }, (_, index) =>
    index < 2
      ? { b: undefined, i: [0, index + 1], o: [index + 3] }
      : { b: index - 2, i: [index], o: [(index + 1) % 9] },
  );
  for (const { b, i, o } of requests) {
    const base = b === undefined ? [] : [...sequences[b]!];
    sequences.push(Int32Array.from([...base, ...[...i, ...o].flatMap((index) => [...tokens[index]!])]));
  }
  return JSON.stringify({
    format: "marconi-oracle/1",
    id: "made-up",
    vocab: 1000,
    models: { tiny: { num_ssm_layers: 2, num_attn_layers: 1, num_mlp_layers: 3, d: 64, n: 16 } },
    segments,
    requests,
    token_hash: sequences.map(tokenHash),
    runs: [],
  });
}

beforeAll(() => {
  writeFileSync(trace, traceText());
  writeFileSync(
    blocks,
    [
      { timestamp: 0, input_length: 1100, output_length: 1, hash_ids: [0, 1, 2] },
      { timestamp: 9, input_length: 1024, output_length: 1, hash_ids: [0, 1] },
      { timestamp: 9, input_length: 1536, output_length: 1, hash_ids: [0, 1, 3] },
    ]
      .map((request) => JSON.stringify(request))
      .join("\n"),
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("arguments", () => {
  test("every file with every model, capacity and system", () => {
    const { jobs, workers } = parseSweepArgs(
      "a b --models x,y --capacities 5%,1GB --policies marconi,ideal --alphas 0,0.5 --workers 3".split(" "),
    );
    expect(jobs.length).toBe(2 * 2 * 2 * 4);
    const hardware = { gpu: "H100-SXM", tensorParallel: 1 };
    expect(jobs[0]).toEqual({
      file: "a",
      model: "x",
      ...hardware,
      capacity: { share: 0.05 },
      system: "marconi",
    });
    expect(jobs.at(-1)).toEqual({
      file: "b",
      model: "y",
      ...hardware,
      capacity: { bytes: 1e9 },
      system: 0.5,
    });
    expect(workers).toBe(3);
  });

  test.each([
    ["", "needs one file"],
    ["a --policies marcony", 'Unknown policy "marcony"'],
    ["a --alphas high", '"high" is no alpha'],
    ["a --capacities lots", "lots"],
    ["a --capacities 0%", '"0%" is no capacity'],
    ["a --workers 0", "--workers"],
    ["a --tensor-parallel two", '--tensor-parallel is "two"'],
    ["a --gpu H1000", 'Unknown GPU "H1000"'],
    ["a --format xml", "--format"],
    ["a --models ,", "nothing to replay"],
    ["a --nonsense", "nonsense"],
  ])("%s", (args, message) => {
    expect(() => parseSweepArgs(args.split(" ").filter((arg) => arg !== ""))).toThrow(message);
  });
});

describe("replays", () => {
  const args = (text: string) => parseSweepArgs([trace, ...text.split(" ")]);

  test("rows come in the order of the jobs, and are counted", async () => {
    const counts: number[] = [];
    const chosen = args("--models tiny --capacities 100kB --policies unlimited,no-cache,ideal --workers 1");
    const { rows } = await runSweep(chosen, folder, never, (done) => counts.push(done));
    expect(rows.map(({ system }) => system)).toEqual(["unlimited", "no-cache", "ideal"]);
    expect(counts).toEqual([1, 2, 3]);
    expect(rows[1]!.reusedTokens).toBe(0);
    expect(rows[0]!.reusedTokens).toBeLessThanOrEqual(rows[2]!.reusedTokens);
  });

  test("whole blocks of a Mooncake trace are reused, the block of the last token is not", async () => {
    const chosen = parseSweepArgs([
      blocks,
      "--policies",
      "ideal,unlimited",
      "--capacities",
      "1TB",
      "--workers",
      "1",
    ]);
    const { rows } = await runSweep(chosen, folder, never, nothing);
    // Ideal: 0, then 512 of 1,024, then 1,024 of 1,536 tokens. A hybrid keeps no state at 512 until it was missed there.
    expect(rows.map(({ reusedTokens, promptTokens }) => [reusedTokens, promptTokens])).toEqual([
      [1536, 3660],
      [1024, 3660],
    ]);
  });

  test("a table, and the best fixed alpha under it", async () => {
    const chosen = args("--models tiny --capacities 50kB --policies marconi --alphas 0,1 --workers 1");
    const text = sweepText((await runSweep(chosen, folder, never, nothing)).rows);
    expect(text.split("\n").length).toBe(1 + 3 + 2);
    expect(text).toMatch(
      /trace\.json, tiny, 48\.8 KiB: best of 2 fixed alphas, known afterwards only: .* of tokens/,
    );
  });

  test("what a hosted API asks for the prompts stands in a column of its own", async () => {
    const chosen = args("--capacities 50kB --policies no-cache,deepseek --workers 1");
    const lines = sweepText((await runSweep(chosen, folder, never, nothing)).rows).split("\n");
    expect(lines[0]).toMatch(/FLOPs saved {2}input price$/);
    expect(lines[1]).not.toMatch(/%.*%.*%.*%/);
    expect(lines[2]).toMatch(/%.*%.*%.*%/);
  });

  test.each([
    ["--policies vllm-block --workers 1", blocks, "over tokens"],
    ["--policies hcache --models tiny --workers 1", trace, "needs a model of the catalogue"],
    ["--models nobody/nothing --workers 1", trace, "nobody/nothing"],
    ["--workers 1", join(folder, "gone.json"), "cannot be read"],
    ["--workers 1", folder, "is a folder"],
  ])("a mistake is told: %s", async (text, file, message) => {
    const chosen = parseSweepArgs([file, ...text.split(" ")]);
    const running = runSweep(chosen, folder, never, nothing);
    await expect(running).rejects.toThrow(UserError);
    await expect(running).rejects.toThrow(message);
  });

  test("what cannot be replayed is told once, and the rest is replayed", async () => {
    const chosen = args("--models tiny --capacities 50kB,60kB --policies marconi,hcache,ideal --workers 1");
    const counts: number[] = [];
    const { rows, mistakes } = await runSweep(chosen, folder, never, (done) => counts.push(done));
    expect(rows.map(({ system }) => system)).toEqual(["marconi", "ideal", "marconi", "ideal"]);
    expect(mistakes).toEqual([expect.stringContaining("The policy hcache needs a model")]);
    expect(counts).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("they can be stopped", async () => {
    const stop = new AbortController();
    const chosen = args("--models tiny --capacities 50kB --alphas grid --workers 1");
    const counts: number[] = [];
    const running = runSweep(chosen, folder, stop.signal, (done) => {
      counts.push(done);
      if (done === 3) stop.abort();
    });
    await expect(running).rejects.toThrow("aborted");
    expect(counts).toEqual([1, 2, 3]);
  });
});

describe("a pool of workers", () => {
  beforeAll(async () => {
    const script = pathToFileURL(join(import.meta.dirname, "../../../scripts/build.mjs")).href;
    const { plan }: { plan(choice: object): { builds: readonly { options: BuildOptions }[] } } = await import(
      script
    );
    const [worker] = plan({ only: ["sweep-worker"] }).builds;
    const outfile = join(folder, "sweep-worker.cjs");
    await build({ ...worker?.options, outfile, plugins: [], write: true, metafile: false });
  });

  const text = "--models tiny --capacities 50kB,20% --alphas 0,1 --workers";

  test("gives the rows that one thread gives", async () => {
    const alone = await runSweep(parseSweepArgs([trace, ...text.split(" "), "1"]), folder, never, nothing);
    const pooled = await runSweep(parseSweepArgs([trace, ...text.split(" "), "2"]), folder, never, nothing);
    expect(pooled).toEqual(alone);
  });

  test("tells a mistake of the user as such", async () => {
    const chosen = parseSweepArgs([join(folder, "gone.json"), ...text.split(" "), "2"]);
    await expect(runSweep(chosen, folder, never, nothing)).rejects.toThrow("cannot be read");
  });

  test("ends its workers when it is stopped", async () => {
    const stop = new AbortController();
    const chosen = parseSweepArgs([trace, ...text.split(" "), "2"]);
    const counts: number[] = [];
    const running = runSweep(chosen, folder, stop.signal, (done) => {
      counts.push(done);
      stop.abort();
    });
    await expect(running).rejects.toThrow();
    expect(counts).toEqual([1]);
  });
});
