/** Bodies that a program writes itself, for requests over HTTP and for Bedrock: one request each, wherever the body is put together. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code stands in strings here.
import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { said } from "../../support/say-template.ts";

const a = "You are the porter of a museum.";
const chat = `request: <system>${a}<user>The visitor asks: {q request}`;
const alone = `request: ${a} The visitor asks: {q request}`;

const messages = `"system": "${a}", "messages": [{"role": "user", "content": f"The visitor asks: {q}"}]`;
const jsMessages = `system: "${a}", messages: [{ role: "user", content: \`The visitor asks: \${q}\` }]`;
const prompt = `f"${a} The visitor asks: {q}"`;
const jsPrompt = `\`${a} The visitor asks: \${q}\``;

function sent(path: string, text: string): readonly string[] {
  const document = { path, text };
  expect(brokenPromises(document, parseDocument(document, parseTools))).toEqual([]);
  return said(path, text);
}

describe("Python", () => {
  test.each<[string, string, string]>([
    [
      "Bedrock, with a body in a variable",
      `import boto3, json\n\ndef ask(q):\n    body = json.dumps({"max_tokens": 100, ${messages}})\n    return bedrock.invoke_model(modelId="m", body=body)\n`,
      chat,
    ],
    [
      "Bedrock, with a dictionary that is written later",
      `native = {"prompt": ${prompt}, "max_gen_len": 512}\nrequest = json.dumps(native)\nr = client.invoke_model(modelId=m, body=request)\n`,
      alone,
    ],
    [
      "Bedrock, with what Titan calls it",
      `r = client.invoke_model(body=json.dumps({"inputText": ${prompt}, "textGenerationConfig": {}}), modelId="m")\n`,
      alone,
    ],
    [
      "requests, as JSON",
      `r = requests.post(URL, json={"model": "m", "prompt": ${prompt}, "stream": False})\n`,
      alone,
    ],
    [
      "requests, as data",
      `r = requests.post(URL, data=json.dumps({"model": "m", ${messages}}).encode())\n`,
      chat,
    ],
    [
      "with entries that come later",
      `def ask(q):\n    payload = {"model": "m", "messages": [{"role": "user", "content": f"The visitor asks: {q}"}]}\n    payload["system"] = "${a}"\n    return requests.post(URL, json=payload)\n`,
      chat,
    ],
    [
      "of a function",
      `def body(q):\n    return {"model": "m", ${messages}}\n\ndef ask(q):\n    return requests.post(URL, json=body(q))\n`,
      chat,
    ],
    [
      "in a client that is asynchronous",
      `async def ask(q):\n    async with session.post(URL, data=json.dumps({"model": "m", "prompt": ${prompt}})) as r:\n        return await r.json()\n`,
      alone,
    ],
    [
      "Text Generation Inference",
      `r = requests.post(URL, json={"inputs": ${prompt}, "parameters": {"max_new_tokens": 5}})\n`,
      alone,
    ],
    [
      "Gemini",
      `r = requests.post(URL, json={"system_instruction": {"parts": [{"text": "${a}"}]}, "contents": [{"role": "user", "parts": [{"text": f"The visitor asks: {q}"}]}]})\n`,
      chat,
    ],
    [
      "that is sent where nobody sees it",
      `def ask(q):\n    return self._post({"model": "m", ${messages}})\n`,
      chat,
    ],
  ])("%s", (_, code, expected) => {
    expect(sent("a.py", code)).toEqual([expected]);
  });
});

describe("TypeScript", () => {
  test.each<[string, string, string]>([
    [
      "fetch",
      `await fetch(URL, { method: "POST", body: JSON.stringify({ model: "m", ${jsMessages} }) });`,
      chat,
    ],
    [
      "fetch, with a body in a variable",
      `const body = { model: "m", ${jsMessages} };\nawait fetch(URL, { method: "POST", body: JSON.stringify(body) });`,
      chat,
    ],
    [
      "fetch, with a body that is written before",
      `const body = JSON.stringify({ model: "m", prompt: ${jsPrompt} }, null, 2);\nawait fetch(URL, { method: "POST", body });`,
      alone,
    ],
    ["axios", `await axios.post(URL, { model: "m", ${jsMessages} }, { headers });`, chat],
    [
      "Bedrock",
      `const command = new InvokeModelCommand({ modelId: "m", body: JSON.stringify({ max_tokens: 5, ${jsMessages} }) });`,
      chat,
    ],
    [
      "a function that gives it",
      `export const bodyOf = (q: string) => ({ model: "m", ${jsMessages} });`,
      chat,
    ],
  ])("%s", (_, code, expected) => {
    expect(sent("a.ts", code)).toEqual([expected]);
  });

  test("tools of a body are offered", () => {
    const code = `const body = { model: "m", ${jsMessages}, tools: [{ name: "look", description: "Looks a room up.", input_schema: { type: "object" } }] };\nawait fetch(URL, { body: JSON.stringify(body) });`;
    const { value } = parseDocument({ path: "a.ts", text: code }, parseTools);
    expect(value.map(({ tools }) => tools?.map(({ name }) => name))).toEqual([["look"]]);
  });

  test.each([
    ["an order", `await fetch(URL, { body: JSON.stringify({ title: "x", prompt: "${a}" }) });`],
    [
      "the state of a system",
      'const s = JSON.stringify({ name: "x", system: "The system is down for the day." });',
    ],
    ["what is spoken", `await fetch(URL, { body: JSON.stringify({ model: "tts-1", input: "${a}" }) });`],
    ["what is made a vector of", `const body = { model: "text-embedding-3-small", input: "${a}" };`],
  ])("but not %s", (_, code) => {
    expect(sent("a.ts", `${code}\nconst systemPrompt = "Say nothing at all.";`)).toEqual([
      "instructions: Say nothing at all.",
    ]);
  });
});
