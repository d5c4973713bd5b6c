import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { parseTools as tools } from "../../support/parse-tools.ts";

/** The tools of the first template, as they are described: `name: description (parameters)`. */
function offered(files: Readonly<Record<string, string>>) {
  const documents = Object.entries(files).map(([path, text]) => ({ path, text }));
  const parsed = documents.flatMap((document) => parseDocument(document, tools).value);
  const find = (path: string) => documents.find((document) => document.path === path) ?? null;
  const { templates, includes, problems } = resolveIncludes(parsed, find, { tools });
  const [first] = templates;
  const described = (first?.tools ?? []).map(({ name, json, path, range }) => {
    const { description, parameters } = JSON.parse(json).function;
    expect(files[path]?.slice(range.start, range.end)).toContain(description);
    const asked = Object.keys(parameters?.properties ?? {}).join(", ");
    return `${name}: ${description}${asked === "" ? "" : ` (${asked})`}`;
  });
  const main = Object.keys(files)[0]!;
  const unread = (problems.get(main) ?? []).map(({ message }) => /`(.*?)`/.exec(message)?.[1]);
  return { described, includes: [...(includes.get(main) ?? [])], unread };
}

const search = '    """Searches all pages of the town."""\n    return query\n';

describe("Python", () => {
  const agent = (tool: string) =>
    `agent = Agent(name="Desk", instructions="You answer the phone of the town hall.", tools=[${tool}])\n`;
  const described = ["search: Searches all pages of the town. (query)"];

  test.each([
    ["a function", "from kit import search", "search", `@tool\ndef search(query: str) -> str:\n${search}`],
    ["a function of a module", "import kit", "kit.search", `def search(query: str) -> str:\n${search}`],
    [
      "a function that is wrapped",
      "from kit import search",
      "FunctionTool(search)",
      `def search(query: str):\n${search}`,
    ],
    [
      "a function that is wrapped by a name",
      "from kit import search",
      "FunctionTool(func=search)",
      `def search(query: str):\n${search}`,
    ],
    [
      "a method",
      "from kit import Kit",
      "Kit.search",
      `class Kit:\n    @tool("search")\n    def search(query: str):\n        """Searches all pages of the town."""\n`,
    ],
  ])("%s of another module", (_, statement, tool, kit) => {
    const found = offered({ "main.py": `${statement}\n${agent(tool)}`, "kit.py": kit });
    expect(found).toEqual({ described, includes: ["kit.py"], unread: [] });
  });

  test.each([
    [
      "a method of its class",
      'class Desk:\n    def search(self, query: str):\n        """Searches all pages of the town."""\n    def agent(self):\n        return ',
      "self.search",
    ],
    ["a function that is wrapped", `def search(query: str):\n${search}\n`, "FunctionTool(search)"],
  ])("%s", (_, before, tool) => {
    expect(offered({ "main.py": `${before}${agent(tool)}` }).described).toEqual(described);
  });

  const counter =
    'class CounterTool(BaseTool):\n    name: str = "counter"\n    description: str = "Counts what it is given."\n';
  test.each([
    ["of its own module", { "main.py": `${counter}${agent("CounterTool()")}` }],
    [
      "of another module",
      { "main.py": `from kit import CounterTool\n${agent("CounterTool()")}`, "kit.py": counter },
    ],
  ])("what is made of a class %s", (_, files) => {
    expect(offered(files).described).toEqual(["counter: Counts what it is given."]);
  });

  test("stand in the order in which they are given", () => {
    const files = {
      "main.py": `from kit import search\n\ndef first(a: int):\n    """Comes first."""\n\ndef last(b: int):\n    """Comes last."""\n\n${agent("first, search, last")}`,
      "kit.py": `def search(query: str):\n${search}`,
    };
    expect(offered(files).described).toEqual([
      "first: Comes first. (a)",
      "search: Searches all pages of the town. (query)",
      "last: Comes last. (b)",
    ]);
  });

  const specs =
    'TOOLS = [{"type": "function", "function": {"name": "search", "description": "Searches all pages of the town.", "parameters": {"type": "object", "properties": {"query": {"type": "string"}}}}}]\n';
  const params =
    'params = {"model": "m", "messages": [{"role": "system", "content": "You answer the phone of the town hall."}]}\n';

  test.each([
    ["by its name", agent("").replace("[]", "TOOLS")],
    ["among the arguments", `${params}params["tools"] = TOOLS\nclient.chat.completions.create(**params)\n`],
    [
      "among the arguments under a condition",
      `${params}if hall:\n    params["tools"] = TOOLS\nclient.chat.completions.create(**params)\n`,
    ],
  ])("a list of another module, %s", (_, code) => {
    const found = offered({ "main.py": `from kit import TOOLS\n${code}`, "kit.py": specs });
    expect(found).toEqual({ described, includes: ["kit.py"], unread: [] });
  });

  test("what a function makes is no tool of that name", () => {
    const kit = 'def all_tools():\n    """Makes all tools."""\n    return make()\n';
    const files = (tools: string) => ({
      "main.py": `from kit import all_tools\n${agent("").replace("[]", tools)}`,
      "kit.py": kit,
    });
    expect(offered(files("all_tools()")).described).toEqual([]);
    expect(offered(files("[all_tools()]")).described).toEqual([]);
  });

  test("are left out where nobody knows them", () => {
    const files = {
      "main.py": `from kit import search, other\n${agent("search, other(), OtherTool()")}`,
      "kit.py": "other = 1\n",
    };
    const { described: known, unread } = offered(files);
    expect({ known, unread }).toEqual({ known: [], unread: ["search"] });
  });
});

describe("TypeScript", () => {
  const ask = (given: string) =>
    `streamText({ model, system: "You are a reporter of the coast.", tools: ${given}, prompt: question });\n`;
  const kit = 'export const search = tool({ description: "Searches all pages.", inputSchema });\n';

  test.each([
    ["a tool", 'import { search } from "./kit.js";', "{ search }", "search"],
    ["a tool under another name", 'import { search as find } from "./kit.js";', "{ find }", "find"],
    ["a tool of a module", 'import * as kit from "./kit.js";', "{ search: kit.search }", "search"],
    ["a tool in a list", 'import { search } from "./kit.js";', "[search]", "search"],
  ])("%s", (_, statement, given, name) => {
    const found = offered({ "main.ts": `${statement}\n${ask(given)}`, "kit.ts": kit });
    expect(found.described).toEqual([`${name}: Searches all pages.`]);
  });

  test("a tool that another module passes on", () => {
    const files = {
      "main.ts": `import { search } from "./all.js";\n${ask("{ search }")}`,
      "all.ts": 'export * from "./kit.js";\n',
      "kit.ts": kit,
    };
    expect(offered(files).described).toEqual(["search: Searches all pages."]);
  });

  test("a tool that has a name of its own in the file", () => {
    expect(offered({ "main.ts": `${kit}${ask("{ search }")}` }).described).toEqual([
      "search: Searches all pages.",
    ]);
  });
});
