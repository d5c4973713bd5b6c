import { describe, expect, test } from "vitest";
import { readMinimums } from "./minimums.ts";
import { kindOfPath, readTruth } from "./truth.ts";

const head = "repository\tpath\tline\tkind\tnote";
const read = (...lines: readonly string[]) => readTruth([{ source: "t.tsv", text: lines.join("\n") }]);

describe("a truth", () => {
  test("is read by the names of its columns, one for each repository; # begins a comment", () => {
    const [first, second, ...more] = read(
      "# org/beta abc123",
      "kind\tline\tpath\trepository\tnote\tmore",
      "python\t3\ta.py\torg/beta\tsystem prompt\tx\r",
      "",
      "false\t9\ta.py\torg/beta\tnone",
      "# in passing",
      "read\t\tsrc/**/*.py\torg/beta\t",
      "java\t1\tA.java\talpha",
    );
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      repository: "alpha",
      places: [{ path: "A.java", kind: "java", note: "" }],
    });
    expect(second).toMatchObject({
      repository: "beta",
      places: [{ path: "a.py", line: 3, kind: "python", note: "system prompt", source: "t.tsv, line 3" }],
      marked: [{ path: "a.py", line: 9, kind: "false" }],
    });
    expect(["src/a/b.py", "src/b.py", "b.py", "src/a.ts"].filter(second!.isRead)).toEqual([
      "src/a/b.py",
      "src/b.py",
    ]);
  });

  test.each([
    ["repository\tpath", "t.tsv has no column line, kind, note; its first line must name repository, path,"],
    ["", "t.tsv has no column repository, path, line, kind, note;"],
    [
      `# x\n${head}\nr\ta.py\t1\tpyton`,
      't.tsv, line 3, has the kind "pyton"; write one of python, typescript,',
    ],
    [`${head}\n\ta.py\t1\tpython`, "t.tsv, line 2, names no repository;"],
    [`${head}\nr\t/a.py\t1\tpython`, 't.tsv, line 2, has the path "/a.py"; write one that begins in'],
    [`${head}\nr\t../a.py\t1\tpython`, 't.tsv, line 2, has the path "../a.py"'],
    [`${head}\nr\ta.py\t0\tpython`, 't.tsv, line 2, has the line "0"; write a number from 1 on.'],
    [`${head}\nr\ta.py\t\tdoubtful`, 't.tsv, line 2, has the line ""; write a number from 1 on.'],
    [`${head}\nr\ta.py\t4\tread`, "t.tsv, line 2, has a line, but is about whole files"],
    [
      `${head}\nr\ta.py\t4\tpython\nr\ta.py\t4\tfalse`,
      "t.tsv, line 3 is the place of t.tsv, line 2 once more; leave one of them.",
    ],
  ])("%j is refused", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  test.each([
    ["a/b.PY", "python"],
    ["a.test.tsx", "typescript"],
    ["a.ipynb", "notebook"],
    ["Makefile", "other"],
  ])("%s is of the kind %s", (path, kind) => {
    expect(kindOfPath(path)).toBe(kind);
  });
});

test("minimums are kinds with percents", () => {
  expect(readMinimums(undefined)).toEqual([]);
  expect(readMinimums("python=95, precision=97.5")).toEqual([
    { of: "python", percent: 95 },
    { of: "precision", percent: 97.5 },
  ]);
});

test.each([
  ["pyton=95", '--at-least asks for "pyton"; give python, typescript,'],
  ["read=95", '--at-least asks for "read"; give'],
  ["", '--at-least asks for ""; give'],
  ["java", '--at-least asks for "java"; give a number from 0 to 100, as java=95.'],
  ["java=101", '--at-least asks for "java=101"; give a number'],
  ["java=many", '--at-least asks for "java=many"; give a number'],
  ["java=1=2", '--at-least asks for "java=1=2"; give a number'],
])("the minimum %j is refused", (text, message) => {
  expect(() => readMinimums(text)).toThrow(message);
});
