import { expect, test } from "vitest";
import { frameworks } from "../../../src/prompt/code/frameworks.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { said } from "../../support/say-template.ts";

const a = "You are the porter of a museum.";
const b = "Answer every visitor in one sentence.";

/** A call for each row of the table, and what it sends. */
const samples: Readonly<Record<string, readonly [path: string, code: string, sent: string]>> = {
  "CrewAI agent": [
    "a.py",
    `from crewai import Agent\nx = Agent(role="Porter of {house}", goal="${b}", backstory="${a}", inject_date=True)`,
    `instructions: <system>Porter of {house request}${a}${b}{current_date day}`,
  ],
  "CrewAI task": [
    "a.py",
    `from crewai import Task\nx = Task(description="${b}", expected_output="A report on the house.", agent=y)`,
    `request: ${b}A report on the house.`,
  ],
  Agno: [
    "a.py",
    `from agno.agent import Agent\nx = Agent(instructions=["${b}"], description="${a}", add_datetime_to_context=True)`,
    `instructions: <system>${a}${b}{current_datetime volatile}`,
  ],
  "Google ADK": [
    "a.py",
    `from google.adk.agents import LlmAgent\nx = LlmAgent(instruction="${b}", global_instruction="${a}")`,
    `instructions: <system>${a}${b}`,
  ],
  "OpenAI Agents SDK, a run": [
    "a.py",
    `from agents import Runner\nx = Runner.run_sync(agent, "${b}")`,
    `request: ${b}`,
  ],
  "OpenAI Agents SDK, a model": [
    "a.py",
    `x = await model.get_response(system_instructions="${a}", input="${b}", tools=[])`,
    `request: <system>${a}<user>${b}`,
  ],
  "DSPy signature": [
    "a.py",
    `import dspy\nx = dspy.Signature("visitor -> answer", "${b}")`,
    `request: <system>visitor -> answer${b}<user>{visitor session}`,
  ],
  "AutoGen and AG2": [
    "a.py",
    `from autogen import ConversableAgent\nx = ConversableAgent("porter", "${a}", llm_config=y)`,
    `instructions: <system>${a}`,
  ],
  "Pydantic AI": [
    "a.py",
    `from pydantic_ai import Agent\nx = Agent("m", instructions="${b}", system_prompt="${a}")`,
    `instructions: <system>${a}${b}`,
  ],
  "LangChain and LangGraph agents": [
    "a.py",
    `from langgraph.prebuilt import create_react_agent\nx = create_react_agent(model, tools=y, prompt="${a}")`,
    `instructions: <system>${a}`,
  ],
  LlamaIndex: [
    "a.py",
    `from llama_index.core.chat_engine import ContextChatEngine\nx = ContextChatEngine.from_defaults(context="${b}", system_prompt="${a}")`,
    `instructions: <system>${a}${b}`,
  ],
  Haystack: [
    "a.py",
    `from haystack.components.agents import Agent\nx = Agent(chat_generator=y, system_prompt="${a}")`,
    `instructions: <system>${a}`,
  ],
  "Haystack builders": [
    "a.py",
    `from haystack.components.builders import PromptBuilder\nprompt = PromptBuilder("${b}{% for room in rooms %} {{ room.name }}{% endfor %}")`,
    `request: ${b}( {room.name request}|)`,
  ],
  inspect_ai: [
    "a.py",
    `from inspect_ai.solver import prompt_template\nx = prompt_template("${b}")`,
    `instructions: <system>${b}`,
  ],
  smolagents: [
    "a.py",
    `from smolagents import CodeAgent\nx = CodeAgent(tools=[], model=m, instructions="${b}", system_prompt="${a}")`,
    `instructions: <system>${a}${b}`,
  ],
  "Amazon Bedrock agents and Strands": [
    "a.py",
    `import boto3\nx = bedrock.create_agent(agentName="x", instruction="${b}")`,
    `instructions: <system>${b}`,
  ],
  "Genkit prompts": [
    "a.ts",
    `import { ai } from "./genkit";\nexport const x = ai.definePrompt({ name: "x", system: "${a}", prompt: "${b} {{question}}" });`,
    `request: <system>${a}<user>${b} {question request}`,
  ],
  Genkit: [
    "a.ts",
    `import { ai } from "./genkit";\nconst x = await ai.generate({ system: "${a}", prompt: "${b} {{question}}" });`,
    `request: <system>${a}<user>${b} {{question}}`,
  ],
  "Genkit, a text alone": [
    "a.ts",
    `import { ai } from "./genkit";\nconst { text } = await ai.generate("${a}");`,
    `request: ${a}`,
  ],
  Mastra: [
    "a.ts",
    `import { Agent } from "@mastra/core/agent";\nexport const x = new Agent({ name: "x", instructions: "${a}" });`,
    `instructions: <system>${a}`,
  ],
  "Semantic Kernel": [
    "a.py",
    `x = kernel.add_function(plugin_name="x", function_name="y", prompt="${b}")`,
    `request: ${b}`,
  ],
  "Microsoft Agent Framework": [
    "a.py",
    `x = client.as_agent(instructions="${a}")`,
    `instructions: <system>${a}`,
  ],
  "Koog tasks": [
    "a.kt",
    `val x by subgraphWithTask<Unit>(tools = all) { question -> """\n    ${a}\n    $question\n""".trimIndent() }`,
    `request: ${a}\n{question request}`,
  ],
  "Claude Agent SDK": [
    "a.py",
    `x = ClaudeAgentOptions(append_system_prompt="${b}", system_prompt="${a}")`,
    `instructions: <system>${a}${b}`,
  ],
};

