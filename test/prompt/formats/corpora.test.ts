import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { corpusFolders, hasCorpora, readCorpus } from "../../support/corpora.ts";
import { parseTools } from "../../support/parse-tools.ts";

describe.skipIf(!hasCorpora())("prompt files of other projects", () => {
  test("which files are taken for templates, by folder and format", () => {
    const table: Record<string, Record<string, number>> = {};
    for (const folder of corpusFolders()) {
      const counts: Record<string, number> = {};
      for (const document of readCorpus(folder)) {
        for (const { format } of parseDocument(document, parseTools).value)
          counts[format] = (counts[format] ?? 0) + 1;
      }
      if (Object.keys(counts).length > 0) table[folder] = counts;
    }
    expect(table).toMatchInlineSnapshot(`
      {
        "aider": {
          "python": 77,
        },
        "autogen": {
          "plain-text": 4,
          "python": 11,
        },
        "baml": {
          "baml": 51,
        },
        "chat-templates": {
          "chat-template": 2,
        },
        "copilot-customizations": {
          "markdown-instructions": 103,
        },
        "crewai": {
          "json": 76,
          "yaml": 14,
        },
        "dotprompt": {
          "dotprompt": 28,
        },
        "fabric": {
          "plain-text": 110,
        },
        "ide-rules": {
          "dotprompt": 2,
          "markdown-instructions": 29,
        },
        "lm-eval-tasks": {
          "yaml": 99,
        },
        "open-deep-research": {
          "python": 24,
        },
        "openhands": {
          "jinja": 61,
          "markdown-instructions": 28,
        },
        "promptflow": {
          "jinja": 48,
          "prompty": 15,
        },
        "promptfoo-style": {
          "plain-text": 3,
          "yaml": 3,
        },
        "promptsource": {
          "yaml": 396,
        },
        "prompty": {
          "prompty": 78,
        },
        "semantic-kernel": {
          "handlebars": 1,
          "liquid": 1,
          "plain-text": 1,
          "prompty": 4,
          "semantic-kernel": 64,
          "yaml": 9,
        },
        "smolagents": {
          "yaml": 24,
        },
        "swe-agent": {
          "yaml": 91,
        },
        "web-chat-ts": {
          "javascript": 8,
        },
      }
    `);
  });

  test.each(hasCorpora() ? corpusFolders() : [])(
    "%s: ranges are exact, and text is what the file says",
    (folder) => {
      for (const document of readCorpus(folder)) {
        expect(brokenPromises(document, parseDocument(document, parseTools)), document.path).toEqual([]);
      }
    },
  );

  test.each(hasCorpora() ? corpusFolders() : [])("%s: a file cut anywhere is still read", (folder) => {
    for (const document of readCorpus(folder)) {
      for (const end of cuts(document.text)) {
        const cut = { path: document.path, text: document.text.slice(0, end) };
        const broken = brokenPromises(cut, parseDocument(cut, parseTools));
        if (broken.length > 0) expect(broken, `${document.path} cut at ${end}`).toEqual([]);
      }
    }
  });
});

/** Twenty places to cut a text at, the same in every run. */
function cuts(text: string): readonly number[] {
  let state = text.length;
  return Array.from({ length: 20 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % (text.length + 1);
  });
}
