/** Commands of coding agents: what is put in where one is called. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parseDocument } from "../../src/prompt/registry.ts";
import { outputClaim, outputName } from "../../src/prompt/shell-output.ts";
import { analyze } from "../support/analyze.ts";
import { readTemplate, showTemplate } from "../support/show-template.ts";

test.each([
  ["date", "volatile"],
  ["date -u +%H:%M", "volatile"],
  ["date +%Y-%m-%d", "day"],
  ["date +%F", "day"],
  ["TZ=UTC date '+%Y-%m-%d'", "day"],
  ['echo "Today is $(date)"', "volatile"],
  ["git status --short", "session"],
  ["git log --since=yesterday | head -5", "session"],
  ["git diff && date", "volatile"],
  ["pwd", "tenant"],
  ["node --version", "tenant"],
  ["git rev-parse --show-toplevel", "tenant"],
  ["uuidgen", "volatile"],
  ["ps aux | grep node", "volatile"],
  ["grep -r $ARGUMENTS src", "request"],
  ["npm test", "request"],
  ["echo fixed", "constant"],
  ["cat update-date.txt", "session"],
])("the output of `%s` changes by %s", (command, scope) => {
  expect(outputClaim(command)).toMatchObject({ scope, basis: "inferred" });
});

test.each([
  ["git status --short", "git_status"],
  ["date +%F", "date"],
  ["TZ=UTC date", "date"],
  ["./bin/list.sh -a", "bin_list_sh"],
  ["(", "output"],
])("the output of `%s` is called %s", (command, name) => {
  expect(outputName(command)).toBe(name);
});

describe("a command in Markdown", () => {
  const text = "At !`date`, see !`git status` and @docs/style.md for $1 of $ARGUMENTS.\n`!x` a!`b` !`\n";
  const put = [
    '"At "',
    "{call date} [volatile]",
    '", see "',
    "{call git_status} [session]",
    '" and "',
    "include docs/style.md (unresolved)",
    '" for "',
    "{1} [request]",
    '" of "',
    "{ARGUMENTS} [request]",
    '".\\n`!x` a!`b` !`\\n"',
  ].join("\n");

  it.each([
    ".claude/commands/a.md",
    ".claude/commands/team/a.md",
    ".opencode/command/a.md",
    ".opencode/commands/a.md",
  ])("has output, files and arguments put in: %s", (path) => {
    expect(showTemplate(path, text)).toBe(put);
    expect(readTemplate(path, text).usage).toBe("request");
  });

  it("of a plugin has them too, and is known by its frontmatter", () => {
    expect(showTemplate("plugins/desk/commands/a.md", `---\ndescription: d\n---\n${text}`)).toBe(put);
    expect(showTemplate("plugins/desk/commands/a.md", text)).toBe("");
  });

  it("of Codex has arguments by name, and nothing else", () => {
    expect(showTemplate(".codex/prompts/a.md", "Ship $FILES and $1, !`date`, not $5.00 or $home.")).toBe(
      [
        '"Ship "',
        "{FILES} [request]",
        '" and "',
        "{1} [request]",
        '", !`date`, not "',
        "{5} [request]",
        '".00 or $home."',
      ].join("\n"),
    );
  });

  it("has the output of a block that is marked, and what the harness says of itself", () => {
    const block =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what commands hold.
      "In ${CLAUDE_PROJECT_DIR} of ${CLAUDE_SESSION_ID}:\n```!\ngit log\ndate\n```\n```sh\ndate\n```\n";
    expect(showTemplate(".claude/commands/a.md", block)).toBe(
      [
        '"In "',
        "{CLAUDE_PROJECT_DIR} [tenant]",
        '" of "',
        "{CLAUDE_SESSION_ID} [session]",
        '":\\n"',
        "{call git_log} [volatile]",
        '"\\n```sh\\ndate\\n```\\n"',
      ].join("\n"),
    );
  });

  it("of others, and files that are no commands, have none of these", () => {
    const literal = JSON.stringify("At !`date` of $ARGUMENTS.");
    for (const path of [
      "AGENTS.md",
      ".claude/agents/a.md",
      ".opencode/agent/a.md",
      ".cursor/commands/a.md",
    ]) {
      expect(showTemplate(path, "At !`date` of $ARGUMENTS."), path).toBe(literal);
    }
    expect(readTemplate(".opencode/agent/a.md", "x").usage).toBe("instructions");
  });

  it("that is a skill is given arguments, and output", () => {
    expect(showTemplate(".claude/skills/a/SKILL.md", "At !`date` of $ARGUMENTS; awk '{print $1}'")).toBe(
      ['"At "', "{call date} [volatile]", '" of "', "{ARGUMENTS} [request]", `"; awk '{print $1}'"`].join(
        "\n",
      ),
    );
  });
});

describe("a command of Gemini CLI", () => {
  const written = (prompt: string) => `description = "d"\nprompt = """\n${prompt}"""\n`;
  const shown = (prompt: string, path = ".gemini/commands/git/fix.toml") =>
    showTemplate(path, written(prompt));

  it("has arguments, output and files put in", () => {
    const prompt =
      "Fix {{args}} as in @{docs/style.md} of @{src/lib}:\n!{git diff --staged}\n!{echo '{\"a\": 1}'; date}\n";
    expect(shown(prompt)).toBe(
      [
        '"Fix "',
        "{args} [request]",
        '" as in "',
        "include docs/style.md (unresolved)",
        '" of "',
        "{call src/lib} [session]",
        '":\\n"',
        "{call git_diff} [session]",
        '"\\n"',
        "{call echo} [volatile]",
        '"\\n"',
      ].join("\n"),
    );
  });

  it("is called by its path, also in an extension", () => {
    const { name, usage, id, engine } = readTemplate(
      "ext/commands/git/fix.toml",
      written("Fix {{args}} now."),
    );
    expect({ name, usage, id, engine }).toEqual({
      name: "git:fix",
      usage: "request",
      id: "ext/commands/git/fix.toml",
      engine: "markdown-instructions",
    });
  });

  it("has its holes where they are written, and other braces as text", () => {
    const text = written("Say {{ args }} of {this}, !{not closed, {{other}}.");
    const template = readTemplate(".gemini/commands/a.toml", text);
    const holes = template.segments.filter(({ kind }) => kind === "hole");
    expect(holes.map(({ range }) => text.slice(range.start, range.end))).toEqual(["{{ args }}"]);
  });

  it("takes declarations, and files that are not there are said", () => {
    const text = `# promptcache: args=session\n${written("Fix {{args}} as in @{docs/style.md}.")}`;
    const report = analyze(
      { ".gemini/commands/a.toml": text, "docs/style.md": "Be brief and kind to all." },
      {},
    );
    expect(report.templates.map(({ path }) => path)).toEqual([".gemini/commands/a.toml"]);
    expect(report.problems).toEqual([]);
    expect(showTemplate(".gemini/commands/a.toml", text)).toContain("{args} [session!]");
    const without = analyze({ ".gemini/commands/a.toml": text }, {});
    expect(without.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining("docs/style.md"),
    ]);
  });

  it("is none in a manifest, and prompts of other TOML are found by their keys", () => {
    expect(showTemplate("pyproject.toml", 'prompt = "You are a careful assistant of a museum"')).toBe("");
    const settings =
      '[review]\nsystem = """You are a careful reviewer of {{ language }}."""\nuser = """Review {{ diff }} now."""\n';
    expect(showTemplate("settings/review_prompts.toml", settings)).toBe(
      [
        "<system>",
        '"You are a careful reviewer of "',
        "{language} [tenant]",
        '"."',
        "<user>",
        '"Review "',
        "{diff} [request]",
        '" now."',
      ].join("\n"),
    );
  });
});

describe("settings of opencode", () => {
  it("says once which servers offer tools that nobody sees", () => {
    const agent = { prompt: "You greet visitors." };
    const settings = {
      agent: { porter: agent, guide: agent },
      mcp: { files: { type: "local" }, search: { type: "remote", enabled: true }, old: { enabled: false } },
    };
    const said = (all: object) =>
      parseDocument({ path: "opencode.json", text: JSON.stringify(all) }).problems.map(
        ({ message }) => message,
      );
    expect(said(settings)).toEqual([
      "Tools of the servers `files`, `search` stand in front of every request: the servers tell their number and text at run time, and they are not counted.",
    ]);
    expect(said({ ...settings, mcp: { old: { enabled: false } } })).toEqual([]);
    expect(said({ mcp: settings.mcp })).toEqual([]);
  });

  const settings = (root: object) =>
    JSON.stringify({ $schema: "https://opencode.ai/config.json", ...root }, null, 2);
  const agent = {
    review: {
      description: "d",
      mode: "subagent",
      prompt: "You review for {env:TEAM}, !`date`.\n{file:./style.txt}",
    },
  };
  const command = { ship: { template: "Ship $ARGUMENTS at !`date` as in @docs/style.md.", agent: "build" } };

  it("hold prompts of agents, templates of commands, and files for every conversation", () => {
    const text = settings({
      agent,
      command,
      instructions: ["docs/rules.md", "packages/*/AGENTS.md"],
      prompt: "no",
    });
    expect(showTemplate("opencode.json", text)).toBe(
      [
        '"You review for "',
        "{TEAM} [constant]",
        '", !`date`.\\n"',
        "include ./style.txt (unresolved)",
        '"Ship "',
        "{ARGUMENTS} [request]",
        '" at "',
        "{call date} [volatile]",
        '" as in "',
        "include docs/style.md (unresolved)",
        '"."',
        "include docs/rules.md (unresolved)",
      ].join("\n"),
    );
  });

  it("count with what they put in", () => {
    const rules = "Answer in short and friendly words. ".repeat(20);
    const text = settings({
      agent: { review: { prompt: "{file:./prompts/review.txt}" } },
      instructions: ["rules.md"],
    });
    const report = analyze({ "opencode.json": text, "prompts/review.txt": rules, "rules.md": rules }, {});
    const ours = report.templates.filter(({ path }) => path === "opencode.json");
    expect(ours.map(({ name }) => name)).toEqual(["review", "instructions"]);
    for (const { stablePrefixTokens } of ours) expect(stablePrefixTokens).toBeGreaterThan(100);
  });
});

const cases = join(import.meta.dirname, "../../../shared/cases/commands-with-shell/input");
if (!existsSync(cases)) console.log(`Skipped: no cases at ${cases}`);

it.runIf(existsSync(cases))("the clock of the public construct is found", () => {
  const path = ".claude/commands/letter.md";
  const report = analyze(
    { [path]: readFileSync(join(cases, path), "utf8") },
    { policy: "anthropic:claude-sonnet-4-5" },
  );
  const early = report.findings.filter(({ rule }) => rule === "volatile-early");
  expect(early.map(({ message }) => message).join()).toContain("date");
  expect(early[0]?.stake.tokensPerRequest).toBeGreaterThan(1300);
});
