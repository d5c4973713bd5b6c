import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatTtftValidation } from "../../../src/hosts/cli/validate-ttft.ts";

const readme = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");

describe("the README", () => {
  it("quotes what validate:ttft prints", () => {
    const lines = formatTtftValidation().split("\n");
    const first = lines.findIndex((line) => line.startsWith("All counted"));
    expect(first).toBeGreaterThan(0);
    for (const line of lines.slice(first, first + 3)) expect(readme).toContain(line);
  });

  it("names commands that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8"));
    for (const [, name = ""] of readme.matchAll(/`?npm run (?:-s )?([a-z:]+)/g)) {
      expect(Object.keys(scripts), name).toContain(name);
    }
  });
});
