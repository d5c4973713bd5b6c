import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, test } from "vitest";
import { formatOf } from "../../../src/prompt/registry.ts";
import { analyze } from "../../support/analyze.ts";
import { showTemplate } from "../../support/show-template.ts";

const text = "---\nname: a\n---\nYou answer {{ name }}.\n{% if mail %}\nBe long.\n{% endif %}\nYou are kind.";

test("statements and values are read, wherever the file lies", () => {
  for (const path of ["desk/agent/identity.md", "prompts/identity.md", "prompts/identity.txt"]) {
    expect(showTemplate(path, text), path).toBe(
      [
        '"You answer "',
        "{name} [session]",
        '".\\n"',
        "if mail [request]",
        '  "\\nBe long.\\n"',
        '"\\nYou are kind."',
      ].join("\n"),
    );
  }
});

test.each([
  ["src/templates/agent.md", "You are {{ name }}.", "jinja-markdown"],
  ["src/agent.md", "You are {{ name }}.", undefined],
  ["src/templates/agent/skills.md", "# Skills\n{{ skills }}", "jinja-markdown"],
  ["src/templates/page/list.md", "# Pages\n{{ pages }}", undefined],
  ["src/agent.md", "Numbers: {% if a %}x{% endif %}", undefined],
  ["docs/agent.md", text, undefined],
  ["README.md", text, undefined],
  ["site/page.md", `{{ site.title }} ${text}`, undefined],
  ["guide.md", "You must write it so:\n```\n{% if a %}\n```\nand `{% endif %}`.", undefined],
  ["ci.md", "You can use $" + "{{ github.sha }} here.", undefined],
  ["prompts/plain.md", "Say {{ word }}.", "plain-text"],
  ["prompts/loop.md", "{% for a in b %}{{ a }}{% endfor %}", "plain-text"],
  ["AGENTS.md", text, "markdown-instructions"],
])("%s %j", (path, content, format) => {
  expect(formatOf({ path, text: content })?.id).toBe(format);
});

test("includes are read as templates of the same language", () => {
  const parts = {
    "desk/templates/a.md": "You are kind. {% include 'tone.md' %}",
    "desk/templates/tone.md": "Be {{ tone }}.",
  };
  const report = analyze(parts, {});
  expect(report.templates.map(({ path, usage }) => `${path} ${usage}`)).toEqual([
    "desk/templates/a.md request",
  ]);
  expect(report.problems).toEqual([]);
});

const cases = join(import.meta.dirname, "../../../../shared/cases/templates-beside-code/input");
if (!existsSync(cases)) console.log(`Skipped: no cases at ${cases}`);

it.runIf(existsSync(cases))("the clock of the public construct is found", () => {
  const path = "desk/templates/agent/identity.md";
  const report = analyze({ [path]: readFileSync(join(cases, path), "utf8") }, {});
  const early = report.findings.filter(
    ({ rule, severity }) => rule === "volatile-early" && severity === "warning",
  );
  expect(early).toHaveLength(1);
  expect(early[0]!.message).toContain("now");
});
