import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { readFixtures } from "../../support/corpora.ts";
import { printSegments } from "../../support/print-segments.ts";

const documents = readFixtures("formats");
const variants = documents.flatMap(({ path, text }) => [
  { path, name: path, text },
  { path, name: `${path} with carriage returns`, text: text.replace(/\r?\n/g, "\r\n") },
  { path, name: `${path} with a byte order mark`, text: `\uFEFF${text}` },
]);

describe("every file of ours", () => {
  test("says what it says", () => {
    const templates = documents.flatMap((document) => parseDocument(document).value);
    const byPath = new Map(documents.map((document) => [document.path, document]));
    const resolved = resolveIncludes(templates, (path) => byPath.get(path) ?? null);
    for (const template of resolved.templates) {
      const head = `${template.name} (${template.format}, ${template.usage})`;
      const problems = (resolved.problems.get(template.path) ?? []).map(({ message }) => `! ${message}`);
      expect([head, printSegments(template.segments), ...problems].join("\n")).toMatchSnapshot(template.path);
    }
  });

  test("has no problems", () => {
    for (const document of documents) expect(parseDocument(document).problems, document.path).toEqual([]);
  });

  test.each(variants)("$name keeps its promises when cut anywhere", ({ path, text }) => {
    for (let end = 0; end <= text.length; end++) {
      const cut = { path, text: text.slice(0, end) };
      const broken = brokenPromises(cut, parseDocument(cut));
      if (broken.length > 0) expect(broken, `cut at ${end}`).toEqual([]);
    }
  });
});
