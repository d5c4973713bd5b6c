/** Prompts of Genkit, which are given an object and a text, or an object and a function. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code stands in strings here.
import { expect, test } from "vitest";
import { said } from "../../support/say-template.ts";

const a = "You are the porter of a museum.";
const asked = "<user>Question: {input.question request}";

test.each<[string, string, string]>([
  [
    "a text behind the options",
    `ai.definePrompt({ name: "x", input: { schema } }, "${a} Greet {{visitor}}.");`,
    `request: ${a} Greet {visitor session}.`,
  ],
  [
    "a text with roles",
    `ai.definePrompt({ name: "x" }, \`{{role "system"}}${a}{{role "user"}}{{question}}\`);`,
    `request: <system>${a}<user>{question request}`,
  ],
  [
    "a text with roles, behind a system prompt",
    `ai.definePrompt({ name: "x", system: "${a}" }, '{{role "user"}}Greet the visitor. {{question}}');`,
    `request: <system>${a}<user>Greet the visitor. {question request}`,
  ],
  [
    "a constant with conditions",
    `const TEXT = "${a}{{#if name}} Greet {{name}}.{{/if}}";\nai.definePrompt({ name: "x", system: "Speak plainly to all." }, TEXT);`,
    `request: <system>Speak plainly to all.<user>${a}( Greet {name session}.|)`,
  ],
  [
    "a function that gives messages",
    `ai.definePrompt({ name: "x" }, async (input) => ({ messages: [{ role: "system", content: [{ text: "${a}" }] }, { role: "user", content: [{ text: \`Question: \${input.question}\` }] }] }));`,
    `request: <system>${a}${asked}`,
  ],
  [
    "a function with statements, whose braces are text",
    `ai.definePrompt({ name: "x", system: async (input) => {\n  const rooms = await load(input);\n  return \`${a} {{rooms}}: \${rooms}\`;\n}, prompt: (input) => \`Question: \${input.question}\` });`,
    `request: <system>${a} {{rooms}}: {rooms request}${asked}`,
  ],
  [
    "messages, and the question behind them",
    `ai.generate({ system: "${a}", messages: history, prompt: \`Question: \${input.question}\` });`,
    `request: <system>${a}{history session}${asked}`,
  ],
  [
    "messages that are written, and the question behind them",
    `ai.generate({ messages: [{ role: "system", content: [{ text: "${a}" }] }], prompt: \`Question: \${input.question}\` });`,
    `request: <system>${a}${asked}`,
  ],
])("%s", (_, code, sent) => {
  expect(said("a.ts", code)).toEqual([sent]);
});

test("Python has the same", () => {
  const code = `ai.define_prompt(name="x", system="${a}", prompt="Greet {{visitor}} in one sentence.")\n`;
  expect(said("a.py", code)).toEqual([`request: <system>${a}<user>Greet {visitor session} in one sentence.`]);
});
