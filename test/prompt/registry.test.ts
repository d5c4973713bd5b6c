import { expect, test } from "vitest";
import { formatFor, formatOf, formats, parseDocument } from "../../src/prompt/registry.ts";

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
  ["agents/scheduling-assistant-instructions.txt", "plain-text"],
  ["agents/planner/instructions.txt", "plain-text"],
  ["src/assistant/instructions.md", "plain-text"],
  ["setup/instructions.txt", null],
  ["app/preprompts/clarify", "plain-text"],
  ["prompts/answer", "plain-text"],
  ["prompts/Makefile", null],
  ["prompts/.gitkeep", null],
  ["src/answer", null],
  ["docs/build-instructions.md", null],
  ["summary-prompt.md", "plain-text"],
  ["prompts/README.md", null],
  ["prompts/LICENSE.txt", null],
  ["CONTRIBUTING.md", null],
  ["docs/prompt-engineering.md", null],
  ["docs/system-requirements.md", null],
  ["requirements-prompt.txt", null],
  ["notes.txt", null],
  ["prompts/security_risk_assessment.j2", "jinja"],
  ["skills/security.md", "markdown-instructions"],
  [".claude/commands/todo.md", "markdown-instructions"],
  [".github/instructions/SECURITY.md", null],
  ["prompts/index.md", null],
  ["prompts/requirements.txt", null],
  ["prompts/requirements.md", "plain-text"],
  ["evals/build.prompt.txt", "plain-text"],
  ["packages/prompt-editor/notes.txt", null],
  ["prompts/answer.liquid", "liquid"],
  ["baml_src/main.baml", "baml"],
  ["model/tokenizer_config.json", "chat-template"],
  ["answer.poml", "poml"],
  ["Plugins/Writer/Poem/skprompt.txt", "semantic-kernel"],
  ["prompts/Poem/skprompt.txt", "semantic-kernel"],
  ["src/prompt.ts", "javascript"],
])("%s", (path, format) => {
  expect(formatFor(path)?.id ?? null).toBe(format);
});

test("a format that is assigned wins over names, places and the first look", () => {
  const byId = new Map(formats.map((format) => [format.id, format]));
  const assigned = (path: string) => byId.get(path.endsWith(".html") ? "jinja" : "yaml") ?? null;
  const page = { path: "views/page.html", text: "Hello {{ name }}" };
  expect(formatFor(page.path)).toBeNull();
  expect(formatFor(page.path, assigned)?.id).toBe("jinja");
  expect(parseDocument(page, undefined, assigned).value).toMatchObject([{ id: page.path, format: "jinja" }]);
  const settings = { path: "prompts/plan.j2", text: "colour: blue\n" };
  expect(formatOf(settings)?.id).toBe("jinja");
  expect(formatOf(settings, assigned)?.id).toBe("yaml");
});

test("format ids are unique", () => {
  expect(new Set(formats.map(({ id }) => id)).size).toBe(formats.length);
});
