import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../../src/config/settings.ts";
import { compare, parsePoliciesArgs, policiesText, studyCells } from "../../../src/hosts/cli/policies.ts";
import { parseSweepArgs, runSweep, sweepText } from "../../../src/hosts/cli/sweep.ts";
import type { NamedRow } from "../../../src/hosts/cli/sweep-job.ts";
import { readTrace } from "../../../src/hosts/cli/trace-files.ts";

const folder = mkdtempSync(join(tmpdir(), "policies "));
const agents = join(folder, "agents");
const blocks = join(folder, "blocks.jsonl");

/** A conversation of three calls, each of which sends back what the one before it sent and got. */
function conversation(): string {
  const ids = Array.from({ length: 40 }, (_, index) => index + 1);
  const requests = [1000, 1600, 2400].map((input, index) => ({
    t: index * 10,
    type: "n",
    model: "m",
    in: input,
    out: 200,
    hash_ids: ids.slice(0, Math.floor(input / 64)),
  }));
  return JSON.stringify({
    block_size: 64,
    hash_id_scope: "local",
    tool_tokens: 320,
    system_tokens: 320,
    requests,
  });
}

beforeAll(() => {
  mkdirSync(agents);
  for (const name of ["a.json", "b.json"]) writeFileSync(join(agents, name), conversation());
  writeFileSync(join(agents, "notes.json"), "{}");
  const lines = [0, 1, 2, 3].map((index) => ({
    timestamp: index,
    input_length: 1536,
    output_length: 1,
    hash_ids: [0, 1, index + 2],
  }));
  writeFileSync(blocks, lines.map((line) => JSON.stringify(line)).join("\n"));
});

afterAll(() => rmSync(folder, { recursive: true }));

const row = (fields: Partial<NamedRow>): NamedRow => ({
  file: "trace.json",
  system: "sglang-radix",
  model: "ibm/m",
  capacityBytes: 1e9,
  alpha: null,
  tunedAlpha: null,
  requests: 1,
  promptTokens: 100,
  reusedTokens: 0,
  tokenHitRate: 0,
  requestHitRate: 0,
  flopsSaved: 0,
  prefillFlops: 100,
  inputUnits: 0,
  ...fields,
});

describe("which traces", () => {
  test("every file of a known format, and conversations of one folder together", () => {
    const { jobs } = parsePoliciesArgs([folder, "--no-alphas", "--models", "granite-4.0-h-small"]);
    expect([...new Set(jobs.map(({ file }) => file))]).toEqual([blocks, agents]);
    expect(new Set(jobs.map(({ capacity }) => JSON.stringify(capacity))).size).toBe(4);
  });

  test("on as many GPUs as are said", () => {
    const { jobs } = parsePoliciesArgs([
      blocks,
      "--no-alphas",
      "--gpu",
      "B200-SXM",
      "--tensor-parallel",
      "2",
    ]);
    expect([...new Set(jobs.map(({ gpu, tensorParallel }) => `${tensorParallel} ${gpu}`))]).toEqual([
      "2 B200-SXM",
    ]);
  });

  test("the first requests of each only", () => {
    const { jobs } = parsePoliciesArgs([blocks, "--no-alphas", "--first", "3"]);
    expect(new Set(jobs.map(({ first }) => first))).toEqual(new Set([3]));
    expect(readTrace(blocks, 3).spans.requests.length).toBe(3);
    expect(readTrace(agents, 4).spans.requests.length).toBe(4);
    expect(readTrace(blocks).spans.requests.length).toBe(4);
  });

  test("or one by name, with the grid of alphas", () => {
    const { jobs } = parsePoliciesArgs([blocks, "--models", "granite-4.0-h-small"]);
    expect(jobs.filter(({ system }) => typeof system === "number").length).toBe(4 * 21);
  });

  test.each([
    [[], "policies needs a trace or a folder with traces, or several."],
    [[join(folder, "nowhere")], "There is no file or folder "],
    [[blocks, "--first", "0"], '--first is "0"; give a whole number of 1 or more.'],
    [[folder, "--format", "xml"], '--format is "xml"; give text or json.'],
  ])("%s", (args, message) => {
    expect(() => parsePoliciesArgs(args)).toThrow(UserError);
    expect(() => parsePoliciesArgs(args)).toThrow(message);
  });

  test("a folder without any", () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    expect(() => parsePoliciesArgs([empty])).toThrow("holds no trace");
    rmSync(empty, { recursive: true });
  });
});

