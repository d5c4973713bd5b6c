import { describe, expect, it } from "vitest";
import { notebook } from "../../../src/prompt/formats/notebook.ts";
import { formatOf, parseDocument } from "../../../src/prompt/registry.ts";
import type { Template } from "../../../src/prompt/template.ts";
import { analyze } from "../../support/analyze.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { corpusFolders, hasCorpora, readCorpus } from "../../support/corpora.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { printSegments } from "../../support/print-segments.ts";

const path = "notes/answer.ipynb";
const python = { language_info: { name: "python" } };

interface Cell {
  readonly cell_type: "code" | "markdown";
  readonly source: string | readonly string[];
}

const code = (source: Cell["source"]): Cell => ({ cell_type: "code", source });
const written = (cells: readonly Cell[], metadata: object = python): string =>
  JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1);

const parsed = (text: string) => parseDocument({ path, text }, parseTools);
const shown = ({ value }: { readonly value: readonly Template[] }) =>
  value.map(({ name, usage, segments }) => `${name} ${usage}\n${printSegments(segments)}`);
/** What Python finds in the same code. */
const ofPython = (text: string) => parseDocument({ path: "notes/answer.py", text }, parseTools);

const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+/g) ?? [];

const ask =
  'client.chat.completions.create(messages=[{"role": "user", "content": f"Say {word} twice, please."}])\n';

describe("a notebook", () => {
  it("is one module: a name of one cell is known in the next", () => {
    const cells = [
      'SYSTEM_PROMPT = """You are a poet\nof few words."""',
      ask.replace("Say", "{SYSTEM_PROMPT} Say"),
    ];
    const text = written(cells.map((source) => code(lines(source))));
    expect(shown(parsed(text))).toEqual(shown(ofPython(cells.join("\n\n"))));
    expect(shown(parsed(text)).join()).toContain("You are a poet\\nof few words.");
    expect(brokenPromises({ path, text }, parsed(text))).toEqual([]);
  });

  it("has its texts where they are written, escapes of JSON and all", () => {
    const source =
      'PROMPT = "Write \\"a\\" poem: \\u00e9 {subject}, and no more than that.".format(subject=s)\n';
    const text = written([{ cell_type: "markdown", source: "# Poems" }, code(source)]);
    const [template] = parsed(text).value;
    const { start, end } = template!.range;
    expect(JSON.parse(`"${text.slice(start, end)}"`)).toContain('Write \\"a\\" poem');
    expect(text.slice(0, start)).toContain("PROMPT = ");
    expect(template!.id).toBe(`${path}#PROMPT`);
  });

  it.each([
    ["magics of a line", "%pip install openai\n!ls\nclient?\n"],
    ["magics that time a cell", "%%time\n"],
  ])("reads Python beside %s", (_, magic) => {
    expect(shown(parsed(written([code(lines(`${magic}${ask}`))])))).toEqual(shown(ofPython(ask)));
  });

  it("reads no cells that are no Python", () => {
    for (const magic of ["%%bash", "%%html", "%%writefile app.py"]) {
      expect(parsed(written([code(`${magic}\n${ask}`), code(ask)])).value, magic).toHaveLength(1);
    }
  });

  it("keeps lines of a text that look like commands", () => {
    const source = `PROMPT = """Rules for the poem:\n!be short\n%be kind\nand nothing else, is that clear?\n"""\n`;
    expect(shown(parsed(written([code(lines(source))])))).toEqual(shown(ofPython(source)));
  });

  it("is read where the kernel takes Python or a dialect, or says nothing", () => {
    const found = (metadata: object) => parsed(written([code(ask)], metadata)).value.length;
    const info = (language_info: object) => found({ language_info });
    expect([
      found({}),
      info({ name: "python" }),
      info({ name: "coconut", mimetype: "text/x-python3" }),
    ]).toEqual([1, 1, 1]);
    expect(found({ kernelspec: { language: "julia" } })).toBe(0);
    expect(info({ name: "R", codemirror_mode: "r" })).toBe(0);
    expect(info({ name: "sage", codemirror_mode: { name: "ipython" } })).toBe(1);
  });

  it("says where it is no JSON, and reads on as far as it can", () => {
    const text = written([code(ask), code(ask)]).slice(0, -20);
    const { value, problems } = parsed(text);
    expect(problems[0]?.message).toContain("not valid JSON");
    expect(value.length).toBeGreaterThan(0);
    for (const odd of ["", "[]", "{", '{"cells": 3}', '{"cells": [{"cell_type": "code"}]}']) {
      expect(parsed(`${odd} prompt`).value).toEqual([]);
    }
  });

  it("is no copy of Jupyter's", () => {
    expect(notebook.matches(".ipynb_checkpoints/answer-checkpoint.ipynb")).toBe(false);
    expect(formatOf({ path, text: written([code("print(1)")]) })).toBeNull();
  });

  it("imports prompts of modules beside it, and counts their tokens", () => {
    const rules = `RULES_PROMPT = "${"Answer in short and friendly words. ".repeat(20)}"\n`;
    const cell =
      'from rules import RULES_PROMPT\nclient.messages.create(system=RULES_PROMPT, messages=[{"role": "user", "content": q}])\n';
    const report = analyze({ "notes/rules.py": rules, [path]: written([code(lines(cell))]) }, {}, parseTools);
    const request = report.templates.find((template) => template.path === path)!;
    expect(request.stablePrefixTokens).toBeGreaterThan(100);
  });
});

describe.runIf(hasCorpora())("programs of others as notebooks", () => {
  const files = corpusFolders()
    .flatMap(readCorpus)
    .filter((document) => document.path.endsWith(".py"));

  it("hold what they hold as programs, each line in its place", () => {
    let found = 0;
    for (const document of files) {
      const text = written([code(lines(document.text))]);
      const expected = parseDocument({ path: "notes/answer.py", text: document.text }, parseTools);
      // Tests and folders of others are told by the path, which is another one here.
      const actual = parsed(text);
      expect(shown(actual), document.path).toEqual(shown(expected));
      expect(brokenPromises({ path, text }, actual), document.path).toEqual([]);
      found += actual.value.length;
    }
    expect(found).toBeGreaterThan(20);
  });
});
