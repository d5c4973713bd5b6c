/**
 * Golden numbers of the policies: npm run golden [-- --write | --new-trace]
 * Without an option it says which numbers differ. --write stores them as they are now; read the difference before it is
 * committed. --new-trace makes the trace again as well, after a change of its generator.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { policies } from "../../src/core/policies/registry.ts";
import { generateTrace } from "./generate-trace.ts";
import { type GoldenRow, goldenRows } from "./rows.ts";
import { expand, readTrace } from "./trace.ts";

const traceFile = new URL("trace.json", import.meta.url);
const rowsFile = new URL("policies.json", import.meta.url);
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
const before = readFileSync(rowsFile, { encoding: "utf8", flag: "a+" });
if (isNewTrace || process.argv.includes("--write")) {
  writeFileSync(rowsFile, text);
} else if (text !== before) {
  const old = new Set(before.split("\n"));
  console.log(
    text
      .split("\n")
      .filter((line) => !old.has(line))
      .join("\n"),
  );
  process.exitCode = 1;
}

function linesOf(ofPolicy: Readonly<Record<string, GoldenRow>>): string {
  return Object.entries(ofPolicy)
    .map(([key, row]) => `    ${JSON.stringify(key)}: ${JSON.stringify(row)}`)
    .join(",\n");
}
