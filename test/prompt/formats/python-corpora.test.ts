import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { hasCorpora, readCorpus } from "../../support/corpora.ts";
import { parseTools } from "../../support/parse-tools.ts";

const folders = ["aider", "autogen", "open-deep-research"] as const;
const documents = hasCorpora()
  ? folders.flatMap((folder) => readCorpus(folder)).filter(({ path }) => path.endsWith(".py"))
  : [];

describe.skipIf(!hasCorpora())("Python modules of other projects", () => {
  test("the names of all prompts", () => {
    const byPath = new Map(documents.map((document) => [document.path, document]));
    const templates = documents.flatMap((document) => parseDocument(document, parseTools).value);
    const resolved = resolveIncludes(templates, (path) => byPath.get(path) ?? null, { tools: parseTools });
    expect([...resolved.problems]).toEqual([]);
    const lines = resolved.templates.map(
      ({ path, name, usage }) => `${path.replace(/.*\//, "")}: ${name}, ${usage}`,
    );
    expect(lines.join("\n")).toMatchSnapshot();
  });
});
