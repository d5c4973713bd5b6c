/** What stands before a conversation is given elsewhere: in a configuration that has a name, or where a chat is made. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code stands in strings here.
import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { said } from "../../support/say-template.ts";

const a = "You are the porter of a museum.";
const sent = `request: <system>${a}<user>The visitor asks: {q request}`;

function sentBy(path: string, text: string): readonly string[] {
  const document = { path, text };
  expect(brokenPromises(document, parseDocument(document, parseTools))).toEqual([]);
  return said(path, text);
}

describe("a configuration in Python", () => {
  const made = `types.GenerateContentConfig(system_instruction="${a}", temperature=0)`;
  const ask = (config: string, client = "client") =>
    `${client}.models.generate_content(model="m", contents=f"The visitor asks: {q}", config=${config})`;
  test.each<[string, string]>([
    ["in a variable", `def ask(q):\n    cfg = ${made}\n    return ${ask("cfg")}\n`],
    ["of the module", `CFG = ${made}\n\ndef ask(q):\n    return ${ask("CFG")}\n`],
    ["of a function", `def config():\n    return ${made}\n\ndef ask(q):\n    return ${ask("config()")}\n`],
    [
      "that is an attribute of the class",
      `class Porter:\n    config = ${made}\n\n    def ask(self, q):\n        return ${ask("self.config", "self.client")}\n`,
    ],
    [
      "that is an attribute of another class",
      `class Settings:\n    config = ${made}\n\ndef ask(q):\n    return ${ask("Settings.config")}\n`,
    ],
    [
      "that is an attribute of the object",
      `class Porter:\n    def __init__(self):\n        self.config = ${made}\n\n    def ask(self, q):\n        return ${ask("self.config", "self.client")}\n`,
    ],
    [
      "of a method",
      `class Porter:\n    def _config(self):\n        return ${made}\n\n    def ask(self, q):\n        return ${ask("self._config()", "self.client")}\n`,
    ],
    [
      "that is a dictionary",
      `def ask(q):\n    cfg = {"system_instruction": "${a}"}\n    return ${ask("cfg")}\n`,
    ],
    [
      "where another one may be given",
      `CFG = ${made}\n\ndef ask(q, cfg=None):\n    return ${ask("cfg or CFG")}\n`,
    ],
  ])("%s", (_, code) => {
    expect(sentBy("a.py", `from google.genai import types\n${code}`)).toEqual([sent]);
  });

  test("gets what its function is given", () => {
    const code = `def config(house, tools):\n    return types.GenerateContentConfig(system_instruction=f"You are the porter of {house}.", tools=tools)\n\ndef look(room: str):\n    """Looks a room up."""\n\ndef ask(q):\n    return ${ask('config("the tower", [look])')}\n`;
    const parsed = parseDocument({ path: "a.py", text: code }, parseTools);
    expect(parsed.problems).toEqual([]);
    expect(parsed.value.map(({ tools }) => tools?.map(({ name }) => name))).toEqual([["look"]]);
    expect(said("a.py", code)).toEqual([
      "request: <system>You are the porter of the tower.<user>The visitor asks: {q request}",
    ]);
  });

  test("that nobody asks with is found by itself", () => {
    expect(sentBy("a.py", `CFG = ${made}\n`)).toEqual([`instructions: <system>${a}`]);
  });
});

describe("a configuration in TypeScript", () => {
  const made = `{ systemInstruction: "${a}" }`;
  const ask = (config: string, client = "ai") =>
    `${client}.models.generateContent({ model: "m", contents: \`The visitor asks: \${q}\`, ${config} })`;
  test.each<[string, string]>([
    ["of the module", `const config = ${made};\nexport const ask = (q: string) => ${ask("config")};\n`],
    [
      "in a request that has a name",
      `export function ask(q: string) {\n  const config = ${made};\n  const request = { model: "m", contents: \`The visitor asks: \${q}\`, config };\n  return ai.models.generateContent(request);\n}\n`,
    ],
    [
      "of a function",
      `const config = (house: string) => ({ systemInstruction: \`You are the porter of \${house}.\` });\nexport const ask = (q: string) => ${ask('config: config("a museum")')};\n`,
    ],
    [
      "that is a field",
      `class Porter {\n  private readonly config = ${made};\n  ask(q: string) {\n    return ${ask("config: this.config", "this.ai")};\n  }\n}\n`,
    ],
  ])("%s", (_, code) => {
    expect(sentBy("a.ts", code)).toEqual([sent]);
  });
});

describe("a chat", () => {
  test.each<[string, string, string, readonly string[]]>([
    [
      "of a model with a system prompt",
      "a.ts",
      `const model = genAI.getGenerativeModel({ model: "m", systemInstruction: "${a}" });\nexport function ask(history, q: string) {\n  const chat = model.startChat({ history });\n  return chat.sendMessage(\`The visitor asks: \${q}\`);\n}\n`,
      [`request: <system>${a}{history session}<user>The visitor asks: {q request}`],
    ],
    [
      "with turns that are written, and what follows them",
      "a.ts",
      `export async function ask(q: string) {\n  const chat = ai.chats.create({ model: "m", config: { systemInstruction: "${a}" }, history: [{ role: "user", parts: [{ text: "Where is the exit?" }] }, { role: "model", parts: [{ text: "Behind you." }] }] });\n  await chat.sendMessage({ message: \`The visitor asks: \${q}\` });\n  await chat.sendMessage({ message: "Say it again." });\n}\n`,
      [
        `request: <system>${a}<user>Where is the exit?<assistant>Behind you.<user>The visitor asks: {q request}`,
        `request: <system>${a}<user>Where is the exit?<assistant>Behind you.{ai.chats.create session}<user>Say it again.`,
      ],
    ],
    [
      "that lives longer than the function",
      "a.py",
      `model = genai.GenerativeModel("m", system_instruction="${a}")\nchat = model.start_chat(history=[])\n\ndef ask(q):\n    return chat.send_message(f"The visitor asks: {q}")\n`,
      [`request: <system>${a}{model.start_chat session}<user>The visitor asks: {q request}`],
    ],
    [
      "in a loop",
      "a.py",
      `def main():\n    chat = client.chats.create(model="m", config=types.GenerateContentConfig(system_instruction="${a}"))\n    while True:\n        print(chat.send_message(input()).text)\n`,
      [`request: <system>${a}{client.chats.create session}<user>{input request}`],
    ],
    [
      "that is made in each round of a loop",
      "a.py",
      `def main():\n    for q in questions:\n        chat = model.start_chat()\n        print(chat.send_message(f"${a} The visitor asks: {q}").text)\n`,
      [`request: <user>${a} The visitor asks: {q request}`],
    ],
    [
      "of Genkit",
      "a.ts",
      `const chat = ai.chat({ system: "${a}" });\nconst { text } = await chat.send(\`The visitor asks: \${q}\`);\n`,
      [sent],
    ],
    [
      "with an index of LlamaIndex",
      "a.py",
      `engine = index.as_chat_engine(chat_mode="context", system_prompt="${a}")\n\ndef ask(q):\n    return engine.chat(f"The visitor asks: {q}")\n`,
      [`request: <system>${a}{index.as_chat_engine session}<user>The visitor asks: {q request}`],
    ],
    [
      "of a model alone, asked without a chat",
      "a.py",
      `model = GenerativeModel("m", system_instruction=["${a}"])\nr = model.generate_content([f"The visitor asks: {q}", image])\n`,
      [`request: <system>${a}<user>The visitor asks: {q request}{image request}`],
    ],
    [
      "between people",
      "a.py",
      'async def go(update):\n    await update.message.chat.send_message("Your order has been sent to you.")\n',
      [],
    ],
  ])("%s", (_, path, code, expected) => {
    expect(sentBy(path, code)).toEqual(expected);
  });
});

test("the earlier turns that a request is given alone are its history", () => {
  const code = `cfg = types.GenerateContentConfig(system_instruction="${a}")\nr = client.models.generate_content(model="m", contents=history, config=cfg)\n`;
  const [template] = parseDocument({ path: "a.py", text: code }, parseTools).value;
  expect(template?.segments.at(-1)).toMatchObject({ kind: "hole", form: "history", name: "history" });
});

test("messages of a function get what it is given", () => {
  const code = `def build(system, question, history):\n    messages = [{"role": "system", "content": system}]\n    messages.extend(history)\n    messages.append({"role": "user", "content": f"The visitor asks: {question}"})\n    return messages\n\ndef ask(q, turns):\n    return client.chat.completions.create(model="m", messages=build("${a}", q, turns))\n`;
  expect(said("a.py", code)).toEqual([
    `request: <system>${a}{turns session}<user>The visitor asks: {question request}`,
  ]);
});
