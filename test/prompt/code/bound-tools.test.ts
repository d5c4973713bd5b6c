/** Tools that stand elsewhere than in the call that sends them. */
import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { parseTools } from "../../support/parse-tools.ts";

/** The tools of each template of a file, as `name: description`, and what is said of them. */
function offered(path: string, text: string) {
  const { value, problems } = parseDocument({ path, text }, parseTools);
  return {
    tools: value.map(({ tools = [] }) => tools.map(({ json }) => described(json))),
    problems: problems.map(({ severity, message }) => `${severity}: ${message}`),
  };
}

function described(json: string): string {
  const {
    function: { name, description, parameters },
  } = JSON.parse(json);
  const asked = Object.keys(parameters?.properties ?? {}).join(", ");
  return `${name}: ${description}${asked === "" ? "" : ` (${asked})`}`;
}

const rooms =
  '@tool\ndef rooms(floor: int) -> str:\n    """Lists the rooms of a floor."""\n    return ""\n\n';
const hours =
  'const hours = tool(async () => "", { name: "hours", description: "When the house is open." });\n';
const messages = '[SystemMessage("You are the porter of a museum."), HumanMessage(q)]';

describe("bound to a model", () => {
  test.each([
    [
      "where it is made",
      `llm = ChatOpenAI().bind_tools([rooms])\ndef ask(q):\n    return llm.invoke(${messages})\n`,
    ],
    [
      "under another name",
      `llm = ChatOpenAI()\nall = [rooms]\nporter = llm.bind_tools(all)\ndef ask(q):\n    return porter.invoke(${messages})\n`,
    ],
    [
      "under the same name",
      `llm = ChatOpenAI()\nllm = llm.bind_tools(tools=[rooms])\ndef ask(q):\n    return llm.with_retry().invoke(${messages})\n`,
    ],
    ["in the call", `def ask(q):\n    return ChatOpenAI().bind_tools([rooms]).invoke(${messages})\n`],
    [
      "in a field",
      `class Desk:\n    def __init__(self):\n        self.llm = ChatOpenAI().bind_tools([rooms])\n    def ask(self, q):\n        return self.llm.invoke(${messages})\n`,
    ],
    [
      "behind a template",
      'p = ChatPromptTemplate.from_messages([("system", "You are the porter of a museum."), ("human", "{q}")])\nchain = p | ChatOpenAI().bind_tools([rooms])\ndef ask(q):\n    return chain.invoke({"q": q})\n',
    ],
  ])("%s", (_, code) => {
    const tools = [["rooms: Lists the rooms of a floor. (floor)"]];
    expect(offered("a.py", rooms + code)).toEqual({ tools, problems: [] });
  });

  test("in TypeScript", () => {
    const code = `${hours}const llm = new ChatOpenAI().bindTools([hours]);\nexport const ask = (q: string) => llm.invoke([new SystemMessage("You are the porter of a museum."), new HumanMessage(q)]);\n`;
    expect(offered("a.ts", code).tools).toEqual([["hours: When the house is open."]]);
  });
});

const porter = "You are the porter of a museum.";
const function_ = '(floor: int) -> str:\n    """Lists the rooms of a floor."""\n    return ""\n';

test.each([
  [
    "an agent with nothing but middleware",
    "a.py",
    `${rooms}@dynamic_prompt\ndef say(request):\n    return "${porter}"\n\nagent = create_agent("m", tools=[rooms], middleware=[say])\n`,
    "rooms: Lists the rooms of a floor. (floor)",
  ],
  [
    "the same in TypeScript",
    "a.ts",
    `${hours}export const agent = createAgent({ model, tools: [hours], middleware: [dynamicSystemPromptMiddleware((state) => "${porter}")] });\n`,
    "hours: When the house is open.",
  ],
  [
    "functions under @agent.tool",
    "a.py",
    `agent = Agent("m", instructions="${porter}")\n\n@agent.tool\ndef rooms(ctx: RunContext[int], ${function_.slice(1)}`,
    "rooms: Lists the rooms of a floor. (floor)",
  ],
  [
    "functions under @agent.tool_plain(…)",
    "a.py",
    `agent = Agent("m", instructions="${porter}")\n\n@agent.tool_plain(retries=2)\ndef rooms${function_}`,
    "rooms: Lists the rooms of a floor. (floor)",
  ],
  [
    "tools of Genkit",
    "a.ts",
    `const hours = ai.defineTool({ name: "hours", description: "When the house is open." }, async () => "");\nexport const x = ai.generate({ system: "${porter}", prompt: q, tools: [hours] });\n`,
    "hours: When the house is open.",
  ],
  [
    "agents to hand over to",
    "a.py",
    `desk = Agent(name="Front Desk", handoff_description="Sells tickets.")\nagent = Agent(name="Porter", instructions="${porter}", handoffs=[desk])\n`,
    "transfer_to_front_desk: Handoff to the Front Desk agent to handle the request. Sells tickets.",
  ],
  [
    "agents to hand over to, in other words",
    "a.py",
    `desk = Agent(name="Desk")\nagent = Agent(name="Porter", instructions="${porter}", handoffs=[handoff(desk, tool_name_override="sell", tool_description_override="Sells tickets.")])\n`,
    "sell: Sells tickets.",
  ],
  [
    "agents to hand over to, in TypeScript",
    "a.ts",
    `const desk = new Agent({ name: "Front Desk", handoffDescription: "Sells tickets." });\nexport const porter = new Agent({ name: "Porter", instructions: "${porter}", handoffs: [desk] });\n`,
    "transfer_to_Front_Desk: Handoff to the Front Desk agent to handle the request. Sells tickets.",
  ],
])("%s", (_, path, code, tool) => {
  expect(offered(path, code).tools.flat()).toEqual([tool]);
});

