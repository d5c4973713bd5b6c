/** `advise` and `hints` as somebody calls them: what stands where, and what is wrong said in a sentence. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { policyText } from "../../support/analyze.ts";
import { bundle } from "../../support/bundle-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "prompt-cache-lens-"));
let cli = "";

beforeAll(async () => {
  cli = await bundle(join(folder, "dist"));
  mkdirSync(join(folder, "prompts"));
  writeFileSync(join(folder, "prompts/support.j2"), `${policyText(60)}\n\n{{ question }}`);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("hints", () => {
  test("to standard output or to a file, the same bytes", () => {
    const { status, stdout, stderr } = run("hints", "prompts");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout).templates).toHaveLength(1);
    expect(run("hints", "prompts", "--output", "hints.json")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readFileSync(join(folder, "hints.json"), "utf8")).toBe(stdout);
  });

  test("a file that cannot be written", () => {
    const { status, stderr } = run("hints", "prompts", "--output", "nowhere/hints.json");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^--output is "nowhere\/hints\.json", which cannot be written: ENOENT/);
  });
});

describe("advise", () => {
  test("counts with the chat template that is named", () => {
    const args = ["advise", "prompts", "--policy", "vllm", "--format", "json"];
    const { status, stdout, stderr } = run(...args, "--chat-template", "none");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).not.toBe(run(...args).stdout);
    expect(run(...args, "--chat-template", "gone.jinja").stderr).toContain(
      "There is no chat template gone.jinja",
    );
  });

  test.each([
    ["vllm", /^vllm with [\d.]+ GiB for ibm-granite.*\n\nnow .*\nproposed .*\n\n--mamba-cache-mode: align/],
    ["anthropic:claude-opus-5", /support\.j2: [\d.]+ % \(assumed\) -> [\d.]+ %: behind the part/],
    ["marconi", /This policy has nothing to set\. Name a server/],
  ])("%s", (policy, expected) => {
    const { status, stdout, stderr } = run("advise", "prompts", "--policy", policy);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(expected);
  });

  test("as JSON", () => {
    const { stdout } = run("advise", "prompts", "--policy", "llama-cpp", "--format", "json");
    const advice = JSON.parse(stdout);
    expect(advice).toMatchObject({
      schema: "prompt-cache-lens/advice/1",
      policy: "llama-cpp",
      breakpoints: null,
    });
    expect(advice.engine.settings.map(({ name }: { name: string }) => name)).toContain(
      "--checkpoint-min-step",
    );
  });
});
