import { expect, test } from "vitest";
import { WorkspaceMirror } from "../../../src/service/workspace/mirror.ts";
import { defaultRules } from "../../../src/service/workspace/reading-rules.ts";
import { lookLimits, unreadLanguage } from "../../../src/service/workspace/unread-languages.ts";
import { MemoryTree } from "../../support/memory-tree.ts";

const said = 'String SYSTEM = "You are a helpful assistant.";';
const silent = "int sum(int a, int b) { return a + b; }";
const isNot = "is not read, prompts in files of their own are";

async function reasons(mirror: WorkspaceMirror) {
  await mirror.update({ isCancelled: () => false, onProgress: () => {} });
  const { documents, skipped } = mirror.picture();
  expect(documents.filter(({ path }) => unreadLanguage(path) !== null)).toEqual([]);
  return skipped;
}

test("files of languages that are not read are counted by language, where they speak of prompts", async () => {
  const tree = new MemoryTree({
    "src/A.java": said,
    "src/B.java": said,
    "src/C.java": said,
    "src/Sum.java": silent,
    "app/main.go": "const prompt = `You are an expert on Go.`",
    "app/sum.go": silent,
    "prompt.j2": "You are {{ name }}",
  });
  expect(await reasons(new WorkspaceMirror({ tree }))).toEqual([
    { path: "", reason: `3 Java files speak of prompts (src/A.java and 2 more); Java ${isNot}` },
    { path: "", reason: `1 Go file speaks of prompts (app/main.go); Go ${isNot}` },
  ]);
});

test.each([
  ["tests of programs", { "src/test/java/A.java": said, "src/AgentTest.java": said, "a_test.go": said }],
  ["what is ignored", { ".gitignore": "*.java\n", "A.java": said }],
  ["what was built or brought along", { "vendor/A.java": said }],
  ["files that are too large to be looked at", { "A.java": said + " ".repeat(lookLimits.fileBytes) }],
  ["a folder without any", { "A.java": silent, "main.go": silent }],
])("nothing is said of %s", async (_, files) => {
  const skipped = await reasons(new WorkspaceMirror({ tree: new MemoryTree(files) }));
  expect(skipped.filter(({ reason }) => reason.includes("of prompts"))).toEqual([]);
});

test("what is excluded does not count; of one file nothing else is said", async () => {
  const tree = new MemoryTree({ "A.java": said, "old/B.java": said, "a.j2": "You are {{ name }}" });
  const rules = { ...defaultRules, exclude: ["old/**"] };
  expect(await reasons(new WorkspaceMirror({ tree, rules }))).toEqual([
    { path: "", reason: `1 Java file speaks of prompts (A.java); Java ${isNot}` },
  ]);
  expect(await reasons(new WorkspaceMirror({ tree, only: "a.j2" }))).toEqual([]);
});

test("the count follows what is told of files", async () => {
  const tree = new MemoryTree({ "A.java": said, "B.java": silent });
  const mirror = new WorkspaceMirror({ tree });
  const counted = async () => (await reasons(mirror)).map(({ reason }) => reason.split(";")[0]);
  expect(await counted()).toEqual(["1 Java file speaks of prompts (A.java)"]);
  tree.nodes.set("B.java", said);
  mirror.touch("B.java");
  expect(await counted()).toEqual(["2 Java files speak of prompts (A.java and one more)"]);
  tree.nodes.delete("A.java");
  mirror.touch("A.java");
  expect(await counted()).toEqual(["1 Java file speaks of prompts (B.java)"]);
  tree.nodes.set("B.java", silent);
  mirror.touch("B.java");
  expect(await counted()).toEqual([]);
});

test("so many files are looked at, each once, and the rest is counted", async () => {
  const more = 40;
  const files = Array.from({ length: lookLimits.files + more }, (_, at) => [`f${at}.java`, said] as const);
  const tree = new MemoryTree(Object.fromEntries(files));
  const [{ reason } = { reason: "" }] = await reasons(new WorkspaceMirror({ tree }));
  expect(reason).toContain(`2,000 Java files speak of prompts`);
  expect(reason).toContain(`(2,000 files were looked at, ${more} were not)`);
  expect(tree.asked.filter((asked) => asked.endsWith(".java"))).toHaveLength(lookLimits.files);
});

test("so many bytes are read at most", async () => {
  const size = lookLimits.fileBytes;
  const most = lookLimits.bytes / size;
  const text = new TextEncoder().encode(said.padEnd(size));
  const files = Array.from({ length: most + 60 }, (_, at) => [`f${at}.java`, text] as const);
  const tree = new MemoryTree(Object.fromEntries(files));
  await reasons(new WorkspaceMirror({ tree }));
  const read = tree.asked.filter((asked) => asked.endsWith(".java")).length;
  // The files of the last batch are read together.
  expect(read).toBeGreaterThanOrEqual(most);
  expect(read).toBeLessThan(most + 16);
});

test("a change to one of them reads that one alone", async () => {
  const tree = new MemoryTree({ "A.java": said, "B.java": said, "a.j2": "You are {{ name }}" });
  const mirror = new WorkspaceMirror({ tree });
  await reasons(mirror);
  tree.asked.length = 0;
  mirror.touch("A.java");
  await reasons(mirror);
  expect(tree.asked.filter((asked) => asked.startsWith("read"))).toEqual(["read A.java"]);
});
