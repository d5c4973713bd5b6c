import { describe, expect, test } from "vitest";
import { formatOf } from "../../../src/prompt/registry.ts";
import { readTemplate, showTemplate } from "../../support/show-template.ts";

describe("instruction files", () => {
  test("are sent as they stand, without their frontmatter", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what prompt files hold.
    const text = "---\napplyTo: '**'\n---\n# Style\r\nUse `{{x}}` and ${input:y}.\n";
    expect(showTemplate("a.instructions.md", text)).toMatchInlineSnapshot(
      `""# Style\\r\\nUse \`{{x}}\` and \${input:y}.\\n""`,
    );
  });

  test("a comment is part of what is sent", () => {
    expect(showTemplate("AGENTS.md", "a <!-- note --> b")).toMatchInlineSnapshot(`""a <!-- note --> b""`);
  });

  test("names and use", () => {
    const of = (path: string, text = "x") => {
      const { name, usage } = readTemplate(path, text);
      return `${name}: ${usage}`;
    };
    expect(of("skills/pdf/SKILL.md")).toBe("pdf: instructions");
    expect(of("skills/pdf/SKILL.md", "---\nname: PDF files\n---\nx")).toBe("PDF files: instructions");
    expect(of(".github/prompts/review.prompt.md")).toBe("review.prompt.md: request");
    expect(of(".claude/commands/fix.md")).toBe("fix.md: request");
    expect(of("AGENTS.md")).toBe("AGENTS.md: instructions");
  });

  test.each([
    ["docs/agents.md", undefined],
    ["docs/AGENTS.md", "markdown-instructions"],
    ["agents.md", "markdown-instructions"],
    [".claude/agents.md", "markdown-instructions"],
  ])("a page of a manual is none, as its name is no file of an agent's: %s", (path, format) => {
    expect(formatOf({ path, text: "Agents are programs that act." })?.id).toBe(format);
  });

  test("Markdown in a folder called skills is one only with frontmatter", () => {
    expect(showTemplate("docs/skills/list.md", "text")).toBe("");
    expect(showTemplate("docs/skills/list.md", "---\nname: list\n---\ntext")).toBe('"text"');
  });
});

test("frontmatter that is no YAML is an error, and a note where a harness reads it line by line", () => {
  const text = "---\nname: a\ndescription: use it so: often: well\n---\nBe brief.";
  const told = (path: string) => showTemplate(path, text).split("\n").at(-1);
  expect(told("AGENTS.md")).toMatch(/^error at/);
  expect(told("plugins/x/agents/a.md")).toMatch(/^information at/);
  expect(told(".claude/skills/a/SKILL.md")).toMatch(/^information at/);
});

describe("prompt files", () => {
  test("variables", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what prompt files hold.
    const text = "Review ${selection} in ${workspaceFolder} for ${input:focus:security}. ${notClosed ${1}";
    expect(showTemplate("review.prompt.md", text)).toMatchInlineSnapshot(`
      ""Review "
      {selection} [request]
      " in "
      {workspaceFolder} [tenant]
      " for "
      {focus} [request]
      ". \${notClosed \${1}""
    `);
  });

  test("files that they refer to", () => {
    const text = "Follow #file:./style.md and `#file:x.md`, not a#file:b.md.\n```\n#file:c.md\n```";
    expect(showTemplate("review.prompt.md", text)).toMatchInlineSnapshot(`
      ""Follow "
      include ./style.md (unresolved)
      " and \`#file:x.md\`, not a#file:b.md.\\n\`\`\`\\n#file:c.md\\n\`\`\`""
    `);
  });
});

describe("imports of CLAUDE.md", () => {
  test("files, wherever they are named outside code", () => {
    const text =
      "See @docs/style.md.\n@README\n- @~/.claude/me.md\nAsk @anna or me@example.org, use @scope/pkg.\n`@a.md`\n~~~\n@b.md\n~~~\n";
    expect(showTemplate("CLAUDE.md", text)).toMatchInlineSnapshot(`
      ""See "
      include docs/style.md (unresolved)
      ".\\n"
      include README (unresolved)
      "\\n- "
      include ~/.claude/me.md (unresolved)
      "\\nAsk @anna or me@example.org, use @scope/pkg.\\n\`@a.md\`\\n~~~\\n@b.md\\n~~~\\n""
    `);
  });

  test("other instruction files import nothing", () => {
    expect(showTemplate("AGENTS.md", "@docs/style.md")).toMatchInlineSnapshot(`""@docs/style.md""`);
  });

  test("arguments of commands", () => {
    expect(
      showTemplate(".claude/commands/fix.md", "Fix issue $ARGUMENTS like $1, for $100."),
    ).toMatchInlineSnapshot(`
      ""Fix issue "
      {ARGUMENTS} [request]
      " like "
      {1} [request]
      ", for $100.""
    `);
  });
});

test("declared scopes", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what prompt files hold.
  const text = "<!-- promptcache: focus=session -->\n${input:focus} ${input:other}";
  expect(showTemplate("a.prompt.md", text)).toMatchInlineSnapshot(`
    ""<!-- promptcache: focus=session -->\\n"
    {focus} [session!]
    " "
    {other} [request]"
  `);
});
