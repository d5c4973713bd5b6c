import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outputOf } from "../support/run-command.ts";
import { recallCommand } from "./recall.ts";

const files = {
  "one/src/prompts.py": [
    'SYSTEM_PROMPT = """',
    "You are a careful clerk. Answer every question politely.",
    '"""',
    "",
    'label = "You are looking at the second page of the list of clerks."',
    'GREETING_PROMPT = "Welcome the user by name, and ask for the number of the order."',
  ],
  "one/src/shared.ts": [
    "export const rules = `Answer in one paragraph. Never promise a refund before noon.`;",
    "export const note = 'Do you want to delete the orders that are older than a year?';",
  ],
  "one/src/call.ts": [
    "import { rules } from './shared';",
    "export const answer = (question: string) =>",
    "  client.chat.completions.create({",
    "    messages: [",
    "      { role: 'system', content: rules },",
    "      { role: 'user', content: 'The question of the customer: ' + question },",
    "    ],",
    "  });",
  ],
  "one/src/test_prompts.py": ['SYSTEM_PROMPT = "You are a clerk who is only here to be tested, politely."'],
  "one/other/prompts.py": ['OTHER_PROMPT = "You are a clerk of another folder, and answer politely."'],
  "two/prompts/a.j2": ["You are a clerk.", "", "{{ question }}", ""],
} as const;

const head = "repository\tpath\tline\tkind\tnote";
const all = [
  "one\tsrc/prompts.py\t2\tpython\tsystem prompt",
  "one\tsrc/prompts.py\t5\tpython\tnot a prompt name",
  "one\tsrc/shared.ts\t1\ttypescript\ttaken by a request",
  "one\tsrc/call.ts\t6\ttypescript\t",
  "two\tprompts/a.j2\t3\ttemplate\ta hole",
];

let base = "";
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "recall-"));
  for (const [path, lines] of Object.entries(files)) write(`repositories/${path}`, lines.join("\n"));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

function write(path: string, text: string): string {
  const file = join(base, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function recall(rows: readonly string[], ...options: readonly string[]) {
  const truth = write("truth.tsv", [head, ...rows].join("\n"));
  return outputOf(recallCommand, [join(base, "repositories"), truth, ...options]);
}

test("places are found where a text or a hole is, also one that a request takes from another file", async () => {
  const { exitCode, text } = await recall(all);
  expect(exitCode).toBe(0);
  expect(text.split("\n")).toEqual([
    "| repository | kind | found | of | percent |",
    "| --- | --- | ---: | ---: | ---: |",
    "| one | python | 1 | 2 | 50 |",
    "| one | typescript | 2 | 2 | 100 |",
    "| two | template | 1 | 1 | 100 |",
    "| all | python | 1 | 2 | 50 |",
    "| all | typescript | 2 | 2 | 100 |",
    "| all | template | 1 | 1 | 100 |",
    "",
    "Missed:",
    "  one/src/prompts.py:5  python, not a prompt name",
    "",
    "4 found, 1 missed",
  ]);
});

test("a template of a file that was read is wrong where the truth has no place", async () => {
  const { text } = await recall([...all, "one\tsrc\t\tread\t"]);
  expect(text).toContain("| one | python | 1 | 2 | 50 |\n| one | typescript | 1 | 1 | 100 |");
  expect(text).toContain("At no prompt:\n  one/src/prompts.py:6  python, #GREETING_PROMPT\n");
});

test("a doubtful place makes it neither right nor wrong, and one that is false says why it is wrong", async () => {
  const doubtful = await recall([...all, "one\tsrc\t\tread\t", "one\tsrc/prompts.py\t6\tdoubtful\tperhaps"]);
  expect(doubtful.text).toContain("| one | python | 1 | 1 | 100 |");
  expect(doubtful.text).not.toContain("At no prompt");
  // Of a file that was not read completely as well.
  const wrong = await recall([...all, "one\tother/prompts.py\t1\tfalse\tsaid to a person"]);
  expect(wrong.text).toContain(
    "At no prompt:\n  one/other/prompts.py:1  python, #OTHER_PROMPT, said to a person\n",
  );
});

test("it fails where less is found or precise than asked for", async () => {
  expect((await recall(all, "--at-least", "python=50,typescript=100")).exitCode).toBe(0);
  const { exitCode, text } = await recall(all, "--at-least", "python=51,typescript=100");
  expect(exitCode).toBe(1);
  expect(text).toMatch(/\npython: 50 %, and at least 51 % are asked for\n4 found, 1 missed$/);
  const read = [...all, "one\tsrc\t\tread\t"];
  expect((await recall(read, "--at-least", "precision=66")).exitCode).toBe(0);
  expect((await recall(read, "--at-least", "precision=67")).exitCode).toBe(1);
});

test("a folder of truths is read; repositories that are not there are said", async () => {
  write("truths/one.tsv", `${head}\n${all[0]}`);
  write("truths/three.tsv", `${head}\nthree\ta.py\t1\tpython`);
  write("truths/notes.md", "none");
  const { text } = await outputOf(recallCommand, [join(base, "repositories"), join(base, "truths")]);
  expect(text).toMatch(/^three is not in .*repositories; its places are left out\.\n/);
  expect(text).toMatch(/\n1 found, 0 missed$/);
});

test("what cannot be measured is refused", async () => {
  await expect(recall([`one\tsrc/gone.py\t1\tpython`])).rejects.toThrow(
    /truth\.tsv, line 2: there is no file .*one\/src\/gone\.py; check out the commit that the truth names/,
  );
  await expect(recall([`one\tsrc/prompts.py\t7\tpython`])).rejects.toThrow(
    /truth\.tsv, line 2: .*prompts\.py has 6 lines, not 7; check out/,
  );
  await expect(recall([`three\ta.py\t1\tpython`])).rejects.toThrow(/has none of the repositories of/);
  await expect(recall(all, "--at-least", "go=85")).rejects.toThrow(
    /asks for go, but .* nothing of the kind go/,
  );
  await expect(recall(all, "--at-least", "precision=97")).rejects.toThrow(
    /a file of which every prompt is listed/,
  );
  const folder = join(base, "repositories");
  await expect(outputOf(recallCommand, [folder])).rejects.toThrow(/recall needs a folder of repositories/);
  await expect(outputOf(recallCommand, [folder, join(base, "gone")])).rejects.toThrow(/no file or folder/);
  await expect(outputOf(recallCommand, [folder, folder])).rejects.toThrow(/no file whose name ends in \.tsv/);
});
