/** The example workspace keeps the promises that its README makes. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { getEncoding } from "js-tiktoken";
import { describe, expect, it } from "vitest";
import { configFileName } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { unmatchedEntries } from "../../src/config/template-config.ts";
import { parseDocument } from "../../src/prompt/registry.ts";

const root = fileURLToPath(new URL("../../examples", import.meta.url));
const documents = readdirSync(root, { recursive: true, encoding: "utf8", withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .sort()
  .map((path) => ({ path: relative(root, path).replaceAll("\\", "/"), text: readFileSync(path, "utf8") }));
const templates = documents.flatMap((document) => parseDocument(document).value);

function textOf(path: string): string {
  return documents.find((document) => document.path === path)!.text;
}

function withoutHoles(path: string): readonly string[] {
  return textOf(path)
    .split("\n")
    .filter((line) => line.length > 200);
}

describe("examples", () => {
  it("are understood without a problem", () => {
    expect(documents.flatMap((document) => parseDocument(document).problems)).toEqual([]);
    expect(templates.length).toBeGreaterThanOrEqual(14);
    expect(new Set(templates.map(({ format }) => format)).size).toBeGreaterThanOrEqual(6);
  });

  it("come with a configuration that says nothing in vain", () => {
    const config = parseConfig({ path: configFileName, text: textOf(configFileName) });
    expect(config.problems).toEqual([]);
    expect(unmatchedEntries(config.value, templates)).toEqual([]);
  });

  it("are all told of in the README", () => {
    const readme = textOf("README.md");
    for (const { path } of documents) if (path !== "README.md") expect(readme).toContain(path);
  });

  it("differ from their corrected counterparts in order only", () => {
    expect(withoutHoles("prompts/handbook-answer.mustache")).toEqual(
      withoutHoles("prompts/handbook-answer-fixed.hbs"),
    );
    expect(textOf("prompts/triage-rotterdam.txt").replace(",", "")).toBe(
      textOf("prompts/triage-hamburg.txt"),
    );
  });

  it("stop shortly before a block of 528 tokens where they say so", () => {
    const prefix = textOf("prompts/address-check.hbs").split("{{")[0]!;
    // What Granite's chat template writes in front: five special tokens, and between them this.
    const usual =
      "You are a helpful assistant. Please ensure responses are professional, accurate, and safe.";
    const encoding = getEncoding("cl100k_base");
    const texts = ["system", usual, "\n", "user", prefix];
    const tokens = texts.reduce((sum, text) => sum + encoding.encode(text).length, 5);
    expect(tokens).toBeGreaterThan(500);
    expect(tokens).toBeLessThan(528);
  });
});
