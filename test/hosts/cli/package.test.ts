/** The command line as npm installs it, without a network, in a folder that has nothing else. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fillPackage, pack } from "../../../scripts/pack-cli.mjs";
import { bundle } from "../../support/bundle-cli.ts";
import { oracleByHand } from "./oracle-by-hand.ts";

const root = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "package "));
const home = join(folder, "home");
const installed = join(home, "node_modules/prompt-cache-lens");
let packed: ReturnType<typeof pack>;
let inRepository = "";

beforeAll(async () => {
  await fillPackage(join(folder, "npm"));
  packed = pack(join(folder, "npm"), folder);
  mkdirSync(home);
  const quiet = ["--no-audit", "--no-fund", "--cache", join(folder, "cache")];
  const { status, stderr } = run("npm", ["install", "--offline", ...quiet, packed.file]);
  expect(status, stderr).toBe(0);
  inRepository = await bundle(join(folder, "dist"));
  writeFileSync(join(home, "trace.json"), JSON.stringify(oracleByHand));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

function run(program: string, args: readonly string[]) {
  // Nothing of the checkout's own settings of npm.
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("npm_"));
  return spawnSync(program, args, {
    cwd: home,
    encoding: "utf8",
    env: Object.fromEntries(environment),
    maxBuffer: 2 ** 28,
    shell: process.platform === "win32",
  });
}

const installedCli = (...args: string[]) => {
  const { status, stdout, stderr } = run(join(home, "node_modules/.bin/prompt-cache-lens"), args);
  return { status, stdout, stderr };
};

describe("the npm package of the command line", () => {
  test("holds what the command line needs, and nothing of the extension", () => {
    const folders = [...new Set(packed.files.map((file) => file.split("/").slice(0, -1).join("/")))];
    expect(folders.sort()).toEqual(["", "dist", "dist/grammars", "media/vocabularies", "schemas"]);
    expect(packed.files.filter((file) => /^(dist\/)?[^/]+$/.test(file))).toEqual([
      "LICENSE",
      "README.md",
      "ThirdPartyNotices.txt",
      "dist/cli.cjs",
      "dist/sweep-worker.cjs",
      "package.json",
    ]);
  });

  test("has a manifest of its own: one program, no dependencies, the version of the extension", () => {
    const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(manifest.bin).toEqual({ "prompt-cache-lens": "dist/cli.cjs" });
    expect(manifest.version).toBe(version);
    const unwanted = ["private", "main", "contributes", "dependencies", "devDependencies", "scripts"];
    expect(unwanted.filter((key) => key in manifest)).toEqual([]);
    expect(readdirSync(join(home, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "prompt-cache-lens",
    ]);
  });

  test("reports what the command line of the repository reports, code and tokens included", () => {
    const examples = join(root, "examples");
    const expected = run(process.execPath, [inRepository, "report", examples, "--format", "json"]);
    expect(JSON.parse(expected.stdout).templates.length).toBeGreaterThan(15);
    expect(installedCli("report", examples, "--format", "json")).toEqual({
      status: 0,
      stdout: expected.stdout,
      stderr: "",
    });
  });

  test("starts in a folder without prompts", () => {
    const { status, stdout } = installedCli("report", ".");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^No prompt templates were found\./);
  });

  test("sweeps on threads", () => {
    const args = ["sweep", "trace.json", "--models", "toy", "--capacities", "1KiB", "--format", "json"];
    const { status, stdout, stderr } = installedCli(...args, "--workers", "2");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "4 replays\n" });
    expect(stdout).toBe(run(process.execPath, [inRepository, ...args, "--workers", "1"]).stdout);
  });

  test("brings the schemas along that its README names", () => {
    const named = readFileSync(join(installed, "README.md"), "utf8").match(/schemas\/[\w.-]+\.json/g) ?? [];
    expect(named.length).toBeGreaterThan(0);
    for (const file of named) expect(existsSync(join(installed, file)), file).toBe(true);
  });
});
