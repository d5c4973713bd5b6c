/** What code does to texts before they are sent: a table of statements, and what is sent of each. */
import { expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { Segment } from "../../../src/prompt/template.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { said } from "../../support/say-template.ts";

const a = "You are the porter of a museum.";
const b = "Answer every visitor in one sentence.";

const rows: readonly (readonly [what: string, path: string, code: string, sent: string])[] = [
  [
    "Koog's builder of Markdown, in a message",
    "a.kt",
    `fun run(name: String) = prompt("p") {\n    system {\n        markdown {\n            +"${a}"\n            h2("Rules")\n            br()\n            bulleted {\n                item("${b}")\n                item { text("Dogs may come in.") }\n            }\n            newline()\n            +"Be kind to $name."\n        }\n    }\n}\n`,
    `request: <system>${a}\n## Rules\n\n- ${b}\n- Dogs may come in.\nBe kind to {name session}.`,
  ],
  [
    "Koog's builder of Markdown, as a value, with what is not followed",
    "a.kt",
    `fun run(rules: List<String>) = prompt("p") {\n    system(markdown {\n        header(1, "${a}")\n        bulleted {\n            item("${b}")\n            rules.forEach { item(it) }\n        }\n        numbered {\n            item("First.")\n            item("Then.")\n        }\n        codeblock("x = 1", "python")\n        horizontalRule()\n        bold("Never shout.")\n    })\n}\n`,
    `request: <system># ${a}\n- ${b}(\n- {it request}|)\n1. First.\n2. Then.{codeblock request}\n---\n**Never shout.**`,
  ],
  [
    "cases that go on with the next one",
    "a.ts",
    `async function run(kind: string, q: string) { let prompt = "${a}"; switch (kind) { case "long": prompt += " Answer at length."; case "kind": prompt += " Be kind."; break; default: prompt += " Be brief."; } return generateText({ model, system: prompt, prompt: q }); }`,
    `request: <system>${a}( Answer at length.|)( Be kind.|)(| Be brief.)<user>{q request}`,
  ],
  [
    "cases that go on with the next one, in PHP",
    "a.php",
    `<?php function run($kind, $q) { $prompt = "${a}"; switch ($kind) { case "long": $prompt .= " Answer at length."; case "kind": $prompt .= " Be kind."; break; default: $prompt .= " Be brief."; } return $client->chat()->create(['model' => 'm', 'messages' => [['role' => 'system', 'content' => $prompt], ['role' => 'user', 'content' => $q]]]); }`,
    `request: <system>${a}( Answer at length.|)( Be kind.|)(| Be brief.)<user>{q request}`,
  ],
  [
    "cases that go on with the next one, in Java",
    "A.java",
    `class A { String run(String kind, String q) { StringBuilder prompt = new StringBuilder("${a}"); switch (kind) { case "long": prompt.append(" Answer at length."); case "kind": prompt.append(" Be kind."); break; default: prompt.append(" Be brief."); } return model.chat(SystemMessage.from(prompt.toString()), UserMessage.from(q)).text(); } }`,
    `request: <system>${a}( Answer at length.|)( Be kind.|)(| Be brief.)<user>{q request}`,
  ],
  [
    "cases that are told to go on with the next one, in Go",
    "a.go",
    `package a\nfunc run(ctx context.Context, kind string, q string) {\nprompt := "${a}"\nswitch kind {\ncase "long":\nprompt += " Answer at length."\nfallthrough\ncase "kind":\nprompt += " Be kind."\ndefault:\nprompt += " Be brief."\n}\nclient.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage(prompt), openai.UserMessage(q)}})\n}\n`,
    `request: <system>${a}( Answer at length.|)( Be kind.|)(| Be brief.)<user>{q request}`,
  ],
  [
    "cases that share what they return",
    "A.cs",
    `class A { string BuildPrompt(string kind) { switch (kind) { case "a": case "b": return "${a}"; default: return "${b}"; } } }`,
    `request: (${a}|(${a}|${b}))`,
  ],
  [
    "a function under @agent.system_prompt",
    "a.py",
    `from pydantic_ai import Agent\nagent = Agent("m", system_prompt="${a}")\n\n@agent.system_prompt\ndef visitor(ctx):\n    return f"The visitor is {ctx.deps.name}. ${b}"\n`,
    `instructions: <system>${a}The visitor is {ctx.deps.name request}. ${b}`,
  ],
  [
    "a function under @agent.instructions",
    "a.py",
    `from pydantic_ai import Agent\nagent = Agent("m")\n\n@agent.instructions\nasync def house(ctx):\n    return f"${a} It is {datetime.now()}."\n`,
    `instructions: <system>${a} It is {datetime.now volatile}.`,
  ],
  [
    "a function under @dynamic_prompt, whatever it is called",
    "a.py",
    `from langchain.agents.middleware import dynamic_prompt\n@dynamic_prompt\ndef house(request):\n    return "${a}"\n`,
    `instructions: ${a}`,
  ],
  [
    "a function under @mcp.prompt()",
    "a.py",
    `@mcp.prompt()\ndef tour(room: str):\n    return f"${b} The room is {room}."\n`,
    `request: ${b} The room is {room request}.`,
  ],
  [
    "the docstring of a DSPy signature",
    "a.py",
    `import dspy\nclass Porter(dspy.Signature):\n    """${a} ${b}"""\n    question = dspy.InputField()\n`,
    `request: <system>${a} ${b}<user>{question request}`,
  ],
  [
    "the docstring of a DSPy signature without fields",
    "a.py",
    `import dspy\nclass Porter(dspy.Signature):\n    """${a} ${b}"""\n`,
    `instructions: ${a} ${b}`,
  ],
  [
    "the fields of a DSPy signature, which stand in front of its docstring",
    "a.py",
    `import dspy\nclass Porter(dspy.Signature):\n    """${a}"""\n    rooms: list[str] = dspy.InputField(desc="All rooms of the house.")\n    question = dspy.InputField()\n    answer: str = dspy.OutputField(desc="${b}")\n\nporter = dspy.ChainOfThought(Porter)\n`,
    `request: <system>All rooms of the house.${b}${a}<user>{rooms request}{question request}`,
  ],
  [
    "a DSPy signature that is a text",
    "a.py",
    'import dspy\nporter = dspy.ChainOfThought("context: dict[str, int], question -> answer")\n',
    "request: <system>context: dict[str, int], question -> answer<user>{context request}{question request}",
  ],
  [
    "a DSPy signature with instructions, of a module",
    "a.py",
    `import dspy\nporter = dspy.Predict("question -> answer: bool", instructions="${a}")\n`,
    `request: <system>question -> answer: bool${a}<user>{question request}`,
  ],
  [
    "a template of LlamaIndex, where it is filled in",
    "a.py",
    `from llama_index.core import PromptTemplate\nT = PromptTemplate("You are the porter of {house}. Greet {visitor}.")\n\ndef ask(v):\n    return llm.complete(T.format(house="a museum", visitor=v))\n`,
    `request: ${a} Greet {visitor session}.`,
  ],
  [
    "string.Template, where LlamaIndex completes it",
    "a.py",
    `from string import Template\nPROMPT = Template("You are the porter of $house. Greet $visitor.")\n\ndef ask(v):\n    return llm.complete(PROMPT.substitute(house="a museum", visitor=v))\n`,
    `request: ${a} Greet {visitor request}.`,
  ],
  [
    "messages of a chat template of LlamaIndex",
    "a.py",
    `from llama_index.core import ChatPromptTemplate\nT = ChatPromptTemplate(message_templates=[ChatMessage(role=MessageRole.SYSTEM, content="You are the porter of {house}."), ChatMessage(content="{question}")])\n\ndef ask(q):\n    return llm.chat(T.format_messages(house="a museum", question=q))\n`,
    `request: <system>${a}<user>{question request}`,
  ],
  [
    "a template of Jinja2 that is rendered",
    "a.py",
    `from jinja2 import Template\ndef run():\n    return llm.invoke(Template("${a} It is {{ now }}.").render(now=datetime.now()))\n`,
    `request: <user>${a} It is {now volatile}.`,
  ],
  [
    "a template of Jinja2 that is rendered elsewhere",
    "a.py",
    `from jinja2 import Template\nPROMPT_TEMPLATE = Template("${a} {{ visitor }} asks. ${b}")\n`,
    `request: ${a} {visitor session} asks. ${b}`,
  ],
  [
    "a constant that is rendered under another name",
    "a.py",
    `from jinja2 import Template\nPROMPT = Template("${a} It is {{ now }}.")\ndef build_prompt():\n    return PROMPT.render(now=datetime.now())\n`,
    `request: ${a} It is {now volatile}.`,
  ],
  [
    "a place that is replaced",
    "a.py",
    `PROMPT = "${a} {{name}} asks. ${b}"\ndef build_prompt(visitor_id):\n    return PROMPT.replace("{{name}}", visitor_id)\n`,
    `request: ${a} {name session} asks. ${b}`,
  ],
  [
    "string.Template",
    "a.py",
    `from string import Template\nPROMPT = Template("${a} $name asks. ${b}")\ndef build_prompt(user_name):\n    return PROMPT.substitute(name=user_name)\n`,
    `request: ${a} {name session} asks. ${b}`,
  ],
  [
    "textwrap.dedent",
    "a.py",
    `from textwrap import dedent\nSYSTEM_PROMPT = dedent("""\n    ${a}\n      ${b}\n""").strip()\n`,
    `instructions: ${a}\n  ${b}`,
  ],
  [
    "a list that grows under if and for, in Python",
    "a.py",
    `def build_prompt(question, is_member):\n    parts = ["${a}"]\n    if is_member:\n        parts.append("${b}")\n    for rule in rules:\n        parts.append(f"- {rule}")\n    parts.append(question)\n    return "\\n".join(parts)\n`,
    `request: ${a}(\n${b}|)(\n- {rule request}|)\n{question request}`,
  ],
  [
    "the same in TypeScript",
    "a.ts",
    `export function buildPrompt(question: string, isMember: boolean) {\n  const parts: string[] = ["${a}"];\n  if (isMember) parts.push("${b}");\n  for (const rule of rules) { parts.push(\`- \${rule}\`); }\n  return parts.join("\\n") + question;\n}\n`,
    `request: ${a}(\n${b}|)(\n- {rule request}|){question request}`,
  ],
  [
    "early returns as guards",
    "a.py",
    `def system_prompt(house):\n    if not house:\n        return None\n    if house == "closed":\n        return "${b}"\n    return f"${a} {house}"\n`,
    `instructions: (${b}|${a} {house request})`,
  ],
  [
    "a window over the history, by another name",
    "a.py",
    `def ask(question, history):\n    recent = history[-10:]\n    return client.chat.completions.create(model="m", messages=[{"role": "system", "content": "${a}"}, *recent, {"role": "user", "content": question}])\n`,
    `request: <system>${a}{history session}<user>{question request}`,
  ],
  [
    "a field of a dataclass",
    "a.py",
    `from dataclasses import dataclass\n@dataclass\nclass PorterConfig:\n    name: str\n    system_prompt: str = "${a} ${b}"\n`,
    `instructions: ${a} ${b}`,
  ],
  [
    "default arguments of what is called",
    "a.py",
    `def of_house(house="the museum"):\n    return f"You are the porter of {house}. ${b}"\nx = llm.invoke(of_house())\n`,
    `request: <user>You are the porter of the museum. ${b}`,
  ],
  [
    "a function of a package under another name",
    "a.ts",
    `import { generateText as ask } from "ai";\nexport const r = await ask({ model, system: "${a}", prompt: q });\n`,
    `request: <system>${a}<user>{q request}`,
  ],
];

test.each(rows)("%s", (_, path, code, sent) => {
  expect(said(path, code)).toContain(sent);
});

test("a case that others go on with is asked for by all of them", () => {
  const text = `async function run(kind: string) { let prompt = "${a}"; switch (kind) { case "x": case "y": prompt += " Be kind."; break; case "z": break; default: prompt += " Be brief."; } return generateText({ model, prompt }); }`;
  const { value } = parseDocument({ path: "a.ts", text }, parseTools);
  const asked = value.flatMap(({ segments }) => conditionsIn(segments));
  expect(asked).toEqual(['kind === "x" || kind === "y"', 'kind === "x" || kind === "y" || kind === "z"']);
});

function conditionsIn(segments: readonly Segment[]): readonly string[] {
  return [...walkSegments(segments)].flatMap((segment) => {
    if (segment.kind === "include") return conditionsIn(segment.resolved?.segments ?? []);
    return segment.kind === "block" ? [segment.expression] : [];
  });
}
