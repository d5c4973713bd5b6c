import { describe, expect, test } from "vitest";
import { WorkspaceMirror } from "../../../src/service/workspace/mirror.ts";
import { defaultRules } from "../../../src/service/workspace/reading-rules.ts";
import { isBuiltFolder, isRecording } from "../../../src/service/workspace/recordings.ts";
import { MemoryTree } from "../../support/memory-tree.ts";

test.each([
  ["tests/prompts/a.j2", true],
  ["src/__tests__/agent.ts", true],
  ["src/agent.test.ts", true],
  ["src/test_agent.py", true],
  ["pkg/agent_test.go", true],
  ["evals/snapshot.eval.ts", true],
  ["fixtures/session.json", true],
  ["benchmark_results/run.json", true],
  ["data/dataset.json", true],
  ["prompts/a.j2", false],
  ["prompts/test.j2", false],
  ["search_results/agent.py", false],
  ["src/testimonials/prompt.ts", false],
  ["contest/system.j2", false],
  ["src/latest_prompt.py", false],
  ["prompts/basic-with-tests.jinja", false],
  ["rules/unit-tests.md", false],
  ["patterns/analyze_logs/system.md", false],
  ["spec/system.prompty", false],
  ["spec/agent_spec.rb", true],
  ["spec/agent.ts", true],
  ["app/tests.py", true],
  ["app/agent_test.py", true],
  ["app/conftest.py", true],
  ["src/agent.spec.tsx", true],
  ["src/agent.cy.ts", true],
  ["src/AgentTest.java", true],
  ["src/AgentTests.cs", true],
  ["src/latest.java", false],
  ["src/Split.kt", false],
  ["app/api_spec.py", false],
  ["app/attests.py", false],
])("%s: %s", (path, expected) => {
  expect(isRecording(path, "You are an assistant.")).toBe(expected);
});

test("HTTP traffic that is played back is told by how it begins", () => {
  const cassette = "interactions:\n- request:\n    body: You are\n  response:\n    status: 200\n";
  expect(isRecording("prompts/a.yaml", cassette)).toBe(true);
  expect(isRecording("prompts/a.yaml", "system_prompt: rules of interactions\n")).toBe(false);
});

test("folders of what was built or brought along", () => {
  expect(["vendor", "dist", ".next", "site-packages"].filter(isBuiltFolder)).toHaveLength(4);
  expect(["prompts", "src", "builder", "vendors-guide"].filter(isBuiltFolder)).toEqual([]);
});

describe("a workspace", () => {
  const files = {
    "real.j2": "You are {{ name }}",
    "tests/a.j2": "You are {{ name }}",
    "tests/b.j2": "You are {{ name }}",
    "dist/c.j2": "You are {{ name }}",
    "packages/x/vendor/d.j2": "You are {{ name }}",
  };
  const read = async (mirror: WorkspaceMirror) => {
    await mirror.update({ isCancelled: () => false, onProgress: () => {} });
    const { documents, skipped } = mirror.picture();
    return { paths: documents.map(({ path }) => path), reasons: skipped.map(({ reason }) => reason) };
  };

  test("counts what it leaves out, in a line each", async () => {
    expect(await read(new WorkspaceMirror({ tree: new MemoryTree(files) }))).toEqual({
      paths: ["real.j2"],
      reasons: [
        '2 files of tests, recordings and data; the setting "recordings" (--recordings read) reads them',
        '2 folders of what was built or brought along (dist, packages/x/vendor); the setting "recordings" (--recordings read) enters them',
      ],
    });
  });

  test.each([
    ["app/foo_test.py", 'SYSTEM_PROMPT = "You are a helpful assistant."'],
    ["app/test_foo.py", 'SYSTEM_PROMPT = "You are a helpful assistant."'],
    ["app/conftest.py", 'SYSTEM_PROMPT = "You are a helpful assistant."'],
    ["src/foo.test.ts", 'const prompt = "You are a helpful assistant.";'],
    ["src/foo.spec.tsx", 'const prompt = "You are a helpful assistant.";'],
    ["src/__tests__/foo.ts", 'const prompt = "You are a helpful assistant.";'],
    ["src/__mocks__/foo.js", 'const prompt = "You are a helpful assistant.";'],
    ["spec/foo.ts", 'const prompt = "You are a helpful assistant.";'],
  ])("counts %s beside sources, and reads it where that is set", async (path, text) => {
    const tree = new MemoryTree({
      [path]: text,
      "app/other_test.py": "assert 1 == 1",
      "a.test.ts": "it(1);",
    });
    const reasons = [
      '1 file of tests, recordings and data; the setting "recordings" (--recordings read) reads it',
    ];
    expect(await read(new WorkspaceMirror({ tree }))).toEqual({ paths: [], reasons });
    const rules = { ...defaultRules, recordings: "read" };
    expect(await read(new WorkspaceMirror({ tree, rules }))).toEqual({ paths: [path], reasons: [] });
  });

  test("says which of them may hold captured requests", async () => {
    const body = '{ "model": "m", "messages": [{ "role": "user", "content": "Go on." }] }';
    const captured = { "logs/a.jsonl": `${body}\n${body}`, "tests/a.j2": "You are {{ name }}" };
    expect(await read(new WorkspaceMirror({ tree: new MemoryTree(captured) }))).toEqual({
      paths: [],
      reasons: [
        '2 files of tests, recordings and data, 1 file with captured requests among them; the setting "recordings" (--recordings read) reads them',
      ],
    });
  });

  test("reads them where that is set", async () => {
    const rules = { ...defaultRules, recordings: "read" };
    expect(await read(new WorkspaceMirror({ tree: new MemoryTree(files), rules }))).toEqual({
      paths: Object.keys(files).sort(),
      reasons: [],
    });
  });

  test("reads what is told by name, and a file that is asked for alone", async () => {
    const told = { ...files, "promptcache.json": '{ "formats": { "tests/*.j2": "jinja" } }' };
    expect((await read(new WorkspaceMirror({ tree: new MemoryTree(told) }))).paths).toEqual([
      ...["real.j2", "tests/a.j2", "tests/b.j2"],
    ]);
    const alone = await read(new WorkspaceMirror({ tree: new MemoryTree(files), only: "tests/a.j2" }));
    expect(alone).toEqual({ paths: ["tests/a.j2"], reasons: [] });
  });

  test("counts what an editor holds instead of what lies on disk", async () => {
    const mirror = new WorkspaceMirror({ tree: new MemoryTree({ "real.j2": "You are {{ name }}" }) });
    mirror.setOverlay("tests/new.j2", "You are {{ name }}");
    expect((await read(mirror)).reasons).toEqual([]);
    mirror.setOverlay(
      "run_results.yaml",
      "system_prompt: You are a careful assistant of a shipping company.",
    );
    expect((await read(mirror)).reasons).toEqual([
      '1 file of tests, recordings and data; the setting "recordings" (--recordings read) reads it',
    ]);
    mirror.setOverlay("run_results.yaml", null);
    expect((await read(mirror)).reasons).toEqual([]);
  });
});
