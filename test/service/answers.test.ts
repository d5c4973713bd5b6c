/** Every question that an editor asks, through a session and its messages. */
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import type { Question, QuestionAnswer } from "../../src/protocol/editor.ts";
import { policyText } from "../support/analyze.ts";
import { MemoryTree } from "../support/memory-tree.ts";
import { parseTools } from "../support/parse-tools.ts";
import { analyze, folders, runSession } from "../support/session.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
const rules = policyText(60);
const clock = `You help people.\nAsked at {{ now }}.\n${rules}\n{{ question }}\n`;
const fixed = `You help others.\n${rules}\nAsked at {{ now }}.\n{{ question }}\n`;
const files = { "clock.j2": clock, "fixed.j2": fixed };

const session = runSession({
  createAnalyzer: (onFile) => createAnalyzer({ tokenizer, parseTools, onFile }),
  trees: { w: new MemoryTree(files) },
});
let asked = 0;

async function ask(question: Question): Promise<QuestionAnswer> {
  const id = ++asked;
  await session.settle({ type: "ask", id, folder: "w", question });
  const told = session.posted.find((message) => message.type === "told" && message.id === id);
  if (told?.type !== "told" || told.answer === null) throw new Error("nothing was told");
  return structuredClone(told.answer);
}

beforeAll(async () => {
  await session.settle(folders("w"), analyze(1));
});

const hole = clock.indexOf("{{ now }}");

it("says what stands at a place, and whether it can be declared", async () => {
  const text = await ask({ kind: "hover", path: "clock.j2", offset: 3 });
  expect(text).toMatchObject({ value: { isDeclarable: false } });
  const now = await ask({ kind: "hover", path: "clock.j2", offset: hole + 3 });
  expect(now).toMatchObject({ value: { range: { start: hole }, isDeclarable: true } });
  expect(await ask({ kind: "hover", path: "clock.j2", offset: clock.length + 9 })).toMatchObject({
    value: null,
  });
});

it("offers what can be done about a finding, the mends first and with what they give", async () => {
  const answer = await ask({ kind: "fixes", path: "clock.j2", range: { start: hole, end: hole } });
  if (answer.kind !== "fixes") throw new Error("another answer");
  expect(answer.value.map(({ kind }) => kind)).toEqual([
    "mend",
    ...Array(5).fill("declare"),
    "ignore",
    "ignore",
  ]);
  expect(answer.value[0]?.title).toMatch(
    /^Move now to the end of the message: \+[\d,]+ stable tokens, −[\d.]+ ms$/,
  );
  expect(answer.value[0]?.edits.every(({ path, range }) => path === "clock.j2" && range !== null)).toBe(true);
  const nowhere = await ask({ kind: "fixes", path: "fixed.j2", range: { start: 0, end: 0 } });
  expect(nowhere).toEqual({ kind: "fixes", value: [] });
});

it("makes all fixes of a file or of the folder", async () => {
  const one = await ask({ kind: "fix-all", path: "fixed.j2", rule: null });
  expect(one).toEqual({ kind: "fix-all", value: { edits: [], mended: 0 } });
  const all = await ask({ kind: "fix-all", path: null, rule: null });
  expect(all).toMatchObject({ value: { mended: 1 } });
});

it("declares any hole, whatever is found", async () => {
  const at = fixed.indexOf("{{ now }}");
  const answer = await ask({ kind: "declare", path: "fixed.j2", offset: at + 3 });
  if (answer.kind !== "declare") throw new Error("another answer");
  expect(answer.value.map(({ title }) => title)).toContain(
    "Declare now as session: another one for each conversation",
  );
  expect(await ask({ kind: "declare", path: "fixed.j2", offset: 3 })).toEqual({ kind: "declare", value: [] });
});

it("has a page for the prompt at a place, and for the worst", async () => {
  const here = await ask({ kind: "prompt", at: { path: "fixed.j2", offset: 0 } });
  expect(here).toMatchObject({ value: { path: "fixed.j2", name: "fixed", range: { from: { line: 0 } } } });
  const worst = await ask({ kind: "prompt", at: "worst" });
  expect(worst).toMatchObject({ value: { path: "clock.j2" } });
  if (worst.kind !== "prompt") throw new Error("another answer");
  expect(worst.value?.markdown).toContain("Move now to the end of the message: +");
  expect(await ask({ kind: "prompt", at: { path: "nowhere.j2", offset: 0 } })).toEqual({
    kind: "prompt",
    value: null,
  });
});