test("every row of the table has a call that works through it", () => {
  expect(Object.keys(samples).toSorted()).toEqual(frameworks.map(({ name }) => name).toSorted());
});

test.each(Object.entries(samples))("%s", (_, [path, code, sent]) => {
  expect(said(path, code)[0]).toBe(sent);
});

test.each([
  [
    "a class of a framework",
    `from agno.agent import Agent as Porter\nx = Porter(instructions="${b}", description="${a}", add_datetime_to_instructions=True)`,
    `instructions: <system>${a}${b}{current_datetime volatile}`,
  ],
  [
    "a class without another telling word in its call",
    `from crewai import Task as Job\nx = Job(description="${b}", expected_output="A report on the house.")`,
    `request: ${b}A report on the house.`,
  ],
  [
    "a template that is rendered",
    `from jinja2 import Template as House\ndef run():\n    return llm.invoke(House("${a} It is {{ now }}.").render(now=datetime.now()))\n`,
    `request: <user>${a} It is {now volatile}.`,
  ],
  [
    "a template that is rendered elsewhere",
    `from jinja2 import Template as House\nPORTER_PROMPT = House("${a} {{ visitor }} asks. ${b}")\n`,
    `request: ${a} {visitor session} asks. ${b}`,
  ],
])("%s is known under another name", (_, code, sent) => {
  expect(said("a.py", code)).toEqual([sent]);
});

test("a template is called as the call is written", () => {
  const text = `from agno.agent import Agent as Porter\nx = Porter(description="${a}")`;
  expect(parseDocument({ path: "a.py", text }, parseTools).value.map(({ id }) => id)).toEqual([
    "a.py#Porter",
  ]);
});

test("the messages of a builder have places too", () => {
  const messages = `[ChatMessage.from_system("${a} It is {{ now }}."), ChatMessage.from_user("{{ question }}")]`;
  const code = `from haystack.components.builders import ChatPromptBuilder\nx = ChatPromptBuilder(template=${messages})`;
  expect(said("a.py", code)).toEqual([`request: <system>${a} It is {now volatile}.<user>{question request}`]);
});

test.each([
  ["a clock that is not asked for", `Agent(description="${a}", add_datetime_to_context=False)`, "agno.agent"],
  [
    "another framework's class of that name",
    `Agent(instructions="${a}", add_datetime_to_context=True)`,
    "agents",
  ],
])("%s is not written", (_, call, module) => {
  expect(said("a.py", `from ${module} import Agent\nx = ${call}`)[0]).toBe(`instructions: <system>${a}`);
});
