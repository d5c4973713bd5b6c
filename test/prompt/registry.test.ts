import { expect, test } from "vitest";
import { formatFor, formats } from "../../src/prompt/registry.ts";

test.each([
  ["AGENTS.md", "markdown-instructions"],
  ["packages/api/CLAUDE.md", "markdown-instructions"],
  [".github/copilot-instructions.md", "markdown-instructions"],
  [".github/instructions/tests.instructions.md", "markdown-instructions"],
  [".github/prompts/review.prompt.md", "markdown-instructions"],
  ["agents/planner.agent.md", "markdown-instructions"],
  ["modes/plan.chatmode.md", "markdown-instructions"],
  ["skills/pdf/SKILL.md", "markdown-instructions"],
  [".cursor/rules/style.mdc", "markdown-instructions"],
  [".cursorrules", "markdown-instructions"],
  [".claude/commands/fix.md", "markdown-instructions"],
  [".claude/agents/reviewer.md", "markdown-instructions"],
  [".github/ISSUE_TEMPLATE/bug.md", null],
  ["chat.prompty", "prompty"],
  ["prompts/greet.prompt", "dotprompt"],
  ["prompts/_tone.prompt", "dotprompt"],
  ["prompts/system.j2", "jinja"],
  ["agent.md.jinja", "jinja"],
  ["answer.v2.jinja2", "jinja"],
  ["Dockerfile.j2", null],
  ["nginx.conf.j2", null],
  ["deploy.yaml.jinja2", null],
  ["README.md.j2", null],
  ["prompts/plan.hbs", "handlebars"],
  ["resources/plan-prompt.handlebars", "handlebars"],
  ["views/index.hbs", null],
  ["answer.mustache", "mustache"],
  ["page.html.mustache", null],
  ["prompts/plan.txt", "plain-text"],
  ["prompt_templates/plan.md", "plain-text"],
  ["patterns/summarize/system.md", "plain-text"],
  ["system_prompt.txt", "plain-text"],
  ["summary-prompt.md", "plain-text"],
  ["prompts/README.md", null],
  ["prompts/LICENSE.txt", null],
  ["CONTRIBUTING.md", null],
  ["docs/prompt-engineering.md", null],
  ["docs/system-requirements.md", null],
  ["requirements-prompt.txt", null],
  ["notes.txt", null],
  ["packages/prompt-editor/notes.txt", null],
  ["src/prompt.ts", null],
])("%s", (path, format) => {
  expect(formatFor(path)?.id ?? null).toBe(format);
});

test("format ids are unique", () => {
  expect(new Set(formats.map(({ id }) => id)).size).toBe(formats.length);
});
