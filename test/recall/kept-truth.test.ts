import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTruth } from "./truth.ts";

test("every truth that is kept here can be read, and names its commit first", () => {
  const folder = join(import.meta.dirname, "truth");
  const names = readdirSync(folder);
  const files = names.map((source) => ({ source, text: readFileSync(join(folder, source), "utf8") }));
  expect(readTruth(files).map(({ repository }) => `${repository}.tsv`)).toEqual(names);
  for (const { source, text } of files) {
    expect(text.split("\n")[0]).toMatch(new RegExp(`^# ${source.replace(".tsv", "")} [0-9a-f]{7}`));
  }
});
