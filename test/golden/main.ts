/**
 * Golden numbers of the policies, and their table in docs/policies.md: npm run golden [-- --write | --new-trace]
 * Without an option it says which lines differ. --write stores them as they are now; read the difference before it is
 * committed. --new-trace makes the trace again as well, after a change of its generator.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { policies } from "../../src/core/policies/registry.ts";
import { policyTable } from "../../src/show/policy-table.ts";
import { generateTrace } from "./generate-trace.ts";
import { type GoldenRow, goldenRows } from "./rows.ts";
import { expand, readTrace } from "./trace.ts";

const traceFile = new URL("trace.json", import.meta.url);
const rowsFile = new URL("policies.json", import.meta.url);
const pageFile = new URL("../../docs/policies.md", import.meta.url);
const isNewTrace = process.argv.includes("--new-trace");

if (isNewTrace) {
  const { segments, requests } = generateTrace();
  const lines = requests.map((request) => `    ${JSON.stringify(request)}`);
  const table = segments.map((segment) => `    ${JSON.stringify(segment)}`);
  writeFileSync(
    traceFile,
    `{\n  "segments": [\n${table.join(",\n")}\n  ],\n  "requests": [\n${lines.join(",\n")}\n  ]\n}\n`,
  );
}
const trace = expand(readTrace());
const rows = policies.map((policy) => [policy.id, goldenRows(policy, trace)] as const);
const text = `{\n${rows.map(([id, ofPolicy]) => `  ${JSON.stringify(id)}: {\n${linesOf(ofPolicy)}\n  }`).join(",\n")}\n}\n`;
const page = readFileSync(pageFile, "utf8");
const pageNow = page.replace(
  /(<!-- policies -->\n)[\s\S]*?(\n<!-- \/policies -->)/,
  (_, start, end) => `${start}${policyTable()}${end}`,
);
const before = readFileSync(rowsFile, { encoding: "utf8", flag: "a+" });
if (isNewTrace || process.argv.includes("--write")) {
  writeFileSync(rowsFile, text);
  writeFileSync(pageFile, pageNow);
} else {
  const lines = [...newLines(before, text), ...newLines(page, pageNow)];
  if (lines.length > 0) {
    console.log(lines.join("\n"));
    process.exitCode = 1;
  }
}

function newLines(old: string, now: string): readonly string[] {
  const known = new Set(old.split("\n"));
  return now.split("\n").filter((line) => !known.has(line));
}

function linesOf(ofPolicy: Readonly<Record<string, GoldenRow>>): string {
  return Object.entries(ofPolicy)
    .map(([key, row]) => `    ${JSON.stringify(key)}: ${JSON.stringify(row)}`)
    .join(",\n");
}
