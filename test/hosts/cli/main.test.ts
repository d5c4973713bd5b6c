/** The command line as somebody meets it for the first time: what it prints where, and how it ends. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle } from "../../support/bundle-cli.ts";
import { oracleByHand } from "./oracle-by-hand.ts";

const folder = mkdtempSync(join(tmpdir(), "prompt cache lens "));
let cli = "";

const files: Readonly<Record<string, string | Uint8Array>> = {
  "work/prompts/plan.txt": "Plan for {customer_name}: {question}",
  "work/CLAUDE.md": "Read @README.md and @gone.md first.",
  "work/README.md": "One two three four five six seven eight nine ten.",
  "work/outside.j2": '{% include "link.txt" %}',
  "work/binary.j2": Uint8Array.of(1, 0, 2),
  "traces/bad id.json": JSON.stringify({ ...oracleByHand, segments: [{ t: [2 ** 32 + 1] }] }),
  "traces/no requests.json": JSON.stringify({ ...oracleByHand, requests: [], token_hash: [] }),
  "traces/no layers.json": JSON.stringify({
    ...oracleByHand,
    models: { toy: { num_ssm_layers: 0, num_attn_layers: 0, num_mlp_layers: 1, d: 2, n: 2 } },
  }),
  "traces/never.jsonl": '{"timestamp": 1e999, "input_length": 3, "output_length": 1, "hash_ids": [1]}',
  "traces/empty.jsonl": "",
  "models/chat_template.jinja":
    "{% for message in messages %}[{{ message.role }}] {{ message.content }}{% endfor %}",
  "secret.txt": "secret",
  "main.c": "int main() {}",
};

beforeAll(async () => {
  cli = await bundle(join(folder, "dist"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  mkdirSync(join(folder, "empty"));
  symlinkSync(join(folder, "secret.txt"), join(folder, "work/link.txt"));
  symlinkSync("nowhere", join(folder, "work/dangling.j2"));
  symlinkSync("..", join(folder, "work/prompts/up"));
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr };
}

test("names that command a terminal are shown, not obeyed", () => {
  const name = "\u001b[2J\nforged: line\u202e";
  const shown = "\\x1b[2J\\nforged: line\\u202e";
  expect(run("report", "work", "--model", name)).toMatchObject({ status: 2, stdout: "" });
  expect(run("report", "work", "--model", name).stderr).toContain(`"${shown}"`);
  expect(run(name).stderr).toContain(`There is no command "${shown}". `);
  expect(run("report", name).stderr).toContain(shown);
  expect(run("report", "work", `--${name}`).stderr).toContain("\\x1b[2J");
  expect(run("sweep", name, "--workers", "1").stderr).toContain(shown);
});

test("a folder whose name has blanks, with links that lead nowhere, up and out", () => {
  const { status, stdout, stderr } = run("report", "work", "--format", "json");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report.templates.map(({ id }: { id: string }) => id)).toEqual([
    "CLAUDE.md",
    "outside.j2",
    "prompts/plan.txt",
  ]);
  expect(report.skipped).toEqual([
    { path: "binary.j2", reason: "it is binary" },
    { path: "dangling.j2", reason: "it is a symbolic link; links are not followed" },
    { path: "link.txt", reason: "it is a symbolic link; links are not followed" },
    { path: "prompts/up", reason: "it is a symbolic link; links are not followed" },
  ]);
  // The README is read though it is no prompt; what lies outside is not.
  expect(report.problems.map(({ message }: { message: string }) => message.split(" ")[0])).toEqual([
    "`gone.md`",
    "`link.txt`",
  ]);
  expect(report.templates[0].staticTokens).toBeGreaterThan(12);
});

test("a single file keeps the folder that makes it a prompt", () => {
  const { status, stdout } = run("report", "work/prompts/plan.txt", "--format", "json");
  expect(status).toBe(0);
  expect(JSON.parse(stdout).templates[0]).toMatchObject({ id: "prompts/plan.txt", requests: 24 });
});

test("a folder without prompts says what prompts are", () => {
  const { status, stdout } = run("report", "empty");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^No prompt templates were found\. Known are files that end in \.j2/);
});

test.each([
  [["--help"], "\n  report PATH "],
  [["help"], "\n  validate-ttft "],
  [["report", "--help"], "\n  --chat-template FILE "],
  [["explain", "work", "-h"], "\n  --request N "],
  [["help", "hints"], "\n  --output FILE "],
])("%j is help", (args, text) => {
  const { status, stdout, stderr } = run(...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain(text);
});

describe("what cannot be done is said in one line", () => {
  test.each([
    [["report", "nowhere"], "There is no file or folder nowhere."],
    [["report", ""], "The path is empty; give a folder or a file."],
    [["report", "prompt", "cache"], 'One folder or file at a time: "cache" is one too many.'],
    [["report", "work", "--modle", "x"], "There is no option --modle. Did you mean --model?"],
    [["reprot"], 'There is no command "reprot". Did you mean report?'],
    [["nonsense"], 'There is no command "nonsense". --help lists all commands.'],
    [["report", "work", "--output", "F"], "There is no option --output."],
    [["report", "work", "--request", "3"], "There is no option --request."],
    [["hints", "work", "--format", "text"], '--format is "text"; hints in our own form are json.'],
    [["hints", "work", "--for", "vllm"], '--for is "vllm"; give one of own, vllm-marker, vllm-boundaries'],
    [["catalogue", "models", "extra"], 'One table at a time: "extra" is one too many.'],
    [["catalogue"], "catalogue needs the name of a table: models, gpus, policies or prefixes."],
    [["catalogue", "constructor"], 'catalogue knows models, gpus, policies and prefixes, not "constructor".'],
    [["validate-ttft", "--x"], "There is no option --x."],
    [["validate-ttft", "x"], 'validate-ttft stands without a word behind it: "x" is one too many.'],
    [
      ["report", "work", "--seed", "99999999999"],
      '--seed is "99999999999"; give a whole number from 0 to 429',
    ],
    [
      ["report", "work", "--tensor-parallel", "1025"],
      '--tensor-parallel is "1025"; give a whole number from 1',
    ],
    [["report", "work", "--format", "xml"], '--format is "xml"; give text or json.'],
    [["report", "work", "--chat-template", "gone.jinja"], "There is no chat template gone.jinja; give"],
    [
      ["report", "work", "--chat-template", "work/binary.j2"],
      "The chat template work/binary.j2 cannot be read",
    ],
    [["report", "work", "--modell", "x"], "There is no option --modell. Did you mean --model?"],
    [["report", "work", "--json"], "There is no option --json. --help lists all options."],
    [["report", "work", "--turns", "x"], '--turns is "x"; give a whole number from 1 to 1000.'],
    [["report", "work", "--capacity", "1KiB"], "The capacity of 1.00 KiB is smaller than one state"],
    [["report", "work", "--gpu", "H1000"], 'Unknown GPU "H1000".'],
    [["report", "work", "--policy", "fifo"], 'Unknown policy "fifo".'],
    [["report", "main.c"], "main.c is no prompt by its name and folder. Known are"],
    [["report", "work/binary.j2"], "work/binary.j2 cannot be analysed: it is binary."],
    [["oracle", "nowhere"], "There is no folder nowhere."],
    [["report", "work", "--capacity", "NaN"], '--capacity is "NaN"; give auto, or a number of bytes with'],
    [["report", "work", "--capacity=-1GiB"], '--capacity is "-1GiB"; give auto, or a number of bytes with'],
    [["report", "work", "--capacity", "1e400"], '"1e400" is more memory than can be counted.'],
    [["explain", "work", "--request", "0", "--capacity", "1KiB"], "The capacity of 1.00 KiB is smaller"],
    [["explain", "work", "--request=-1"], '--request is "-1"; give a whole number.'],
    [["explain", "work", "--request", "99999"], "There is no request 99999; the workload has requests 0 to"],
    [["explain", "empty", "--request", "0"], "There is no request 0; the workload has none."],
  ])("%j", (args, message) => {
    const { status, stdout, stderr } = run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr.startsWith(message), stderr).toBe(true);
    expect(stderr.trimEnd()).not.toContain("\n");
  });

  test.each([
    ["bad id.json", "Token 0 of segment 0 is 4294967297; it has to be a whole number, 0 to 2147483647."],
    ["no requests.json", "holds no requests."],
    ["no layers.json", "The model has no layer whose state could be cached"],
    ["never.jsonl", 'line 1: "timestamp" is no number of 0 or more.'],
    ["empty.jsonl", "is no trace: The file is no JSON"],
  ])("sweep %s", (name, message) => {
    const options = ["--models", "toy", "--capacities", "1KiB", "--policies", "marconi", "--workers", "1"];
    const { status, stdout, stderr } = run("sweep", `traces/${name}`, ...options);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });

  test("oracle: files that are wrong fail, each with a sentence", () => {
    const { status, stdout, stderr } = run("oracle", "traces");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(stdout).toMatch(/^FAIL bad id\.json: Token 0 of segment 0 is 4294967297/);
    expect(stdout).not.toContain("    at ");
  });
});

test("--version is that of package.json", () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8"));
  expect(run("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
});

test("which files are read is said as in the editor", () => {
  const ids = (...options: string[]) => {
    const { stdout, stderr } = run("report", "work", "--format", "json", ...options);
    expect(stderr).toBe("");
    const { templates, skipped } = JSON.parse(stdout);
    return [templates, skipped].map((list) =>
      list.map(({ id, path }: { id: string; path: string }) => id ?? path),
    );
  };
  expect(ids("--include", "*.j2", "--include", "prompts", "--exclude", "binary.*")).toEqual([
    ["outside.j2", "prompts/plan.txt"],
    ["dangling.j2", "link.txt", "prompts/up"],
  ]);
  expect(ids("--max-file-bytes", "1000", "--include", "prompts")[0]).toEqual(["prompts/plan.txt"]);
});

test("a chat template is named from where the command runs", () => {
  const read = (...options: string[]) => {
    const { stdout, stderr } = run("report", "work/prompts/plan.txt", "--format", "json", ...options);
    expect(stderr).toBe("");
    const report = JSON.parse(stdout);
    const [assumed] = report.assumptions.filter(({ id }: { id: string }) => id === "chat-template");
    return { numbers: JSON.stringify(report.templates), said: assumed.text as string };
  };
  expect(read("--chat-template", "none").said).toContain("raw completions");
  const own = read("--chat-template", "models/chat_template.jinja");
  expect(own.said).toContain("chat template of ../models/chat_template.jinja");
  expect(own.numbers).not.toBe(read().numbers);
});

test("hints are written whole, or what was there stays", () => {
  const file = join(folder, "hints.json");
  writeFileSync(file, "before");
  expect(run("hints", "work", "--output", "hints.json")).toEqual({ status: 0, stdout: "", stderr: "" });
  expect(readFileSync(file, "utf8")).toBe(run("hints", "work").stdout);
  const { status, stderr } = run("hints", "work", "--output", "nowhere/hints.json");
  expect(status).toBe(2);
  expect(stderr).toMatch(/^--output is "nowhere\/hints\.json", which cannot be written: /);
});

test("a reader that has seen enough is no failure", () => {
  const examples = join(import.meta.dirname, "../../../examples");
  const command = `"${process.execPath}" "${cli}" report "${examples}" --format json | head -1`;
  const { stdout, stderr } = spawnSync("sh", ["-c", command], { cwd: folder, encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "{\n", stderr: "" });
});
