import { describe, expect, test } from "vitest";
import type { SourceDocument } from "../../src/prompt/format.ts";
import { type IncludeOptions, resolveIncludes } from "../../src/prompt/includes.ts";
import { parseDocument } from "../../src/prompt/registry.ts";
import { hasCorpora, readCorpus } from "../support/corpora.ts";
import { printSegments } from "../support/print-segments.ts";

function resolve(files: Readonly<Record<string, string>>, options: IncludeOptions = {}) {
  const documents: readonly SourceDocument[] = Object.entries(files).map(([path, text]) => ({ path, text }));
  const templates = documents.flatMap((document) => parseDocument(document).value);
  const find = (path: string) => documents.find((document) => document.path === path) ?? null;
  return { ...resolveIncludes(templates, find, options), files };
}

function show(result: ReturnType<typeof resolve>, id: string): string {
  const template = result.templates.find((one) => one.id === id);
  const problems = (result.problems.get(id) ?? []).map(
    ({ range, severity, message }) =>
      `${severity} at ${result.files[id]?.slice(range.start, range.end)}: ${message}`,
  );
  return [printSegments(template?.segments ?? []), ...problems].join("\n");
}

describe("where includes are found", () => {
  test("beside the file, above it, and in configured roots", () => {
    const result = resolve(
      {
        "a/b/main.j2":
          '{% include "near.j2" %}{% include "b/near.j2" %}{% include "top.j2" %}{% include "far.j2" %}',
        "a/b/near.j2": "near",
        "top.j2": "top",
        "shared/far.j2": "far",
      },
      { roots: ["shared/"] },
    );
    expect(show(result, "a/b/main.j2")).toMatchInlineSnapshot(`
      "include near.j2
        "near"
      include b/near.j2
        "near"
      include top.j2
        "top"
      include far.j2
        "far""
    `);
  });

  test("partials by their names", () => {
    const result = resolve({
      "prompts/a.prompt": "{{> tone}} {{> more}} {{> sub/deep}}",
      "prompts/_tone.prompt": "Kind {{x}}",
      "prompts/partials/_more.prompt": "More",
      "prompts/sub/deep.prompt": "Deep",
      "prompts/b.hbs": "{{> tone}}",
      "prompts/tone.hbs": "hbs",
    });
    expect(show(result, "prompts/a.prompt")).toMatchInlineSnapshot(`
      "include tone
        "Kind "
        {x} [request]
      " "
      include more
        "More"
      " "
      include sub/deep
        "Deep""
    `);
    expect(show(result, "prompts/b.hbs")).toBe('include tone\n  "hbs"');
  });

  test("what is included is rendered by the engine that includes it", () => {
    const result = resolve({
      "prompts/a.j2": '{% include "rules.md" %}',
      "prompts/rules.md": "Be {{ tone }}, not {rude}.",
      "chat.prompty": '{% include "prompts/a.j2" %}',
      "CLAUDE.md": "@prompts/a.j2",
    });
    expect(show(result, "prompts/a.j2")).toMatchInlineSnapshot(`
      "include rules.md
        "Be "
        {tone} [constant]
        ", not {rude}.""
    `);
    expect(show(result, "chat.prompty")).toMatchInlineSnapshot(`
      "<system>
      include prompts/a.j2
        include rules.md
          "Be "
          {tone} [constant]
          ", not {rude}.""
    `);
    expect(show(result, "CLAUDE.md")).toMatchInlineSnapshot(`
      "include prompts/a.j2
        "{% include \\"rules.md\\" %}""
    `);
  });
});

describe("what cannot be included", () => {
  test("what was looked up in vain is known", () => {
    const { missing } = resolve({ "a/CLAUDE.md": "@README.md", "b.j2": '{% include "b.j2" %}' });
    expect([...missing]).toEqual(["a/README.md", "README.md"]);
  });

  test("a partial that is missing leaves the block that it is called with", () => {
    const files = { "prompts/a.hbs": "{{#> footer}}Thanks, {{ name }}!{{/footer}}" };
    expect(show(resolve(files), "prompts/a.hbs")).toMatchInlineSnapshot(`
      "include footer
        "Thanks, "
        {name} [session]
        "!"
        where @partial-block is
          "Thanks, "
          {name} [session]
          "!""
    `);
  });

  test("missing files, unless they may be missing", () => {
    const result = resolve({ "a.j2": '{% include "gone.j2" %}{% include "gone.j2" ignore missing %}' });
    expect(show(result, "a.j2")).toMatchInlineSnapshot(`
      "include gone.j2 (unresolved)
      include gone.j2 (unresolved)
      warning at {% include "gone.j2" %}: \`gone.j2\` is none of the files that were read in this folder or those above it: what it holds does not count here. Correct the path if it is wrong."
    `);
  });

  test("files outside the workspace", () => {
    const result = resolve({ "a/a.j2": '{% include "../../etc/passwd" %}', "CLAUDE.md": "@~/me.md" });
    expect(show(result, "a/a.j2")).toMatchInlineSnapshot(`
      "include ../../etc/passwd (unresolved)
      warning at {% include "../../etc/passwd" %}: \`../../etc/passwd\` lies outside the workspace: what it holds does not count here."
    `);
    expect(show(result, "CLAUDE.md")).toMatchInlineSnapshot(`
      ""@~/me.md"
      warning at @~/me.md: \`~/me.md\` lies outside the workspace: what it holds does not count here."
    `);
  });

  test("templates that include themselves, directly or by others", () => {
    const result = resolve({
      "a.j2": 'A{% include "a.j2" %}',
      "b.j2": 'B{% include "c.j2" %}',
      "c.j2": 'C{% include "b.j2" %}',
    });
    expect(show(result, "a.j2")).toMatchInlineSnapshot(`
      ""A"
      include a.j2 (unresolved)
      error at {% include "a.j2" %}: \`a.j2\` includes itself (a.j2 → a.j2): remove one of these includes."
    `);
    expect(show(result, "b.j2")).toMatchInlineSnapshot(`
      ""B"
      include c.j2
        "C"
        include b.j2 (unresolved)"
    `);
    expect(show(result, "c.j2")).toMatchInlineSnapshot(`
      ""C"
      include b.j2 (unresolved)
      error at {% include "b.j2" %}: \`b.j2\` includes itself (b.j2 → c.j2 → b.j2): remove one of these includes."
    `);
  });

  test("includes that multiply beyond all measure", () => {
    const files: Record<string, string> = { "p0.j2": "x".repeat(1000) };
    for (let level = 1; level < 40; level++) {
      files[`p${level}.j2`] = `{% include "p${level - 1}.j2" %}{% include "p${level - 1}.j2" %}`;
    }
    const result = resolve(files);
    expect([...result.problems.values()].flat()[0]?.message).toContain("grows beyond");
  });

  test("chains that are too long", () => {
    const files: Record<string, string> = {};
    for (let level = 0; level < 200; level++) files[`p${level}.j2`] = `{% include "p${level + 1}.j2" %}`;
    expect([...resolve(files).problems.values()].flat()[0]?.message).toContain("nested more than 64 deep");
  });
});

