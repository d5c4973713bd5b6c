/** Tools that are functions: what annotations, attributes and types say of their parameters goes into the schema. */
import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { parseTools } from "../../support/parse-tools.ts";

const system = "You are the porter of a museum.";
const schema = (name: string) => ({
  name,
  description: "Opens a door.",
  parameters: {
    type: "object",
    properties: {
      door: { type: "integer", description: "The door, by its number" },
      far: { type: "number", description: "How far" },
    },
    required: ["door"],
  },
});

const inJava = (method: string) =>
  `class A { String run(String q) { return chatClient.prompt().system("${system}").tools(new Doors()).user(q).call().content(); } }\nclass Doors { ${method} { return ""; } }\n`;
const inKotlin = (method: string) =>
  `class Doors {\n    ${method}: String = ""\n}\nfun run(q: String) = chatClient.prompt().system("${system}").tools(Doors()).user(q).call().content()\n`;

test.each([
  [
    "Java: LangChain4j",
    "A.java",
    inJava(
      '@Tool("Opens a door.") String open(@P("The door, by its number") int door, @P(value = "How far", required = false) double far)',
    ),
    "open",
  ],
  [
    "Java: Spring AI",
    "A.java",
    inJava(
      '@Tool(description = "Opens a door.") String open(@ToolParam(description = "The door, by its number") int door, @ToolParam(required = false, description = "How far") Double far)',
    ),
    "open",
  ],
  [
    "Kotlin: LangChain4j",
    "a.kt",
    inKotlin(
      '@Tool("Opens a door.")\n    fun open(@P("The door, by its number") door: Int, @P(value = "How far", required = false) far: Double?)',
    ),
    "open",
  ],
  [
    "Kotlin: Koog",
    "a.kt",
    inKotlin(
      '@Tool\n    @LLMDescription("Opens a door.")\n    fun open(@LLMDescription("The door, by its number") door: Int, @LLMDescription("How far") far: Double = 1.0)',
    ),
    "open",
  ],
  [
    "C#: Microsoft.Extensions.AI",
    "A.cs",
    `class A { [Description("Opens a door.")] static string OpenDoor([Description("The door, by its number")] int door, [Description("How far")] double far = 1.0, CancellationToken token = default) => "";\nasync Task Run(string q) { await client.GetResponseAsync([new ChatMessage(ChatRole.System, "${system}"), new ChatMessage(ChatRole.User, q)], new ChatOptions { Tools = [AIFunctionFactory.Create(OpenDoor)] }); } }`,
    "OpenDoor",
  ],
  [
    "Python: annotated types",
    "a.py",
    `def open_door(door: Annotated[int, "The door, by its number"], far: Annotated[float, Field(description="How far")] = 1.0) -> str:\n    """Opens a door."""\n\nagent = ChatAgent(instructions="${system}", tools=[open_door])\n`,
    "open_door",
  ],
])("%s", (_, path, text, name) => {
  const { value } = parseDocument({ path, text }, parseTools);
  const offered = value.flatMap(({ tools = [] }) => tools.map(({ json }) => JSON.parse(json)));
  expect(offered).toEqual([{ type: "function", function: schema(name) }]);
});

describe("options that stand in a variable", () => {
  const door = `[Description("Opens a door.")] static string OpenDoor(int door) => "";`;
  const asked = `[new ChatMessage(ChatRole.System, "${system}"), new ChatMessage(ChatRole.User, q)]`;
  const offeredTo = (text: string) =>
    parseDocument({ path: "A.cs", text }, parseTools).value.flatMap(({ tools = [] }) =>
      tools.map(({ name }) => name),
    );

  test.each([
    ["made", "var options = new ChatOptions { Tools = [AIFunctionFactory.Create(OpenDoor)] };", ""],
    ["made by its type", "ChatOptions options = new() { Tools = [AIFunctionFactory.Create(OpenDoor)] };", ""],
    [
      "a field",
      "",
      "private readonly ChatOptions options = new() { Tools = [AIFunctionFactory.Create(OpenDoor)] };",
    ],
    [
      "behind other settings",
      "var options = new ChatOptions { Temperature = 0, Tools = [AIFunctionFactory.Create(OpenDoor)] };",
      "",
    ],
  ])("%s", (_, before, field) => {
    const text = `class A { ${door}\n${field}\nasync Task Run(string q) { ${before} await client.GetResponseAsync(${asked}, options, token); } }`;
    expect(offeredTo(text)).toEqual(["OpenDoor"]);
  });

  test("the same of several requests", () => {
    const text = `class A { ${door}\nasync Task Run(string q) { var options = new ChatOptions { Tools = [AIFunctionFactory.Create(OpenDoor)] }; await client.GetResponseAsync(${asked}, options); await client.GetResponseAsync(${asked}); } }`;
    expect(offeredTo(text)).toEqual(["OpenDoor"]);
  });
});