it("shows a prompt as the model sees it, with what is reused", async () => {
  const answer = await ask({ kind: "preview", path: "clock.j2", offset: 3 });
  if (answer.kind !== "preview" || answer.value === null) throw new Error("another answer");
  const { markdown, name } = answer.value;
  expect(name).toBe("clock");
  expect(markdown).toContain("## Request 1 of 3");
  expect(markdown).toContain("## Request 3 of 3");
  expect(markdown).toContain("<|start_of_role|>user<|end_of_role|>You help people.");
  expect(markdown).toMatch(/^\*\*user\*\* · [\d,]+ tokens · 0 – [\d,]+ · prefilled$/m);
  expect(markdown).toMatch(/^[\d,]+ tokens, the first 0 \(0 %\) from the cache\.$/m);
});

it("says where two prompts part, on both sides", async () => {
  const at = (path: string) => ({ path, offset: 0 });
  const answer = await ask({ kind: "compare", first: at("clock.j2"), second: at("fixed.j2") });
  if (answer.kind !== "compare") throw new Error("another answer");
  expect(answer.value).toMatch(/Their first requests share their first \d\d tokens: /);
  expect(answer.value).toMatch(/^\*\*clock\*\* goes on with text at clock\.j2:1:\n\n```text\n people\.$/m);
  expect(answer.value).toMatch(/^\*\*fixed\*\* goes on with text at fixed\.j2:1:\n\n```text\n others\.$/m);
  const same = await ask({ kind: "compare", first: at("clock.j2"), second: at("clock.j2") });
  expect(same).toMatchObject({ value: expect.stringContaining("They send the same.") });
});

it("says what a prompt lost since its file had another text, and of a new one nothing", async () => {
  const since = async (text: string) => {
    const answer = await ask({ kind: "since", path: "clock.j2", text });
    if (answer.kind !== "since") throw new Error("another answer");
    return answer.value;
  };
  const [worse, ...more] = await since(`You help people.\n${rules}\nAsked at {{ now }}.\n{{ question }}\n`);
  expect(more).toEqual([]);
  expect(worse?.label).toMatch(/^−\d+\.\d points since HEAD$/);
  expect(worse?.beforeLabel).toMatch(/^\d+\.\d % hit · [\d,]+ stable tokens$/);
  expect(await since(clock)).toMatchObject([{ label: "as at HEAD" }]);
  expect(await since("")).toEqual([]);
});

it("advises what to set, and makes the hints of a server", async () => {
  const advice = await ask({ kind: "advise" });
  expect(advice).toMatchObject({ value: expect.stringContaining("# What to set") });
  const hints = await ask({ kind: "hints" });
  if (hints.kind !== "hints") throw new Error("another answer");
  expect(JSON.parse(hints.value)).toMatchObject({ schema: "prompt-cache-lens/checkpoint-hints/1" });
});

it("writes into promptcache.json what that says, and nothing that it does not", async () => {
  const other = runSession({
    createAnalyzer: (onFile) => createAnalyzer({ tokenizer, parseTools, onFile }),
    trees: { w: new MemoryTree({ ...files, "promptcache.json": '{\n  // ours\n  "gpu": "h100-sxm"\n}\n' }) },
  });
  await other.settle(folders("w"), analyze(1));
  const edits = async (key: string, value: string) => {
    const id = ++asked;
    await other.settle({ type: "ask", id, folder: "w", question: { kind: "set-in-config", key, value } });
    const told = other.posted.find((message) => message.type === "told" && message.id === id);
    return told?.type === "told" && told.answer?.kind === "set-in-config" ? told.answer.value : null;
  };
  expect(await edits("gpu", "b200")).toMatchObject([{ path: "promptcache.json" }]);
  expect((await edits("gpu", "b200"))?.[0]?.newText).toContain("b200");
  expect(await edits("model", "x")).toEqual([]);
});