describe("extending", () => {
  test("blocks stand in the slots of the template that is extended, at any distance", () => {
    const result = resolve({
      "base.j2": "<{% block head %}H{% endblock %}|{% block body %}B{{ x }}{% endblock %}>",
      "middle.j2": '{% extends "base.j2" %}{% block body %}middle({{ super() }}){% endblock %}',
      "leaf.j2": '{% extends "middle.j2" %}{% block head %}leaf{% endblock %}',
    });
    expect(show(result, "leaf.j2")).toMatchInlineSnapshot(`
      "include middle.j2
        include base.j2
          "<"
          include head
            "leaf"
          "|"
          include body
            "middle("
            include super()
              "B"
              {x} [request]
            ")"
          ">"
          where body is
            "middle("
            include super() (unresolved)
            ")"
        where head is
          "leaf""
    `);
  });

  test("the body of a partial block stands in the partial", () => {
    const result = resolve({
      "prompts/a.hbs": "{{#> box}}in{{/box}}",
      "prompts/box.hbs": "<{{> @partial-block}}>",
    });
    expect(show(result, "prompts/a.hbs")).toMatchInlineSnapshot(`
      "include box
        "<"
        include @partial-block
          "in"
        ">"
        where @partial-block is
          "in""
    `);
  });
});

describe("what a workspace learns", () => {
  const result = resolve({
    "system_prompt.j2": "S",
    "long_system_prompt.j2": '{% include "system_prompt.j2" %}{% include "rules.j2" %}',
    "rules.j2": "{# note #}{{ customer.tone }}",
    "declared.j2": '{# promptcache: customer=tenant #}{% include "rules.j2" %}',
  });

  test("who includes whom", () => {
    expect([...result.includes].map(([path, targets]) => [path, ...targets])).toEqual([
      ["long_system_prompt.j2", "system_prompt.j2", "rules.j2"],
      ["declared.j2", "rules.j2"],
    ]);
  });

  test("which templates are parts of others only", () => {
    expect(result.templates.map(({ id, usage }) => `${id}: ${usage}`)).toEqual([
      "system_prompt.j2: instructions",
      "long_system_prompt.j2: instructions",
      "rules.j2: partial",
      "declared.j2: request",
    ]);
  });

  test("what the includer declares holds for the included, there only", () => {
    expect(show(result, "declared.j2")).toBe("include rules.j2\n  {customer.tone} [tenant!]");
    expect(show(result, "rules.j2")).toBe("{customer.tone} [session]");
  });
});

test.skipIf(!hasCorpora())("includes of the corpora are found", () => {
  const documents = ["openhands", "dotprompt"].flatMap((folder) => [...readCorpus(folder)]);
  const templates = documents.flatMap((document) => parseDocument(document).value);
  const byPath = new Map(documents.map((document) => [document.path, document]));
  const { problems } = resolveIncludes(templates, (path) => byPath.get(path) ?? null);
  const messages = [...problems].flatMap(([path, list]) => list.map(({ message }) => `${path}: ${message}`));
  expect(messages).toMatchInlineSnapshot(`
    [
      "dotprompt/examples/partials.prompt: \`listItem\` is none of the files that were read in this folder or those above it: what it holds does not count here. Correct the path if it is wrong.",
      "dotprompt/examples/partials.prompt: \`footer\` is none of the files that were read in this folder or those above it: what it holds does not count here. Correct the path if it is wrong.",
      "dotprompt/examples/partials/circular-partial-b.prompt: \`circular-partial-a\` includes itself (circular-partial-a.prompt → circular-partial-b.prompt → circular-partial-a.prompt): remove one of these includes.",
      "dotprompt/examples/valid-comments-and-partials.prompt: \`header\` is none of the files that were read in this folder or those above it: what it holds does not count here. Correct the path if it is wrong.",
      "dotprompt/examples/valid-comments-and-partials.prompt: \`footer\` is none of the files that were read in this folder or those above it: what it holds does not count here. Correct the path if it is wrong.",
      "dotprompt/packages/codemirror/samples/06-partials.prompt: \`productLine\` is none of the files that were read in this folder or those above it: what it holds does not count here. Correct the path if it is wrong.",
      "dotprompt/packages/codemirror/samples/06-partials.prompt: \`orderFooter\` is none of the files that were read in this folder or those above it: what it holds does not count here. Correct the path if it is wrong.",
    ]
  `);
});
