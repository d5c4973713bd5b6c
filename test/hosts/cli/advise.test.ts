/** `advise` and `hints` as somebody calls them: what stands where, and what is wrong said in a sentence. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shown } from "../../../src/hosts/cli/hints.ts";
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

  test("as a patch that git takes, which is then found to be in", () => {
    const { status, stdout, stderr } = run("hints", "prompts", "--for", "vllm-marker");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(
      /^# vLLM, checkpoint marker: proposed\. .*\n# Read on \d{4}-.*vllm-project\/vllm#55697/,
    );
    const file = join(folder, "prompts/support.j2");
    const before = readFileSync(file, "utf8");
    const applied = spawnSync("git", ["apply", "-p1", "-"], {
      cwd: join(folder, "prompts"),
      input: stdout,
      encoding: "utf8",
      env: { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() },
    });
    expect({ status: applied.status, stderr: applied.stderr }).toEqual({ status: 0, stderr: "" });
    const after = readFileSync(file, "utf8");
    const again = run("hints", "prompts", "--for", "vllm-marker");
    writeFileSync(file, before);
    expect(after.replace("<|mamba_checkpoint|>", "")).toBe(before);
    expect(after).not.toBe(before);
    expect(again.stdout).toContain("support.j2: none. The document holds the marker already.");
  });

  test.each([
    [
      "vllm-boundaries",
      /^# .*: in a fork\. [\s\S]*local-inference-lab\/vllm#675[\s\S]*--recurrent-checkpoint-policy request_boundaries/,
    ],
    [
      "sglang-level",
      /^# .*: documented\. [\s\S]*\npython -m sglang\.launch_server .*--hybrid-cache-checkpoints-level [23]\n$/,
    ],
  ])("for %s", (server, expected) => {
    const { status, stdout, stderr } = run("hints", "prompts", "--for", server);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(expected);
    const { intake } = JSON.parse(run("hints", "prompts", "--for", server, "--format", "json").stdout);
    expect(intake.id).toBe(server);
  });

  test("documents command no terminal, and are as they are in a file", () => {
    const patch = "+\u001b[2Jrules\r\n next\n";
    expect(shown(patch, true)).toBe("+\\x1b[2Jrules\\r\n next\n");
    expect(shown(patch, false)).toBe(patch);
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
    [
      "vllm",
      /^vllm with [\d.]+ GiB for ibm-granite.*\n\nIn the steady state, .*\n\nnow .*\nproposed .*\n\n--mamba-cache-mode: align/,
    ],
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