const desk =
  'class Desk {\n    @Tool("Sells a ticket")\n    int sell(@P("how many") int count, String name) { return 1; }\n    int other() { return 2; }\n}\n';

test.each([
  [
    "methods of Spring AI",
    `class Porter {\n    String ask(ChatClient client, String q) {\n        return client.prompt().system("${porter}").user(q).tools(new Desk()).call().content();\n    }\n}\n${desk.replace('"Sells a ticket"', 'name = "sell", description = "Sells a ticket"')}`,
  ],
  [
    "methods of Spring AI for all requests of a client",
    `class Porter {\n    private final ChatClient client;\n    Porter(ChatClient.Builder builder) {\n        Desk desk = new Desk();\n        this.client = builder.defaultSystem("${porter}").defaultTools(desk).build();\n    }\n}\n${desk}`,
  ],
  [
    "methods that a service of LangChain4j is built with",
    `interface Porter {\n    @SystemMessage("${porter}")\n    String answer(String q);\n}\n${desk}class Main {\n    Porter make(ChatModel model) {\n        return AiServices.builder(Porter.class).chatModel(model).tools(new Desk()).build();\n    }\n}\n`,
  ],
])("%s", (_, code) => {
  expect(offered("A.java", code)).toEqual({ tools: [["sell: Sells a ticket (count, name)"]], problems: [] });
});

const ofLibrary = "though tools stand in front of everything.";

test.each([
  [
    "an object of a library",
    "a.py",
    `agent = Agent(instructions="${porter}", tools=[DuckDuckGoTools()])\n`,
    `information: The text of the tool \`DuckDuckGoTools()\` is not known and not counted, ${ofLibrary}`,
  ],
  [
    "objects of libraries by names, beside others",
    "a.py",
    `${rooms}from kit import dig\nseek = Seek(max_results=2)\nagent = Agent(role="a", goal="b", backstory="${porter}", tools=[seek, rooms, Dig()])\n`,
    `information: The texts of the tools \`seek\`, \`Dig()\` are not known and not counted, ${ofLibrary}`,
  ],
  [
    "an object of a library by the name of the tool",
    "a.ts",
    `export const x = streamText({ model, system: "${porter}", tools: { search: openai.tools.webSearch() }, prompt: q });\n`,
    `information: The text of the tool \`openai.tools.webSearch()\` is not known and not counted, ${ofLibrary}`,
  ],
  [
    "another agent of elsewhere",
    "a.py",
    `agent = Agent(instructions="${porter}", handoffs=[desk])\n`,
    `information: The text of the tool \`desk\` is not known and not counted, ${ofLibrary}`,
  ],
  [
    "a server that tells its tools when it runs",
    "a.py",
    `agent = Agent(instructions="${porter}", mcp_servers=[files])\n`,
    "information: Tools from `[files]` could not be followed: their text, number and order are not known and not counted, though they stand in front of everything. Sort them by name, unless something else keeps their order.",
  ],
])("%s is said", (_, path, code, problem) => {
  expect(offered(path, code).problems).toEqual([problem]);
});

test("what other programs offer by a name is no tool of this one", () => {
  const code = `agent = Agent(instructions="${porter}", tools=["hours"], mcp_servers=[])\n`;
  expect(offered("a.py", code).problems).toEqual([]);
});
