/** Functions that send what they are given: their callers say what is sent, in the same file and in others. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code stands in strings here.
import { describe, expect, it, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import type { Segment } from "../../../src/prompt/template.ts";
import { analyze } from "../../support/analyze.ts";
import { parseTools } from "../../support/parse-tools.ts";

/** `[role]`, texts, `{hole}`, with a sign where it is volatile. */
function saidBy(segment: Segment): string {
  switch (segment.kind) {
    case "marker":
      return `[${segment.role}]`;
    case "text":
      return segment.text;
    case "include":
      return said(segment.resolved?.segments ?? []);
    case "block":
      return `<${said(segment.body)}>`;
    case "hole":
      return `{${segment.name}${segment.scope.scope === "volatile" ? "!" : ""}}`;
  }
}

function said(segments: readonly Segment[]): string {
  return segments.map(saidBy).join("");
}

function sent(files: Readonly<Record<string, string>>): readonly string[] {
  const documents = Object.entries(files).map(([path, text]) => ({ path, text }));
  const parsed = documents.flatMap((document) => parseDocument(document, parseTools).value);
  const find = (path: string) => documents.find((document) => document.path === path) ?? null;
  return resolveIncludes(parsed, find, { tools: parseTools })
    .templates.filter(({ usage }) => usage === "request")
    .map(({ path, segments }) => `${path}: ${said(segments)}`);
}

const pythonHelper =
  'from openai import OpenAI\nclient = OpenAI()\n\ndef complete(system, user, model="gpt-4o"):\n    r = client.chat.completions.create(model=model, messages=[{"role": "system", "content": system}, {"role": "user", "content": user}])\n    return r.choices[0].message.content\n';
const typescriptHelper =
  'import OpenAI from "openai";\nconst client = new OpenAI();\nexport const complete = async (system: string, user: string) => {\n  const r = await client.chat.completions.create({ model: "gpt-4o", messages: [{ role: "system", content: system }, { role: "user", content: user }] });\n  return r.choices[0].message.content;\n};\n';
const wanted = "[system]You write titles of six words.[user]Title of: {text}";

describe("in the same file", () => {
  test.each<[string, string, string]>([
    [
      "by position",
      "a.py",
      `${pythonHelper}\ndef title(text):\n    return complete("You write titles of six words.", f"Title of: {text}")\n`,
    ],
    [
      "by name",
      "a.py",
      `${pythonHelper}\ndef title(text):\n    return complete(user=f"Title of: {text}", system="You write titles of six words.")\n`,
    ],
    [
      "by a constant",
      "a.py",
      `${pythonHelper}\nTASK = "You write titles of six words."\n\ndef title(text):\n    return complete(TASK, f"Title of: {text}")\n`,
    ],
    [
      "a method",
      "a.py",
      `import openai\n\nclass Llm:\n    def complete(self, system, user):\n        return openai.chat.completions.create(model="m", messages=[{"role": "system", "content": system}, {"role": "user", "content": user}])\n\n    def title(self, text):\n        return self.complete("You write titles of six words.", f"Title of: {text}")\n`,
    ],
    [
      "an arrow",
      "a.ts",
      `${typescriptHelper}export const title = (text: string) => complete("You write titles of six words.", \`Title of: \${text}\`);\n`,
    ],
    [
      "an object that is taken apart",
      "a.ts",
      `import OpenAI from "openai";\nconst client = new OpenAI();\nasync function ask({ system, user }: { system: string; user: string }) {\n  return client.chat.completions.create({ model: "m", messages: [{ role: "system", content: system }, { role: "user", content: user }] });\n}\nexport const title = (text: string) => ask({ system: "You write titles of six words.", user: \`Title of: \${text}\` });\n`,
    ],
    [
      "Go",
      "a.go",
      'package a\n\nfunc (l *Llm) Complete(ctx context.Context, system string, user string) (string, error) {\n\tr, err := l.client.CreateChatCompletion(ctx, openai.ChatCompletionRequest{Model: "m", Messages: []openai.ChatCompletionMessage{{Role: "system", Content: system}, {Role: "user", Content: user}}})\n\treturn r.Choices[0].Message.Content, err\n}\n\nfunc (l *Llm) Title(ctx context.Context, text string) (string, error) {\n\treturn l.Complete(ctx, "You write titles of six words.", "Title of: "+text)\n}\n',
    ],
  ])("%s", (_, path, code) => {
    expect(sent({ [path]: code })).toEqual([`${path}: ${wanted}`]);
  });

  it("each call is one request, with the values of its own", () => {
    const code = `${pythonHelper}\nfrom datetime import datetime\n\ndef a():\n    return complete("You tell the time.", f"It is {datetime.now()}")\n\ndef b(q):\n    return complete("You tell jokes to people.", q)\n`;
    expect(sent({ "a.py": code })).toEqual([
      "a.py: [system]You tell the time.[user]It is {datetime.now!}",
      "a.py: [system]You tell jokes to people.[user]{user}",
    ]);
  });

  it("what says something by itself stays one request", () => {
    const code =
      'import openai\n\ndef ask(question):\n    return openai.chat.completions.create(model="m", messages=[{"role": "system", "content": "You answer questions about ships."}, {"role": "user", "content": question}])\n\nask("Where is the ship of Theseus?")\n';
    expect(sent({ "a.py": code })).toEqual([
      "a.py: [system]You answer questions about ships.[user]{question}",
    ]);
  });
});

describe("in another file", () => {
  test.each<[string, Record<string, string>]>([
    [
      "by its name",
      {
        "app.py":
          'from llm import complete\n\ndef title(text):\n    return complete("You write titles of six words.", f"Title of: {text}")\n',
        "llm.py": pythonHelper,
      },
    ],
    [
      "of the module",
      {
        "app.py":
          'import util\n\ndef title(text):\n    return util.complete("You write titles of six words.", user=f"Title of: {text}")\n',
        "util.py": pythonHelper,
      },
    ],
    [
      "TypeScript",
      {
        "app.ts":
          'import { complete } from "./llm";\nexport const title = (text: string) => complete("You write titles of six words.", `Title of: ${text}`);\n',
        "llm.ts": typescriptHelper,
      },
    ],
    [
      "under another name",
      {
        "app.ts":
          'import { complete as ask } from "./llm.js";\nexport const title = (text: string) => ask("You write titles of six words.", `Title of: ${text}`);\n',
        "llm.ts": typescriptHelper,
      },
    ],
  ])("%s", (_, files) => {
    expect(sent(files)).toEqual([`${Object.keys(files)[0]}: ${wanted}`]);
  });

  it("functions that send nothing, and those of libraries, are none", () => {
    const files = {
      "app.py":
        'from util import show\nfrom rich import print\n\nshow("You write titles of six words.", "for all")\nprint("You write titles of six words.")\n',
      "util.py": "def show(title, text):\n    print(title, text)\n",
    };
    expect(sent(files)).toEqual([]);
  });
});

it("is analysed as one request of each caller", () => {
  const files = {
    "app.py":
      'from llm import complete\n\ndef title(text):\n    return complete("You write titles of six words.", text)\n',
    "llm.py": pythonHelper,
  };
  const { templates } = analyze(files, {}, parseTools);
  expect(templates.filter(({ requests }) => requests > 0).map(({ id }) => id)).toEqual(["app.py#complete"]);
});