describe("comparisons", () => {
  const rows = [
    row({ tokenHitRate: 0.5 }),
    row({ system: "density", tokenHitRate: 0.6 }),
    row({ system: "clairvoyant", tokenHitRate: 0.9 }),
    row({ system: "marconi, alpha 0", alpha: 0, tokenHitRate: 0.4, flopsSaved: 30 }),
    row({ system: "marconi, alpha 1", alpha: 1, tokenHitRate: 0.55, flopsSaved: 20 }),
    row({ capacityBytes: 2e9, tokenHitRate: 0.7 }),
    row({ capacityBytes: 2e9, system: "density", tokenHitRate: 0.68 }),
    row({ capacityBytes: 2e9, system: "clairvoyant", tokenHitRate: 0.9 }),
  ];
  const cells = studyCells(rows);

  test("a cell holds what every policy made of one trace, and the best alpha by each measure", () => {
    expect(cells.length).toBe(2);
    expect(cells[0]!.outcomes.get("best alpha")).toEqual({ hitRate: 0.55, flopsSaved: 0.3 });
  });

  test("one policy against another, in points", () => {
    const { mean, wins, losses, worst } = compare(cells, "density", "sglang-radix");
    expect(mean).toBeCloseTo(4);
    expect([wins, losses]).toEqual([1, 1]);
    expect(worst?.points).toBeCloseTo(-2);
    expect(worst?.cell.capacityBytes).toBe(2e9);
  });

  test("as text: the share of the gap, wins, losses and the worst cell", () => {
    const line = policiesText(rows.filter(({ alpha }) => alpha === null))
      .split("\n")
      .find((each) => each.startsWith("| density "));
    // (0.6 + 0.68 - 0.5 - 0.7) / (0.9 + 0.9 - 0.5 - 0.7)
    expect(line).toContain(
      "| 2 | 64.0 | 0 | 13.3 | +4.0, won 1, lost 1, worst −2.0 (trace.json, m, 1.86 GiB)",
    );
  });
});

describe("the exact optimum", () => {
  const rows = [
    row({ tokenHitRate: 0.5 }),
    row({ system: "exact optimum", tokenHitRate: 0.8 }),
    row({ capacityBytes: 2e9, tokenHitRate: 0.9 }),
  ];
  const unsolved = { file: "trace.json", system: "exact optimum", model: "ibm/m", capacityBytes: 2e9 };

  test("where it is not known, nothing stands for it and nobody is compared with it", () => {
    const lines = policiesText(rows, [unsolved]).split("\n");
    expect(lines).toContain("| trace.json | m | 954 MiB | 50.0 / 0 | 80.0 / 0 |");
    expect(lines).toContain("| trace.json | m | 1.86 GiB | 90.0 / 0 | too large |");
    const own = lines.find((line) => line.startsWith("| sglang-radix "));
    expect(own).toContain("−30.0, won 0, lost 1, worst −30.0 (trace.json, m, 954 MiB)");
    expect(lines.find((line) => line.startsWith("| exact optimum "))).toContain("| 1 | 80.0 |");
  });

  test("where it is known of none, its row says so", () => {
    const lines = policiesText(rows.slice(2), [unsolved]).split("\n");
    expect(lines.find((line) => line.startsWith("| exact optimum "))).toContain("| 0 | too large |");
  });

  test("of a trace that is too large for it, a sweep has no row and says which", async () => {
    const long = join(folder, "long.jsonl");
    const lines = Array.from({ length: 400 }, (_, index) => ({
      timestamp: index,
      input_length: 512 * 5,
      output_length: 1,
      hash_ids: [0, 1 + (index % 7), 10 + ((index * 13) % 31), 50 + ((index * 29) % 53), 200 + index],
    }));
    writeFileSync(long, lines.map((line) => JSON.stringify(line)).join("\n"));
    const args = parseSweepArgs([long, "--policies", "optimum", "--capacities", "8%", "--workers", "1"]);
    const result = await runSweep(args, "", new AbortController().signal, () => {});
    rmSync(long);
    expect(result.rows).toEqual([]);
    expect(result.mistakes).toEqual([]);
    expect(result.tooLarge).toMatchObject([{ file: "long.jsonl", system: "exact optimum" }]);
    expect(sweepText(result.rows, result.tooLarge)).toContain("too large");
  });
});

test("the made-up traces through every policy", async () => {
  const args = parsePoliciesArgs([folder, "--models", "granite-4.0-h-small", "--workers", "1"]);
  const { rows, mistakes } = await runSweep(args, "", new AbortController().signal, () => {});
  expect(mistakes).toEqual([]);
  const cells = studyCells(rows);
  expect(cells.length).toBe(8);
  for (const { outcomes, trace, capacityBytes } of cells) {
    const reference = outcomes.get("clairvoyant")!.hitRate;
    const label = `${trace} ${capacityBytes}`;
    // Both traces have blocks only, of which nobody knows where requests part inside.
    expect(outcomes.has("sparse"), label).toBe(false);
    expect(outcomes.size, label).toBe(14);
    const optimum = outcomes.get("exact optimum")!.hitRate;
    expect(reference, label).toBeLessThanOrEqual(optimum + 1e-9);
    for (const [id, { hitRate }] of outcomes)
      expect(hitRate, `${label} ${id}`).toBeLessThanOrEqual(
        (id === "exact optimum" ? optimum : reference) + 1e-9,
      );
  }
});
