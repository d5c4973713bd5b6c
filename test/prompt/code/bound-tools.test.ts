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
