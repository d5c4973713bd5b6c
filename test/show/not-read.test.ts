import { expect, test } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import { diagnosticEntries } from "../../src/show/diagnostic-entries.ts";
import { reportMarkdown } from "../../src/show/report-markdown.ts";
import { overviewOf } from "../../src/show/report-parts.ts";
import { reportText } from "../../src/show/report-text.ts";
import { report as other } from "./report-fixture.ts";

const path = "app/ask.py";
const source = "import x\n\nx.create(messages=all)";
const message = "No prompt was read: the messages come from `all`, which could not be followed.";
const notRead = { path, range: { start: 10, end: 10 }, severity: "information", message } as const;
const report: Report = { ...other, problems: [...other.problems, notRead] };
const places = { [path]: { line: 3, column: 1 } };
const positionOf = (asked: string) => places[asked as typeof path] ?? { line: 1, column: 4 };

test("a place that was not read stands with the files that were not, and is no problem", () => {
  expect(reportText(report, positionOf)).toContain(
    `Problems in files (1)\n  ${other.problems[0]!.path}:1:4: error: The block is never closed.\n\nNot analysed (2)\n  big.txt: it is binary\n  app/ask.py:3: ${message}\n`,
  );
  expect(overviewOf(report).counts.problems).toBe(1);
});

test("also where there is no template at all", () => {
  const none: Report = { ...report, templates: [], problems: [notRead], skipped: [] };
  const text = reportText(none, positionOf);
  expect(text).toContain("No prompt templates were found.");
  expect(text).toContain(`\n\nNot analysed (1)\n  app/ask.py:3: ${message}\n`);
  expect(text).not.toContain("Problems in files");
});

test("in Markdown with its line, where the text is known", () => {
  const markdown = (texts: ReadonlyMap<string, string>) =>
    reportMarkdown({ report, status: { kind: "idle" }, texts });
  const files = (text: string) => text.split("## Files left out\n\n")[1]?.split("\n\n")[0]?.split("\n");
  const said = "No prompt was read: the messages come from \\`all\\`, which could not be followed.";
  expect(files(markdown(new Map([[path, source]])))).toEqual([
    "- big.txt: it is binary",
    `- app/ask.py:3: ${said}`,
  ]);
  expect(files(markdown(new Map()))?.[1]).toBe(`- app/ask.py: ${said}`);
});

test("it is no mark in the editor", () => {
  const entries = [...diagnosticEntries(report)].flatMap(([at, list]) => list.map(() => at));
  expect(entries).not.toContain(path);
  expect([...diagnosticEntries(other)].length).toBeGreaterThan(0);
});
