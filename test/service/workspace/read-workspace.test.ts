/** Which files of a folder are read as prompts, in which format, and what is said of those that are not. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Documents, type ParsedWorkspace } from "../../../src/analysis/documents.ts";
import { readWorkspace } from "../../../src/hosts/cli/read-workspace.ts";
import { startWatch } from "../../../src/hosts/node/stopwatch.ts";
import { createGrammars } from "../../../src/service/grammars.ts";
import { installedGrammar } from "../../support/installed-grammars.ts";

/** For files that are no code. */
const noGrammars = { load: async () => {} };

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "workspace "));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** Templates as `path format`, and the messages of problems, as the analysis has them of the folder. */
async function analysed(): Promise<{ templates: string[]; problems: string[] }> {
  const grammars = createGrammars(installedGrammar, startWatch);
  const all = new Documents({ syntax: grammars });
  await readWorkspace(folder, all, grammars);
  const { templates, problems } = parsed(all);
  return {
    templates: templates.map(({ path, format }) => `${path} ${format}`),
    problems: problems.map(({ message }) => message),
  };
}

function parsed(documents: Documents): ParsedWorkspace {
  const steps = documents.parse();
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

describe("formats of promptcache.json", () => {
  const files = {
    "views/answer.html": "Hello {{ name }}",
    "agents/plan.txt": "Plan for {customer}.",
    "agents/notes.yaml": "colour: blue\n",
    "code/prompts.txt": 'SYSTEM_PROMPT = f"You are a helpful assistant of {company}."\n',
    "code/chat.txt": "export const systemPrompt = 'You are a helpful assistant.';\n",
    "prompts/letter.txt": "Dear {{ customer }},",
  };
  const formats = {
    "views/*.html": "jinja",
    "agents/*": "plain-text",
    "code/prompts.txt": "python",
    "code/chat.txt": "javascript",
    "prompts/letter.txt": "handlebars",
  };

  test("make prompts of files that are none by name, and say how they are read", async () => {
    write(files);
    expect((await analysed()).templates).toEqual(["prompts/letter.txt plain-text"]);
    write({ "promptcache.json": JSON.stringify({ formats }) });
    expect(await analysed()).toEqual({
      templates: [
        "agents/notes.yaml plain-text",
        "agents/plan.txt plain-text",
        "code/chat.txt javascript",
        "code/prompts.txt python",
        "prompts/letter.txt handlebars",
        "views/answer.html jinja",
      ],
      problems: [],
    });
  });

  test("count in a single file too", async () => {
    write({ ...files, "promptcache.json": JSON.stringify({ formats }) });
    const { documents } = await readWorkspace(join(folder, "views/answer.html"), new Documents(), noGrammars);
    expect(documents.map(({ path }) => path)).toEqual(["views/answer.html"]);
  });

  test("do not undo .gitignore and exclude", async () => {
    write({
      ...files,
      ".gitignore": "views/\n",
      "promptcache.json": JSON.stringify({ formats, exclude: ["code/**"] }),
    });
    const { templates, problems } = await analysed();
    expect(templates).toEqual([
      "agents/notes.yaml plain-text",
      "agents/plan.txt plain-text",
      "prompts/letter.txt handlebars",
    ]);
    expect(problems).toHaveLength(3);
  });
});

test.each([
  "plan.liquid",
  "skprompt.txt",
  "plan.baml",
  "plan.poml",
  "prompts.py",
  "prompts.ts",
  "prompts.json",
  "promptfooconfig.yaml",
  "tokenizer_config.json",
])("%s is not read where .gitignore names its folder", async (name) => {
  const text = 'system_prompt = "You are a helpful assistant."';
  write({ [`kept/${name}`]: text, [`build/${name}`]: text, "a/.gitignore": "*", [`a/b/${name}`]: text });
  write({ ".gitignore": "build/\n" });
  const { documents } = await readWorkspace(folder, new Documents(), noGrammars);
  expect(documents.filter(({ path }) => !path.startsWith("kept/"))).toEqual([]);
});

test("a document is read anew when its format changes, and only then", () => {
  const documents = new Documents();
  documents.replaceAll([{ path: "prompts/a.txt", text: "Hello {{ name }}" }]);
  const configure = (formats: object) =>
    documents.setConfig({ path: "promptcache.json", text: JSON.stringify({ formats }) });
  const parse = () => parsed(documents).templates[0]!;
  const first = parse();
  expect(first.format).toBe("plain-text");
  configure({ "prompts/*": "liquid" });
  expect(parse().format).toBe("liquid");
  configure({});
  expect(parse()).toEqual(first);
});

test("what is too large, in another encoding, binary or a link is left out with the reason", async () => {
  write({
    "prompts/huge.j2": "a",
    "prompts/utf16.j2": Uint8Array.of(0xff, 0xfe, 65, 0),
    "prompts/nul.liquid": "a\0b",
    "prompts/crlf.j2": "Plan\r\nfor {{ name }}\r\n",
  });
  truncateSync(join(folder, "prompts/huge.j2"), 50 * 2 ** 20);
  symlinkSync("loop.j2", join(folder, "prompts/loop.j2"));
  symlinkSync("..", join(folder, "prompts/up"));
  const { documents, skipped } = await readWorkspace(folder, new Documents(), noGrammars);
  expect(documents.map(({ path }) => path)).toEqual(["prompts/crlf.j2"]);
  expect(skipped).toEqual([
    { path: "prompts/huge.j2", reason: "it has 50.0 MiB, more than the 4.77 MiB that are read at most" },
    { path: "prompts/loop.j2", reason: "it is a symbolic link; links are not followed" },
    { path: "prompts/nul.liquid", reason: "it is binary" },
    { path: "prompts/up", reason: "it is a symbolic link; links are not followed" },
    { path: "prompts/utf16.j2", reason: "it is UTF-16; save it as UTF-8" },
  ]);
});
