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
    "src/A.scala": said,
    "src/B.scala": said,
    "src/C.scala": said,
    "src/Sum.scala": silent,
    "app/main.dart": "const prompt = `You are an expert on Dart.`",
    "app/sum.dart": silent,
    "prompt.j2": "You are {{ name }}",
  });
  expect(await reasons(new WorkspaceMirror({ tree }))).toEqual([
    { path: "", reason: `3 Scala files speak of prompts (src/A.scala and 2 more); Scala ${isNot}` },
    { path: "", reason: `1 Dart file speaks of prompts (app/main.dart); Dart ${isNot}` },
  ]);
});

test.each([
  ["tests of programs", { "src/test/scala/A.scala": said, "src/AgentTest.scala": said, "a_test.dart": said }],
  ["what is ignored", { ".gitignore": "*.scala\n", "A.scala": said }],
  ["what was built or brought along", { "vendor/A.scala": said }],
  ["files that are too large to be looked at", { "A.scala": said + " ".repeat(lookLimits.fileBytes) }],
  ["a folder without any", { "A.scala": silent, "main.dart": silent }],
])("nothing is said of %s", async (_, files) => {
  const skipped = await reasons(new WorkspaceMirror({ tree: new MemoryTree(files) }));
  expect(skipped.filter(({ reason }) => reason.includes("of prompts"))).toEqual([]);
});

test("what is excluded does not count; of one file nothing else is said", async () => {
  const tree = new MemoryTree({ "A.scala": said, "old/B.scala": said, "a.j2": "You are {{ name }}" });
  const rules = { ...defaultRules, exclude: ["old/**"] };
  expect(await reasons(new WorkspaceMirror({ tree, rules }))).toEqual([
    { path: "", reason: `1 Scala file speaks of prompts (A.scala); Scala ${isNot}` },
  ]);
  expect(await reasons(new WorkspaceMirror({ tree, only: "a.j2" }))).toEqual([]);
});

test("the count follows what is told of files", async () => {
  const tree = new MemoryTree({ "A.scala": said, "B.scala": silent });
  const mirror = new WorkspaceMirror({ tree });
  const counted = async () => (await reasons(mirror)).map(({ reason }) => reason.split(";")[0]);
  expect(await counted()).toEqual(["1 Scala file speaks of prompts (A.scala)"]);
  tree.nodes.set("B.scala", said);
  mirror.touch("B.scala");
  expect(await counted()).toEqual(["2 Scala files speak of prompts (A.scala and one more)"]);
  tree.nodes.delete("A.scala");
  mirror.touch("A.scala");
  expect(await counted()).toEqual(["1 Scala file speaks of prompts (B.scala)"]);
  tree.nodes.set("B.scala", silent);
  mirror.touch("B.scala");
  expect(await counted()).toEqual([]);
});

test("so many files are looked at, each once, and the rest is counted", async () => {
  const more = 40;
  const files = Array.from({ length: lookLimits.files + more }, (_, at) => [`f${at}.scala`, said] as const);
  const tree = new MemoryTree(Object.fromEntries(files));
  const [{ reason } = { reason: "" }] = await reasons(new WorkspaceMirror({ tree }));
  expect(reason).toContain(`2,000 Scala files speak of prompts`);
  expect(reason).toContain(`(2,000 files were looked at, ${more} were not)`);
  expect(tree.asked.filter((asked) => asked.endsWith(".scala"))).toHaveLength(lookLimits.files);
});

test("so many bytes are read at most", async () => {
  const size = lookLimits.fileBytes;
  const most = lookLimits.bytes / size;
  const text = new TextEncoder().encode(said.padEnd(size));
  const files = Array.from({ length: most + 60 }, (_, at) => [`f${at}.scala`, text] as const);
  const tree = new MemoryTree(Object.fromEntries(files));
  await reasons(new WorkspaceMirror({ tree }));
  const read = tree.asked.filter((asked) => asked.endsWith(".scala")).length;
  // The files of the last batch are read together.
  expect(read).toBeGreaterThanOrEqual(most);
  expect(read).toBeLessThan(most + 16);
});

test("a change to one of them reads that one alone", async () => {
  const tree = new MemoryTree({ "A.scala": said, "B.scala": said, "a.j2": "You are {{ name }}" });
  const mirror = new WorkspaceMirror({ tree });
  await reasons(mirror);
  tree.asked.length = 0;
  mirror.touch("A.scala");
  await reasons(mirror);
  expect(tree.asked.filter((asked) => asked.startsWith("read"))).toEqual(["read A.scala"]);
});
