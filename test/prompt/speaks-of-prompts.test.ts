import { describe, expect, test } from "vitest";
import { lookedAt, speaksOfPrompts } from "../../src/prompt/speaks-of-prompts.ts";
import { commonPumps, pumped } from "../support/hostile-text.ts";

describe("programs that speak to a model", () => {
  test.each([
    ["Java, a literal", 'String SYSTEM = "You are a helpful assistant.";'],
    ["Java, a text block", 'String SYSTEM = """\n    You are the planner of a team.\n    """;'],
    ["Java, Spring AI", "client.prompt().messages(new SystemMessage(text)).call();"],
    ["Java, LangChain4j", '@SystemMessage("{{text}}")\nString answer(String question);'],
    ["Kotlin", "val prompt = PromptTemplate.from(text)"],
    ["C#", "var all = new List<ChatMessage> { new SystemChatMessage(text) };"],
    ["C#, an object", 'new { role = "system", content = text }'],
    ["Go", "openai.ChatCompletionMessage{Role: openai.ChatMessageRoleSystem, Content: text}"],
    ["Go, a raw literal", "const prompt = `You are an expert on Go.`"],
    ["Rust", "ChatCompletionRequestSystemMessageArgs::default().content(text)"],
    ["Rust, rig", 'client.agent("gpt-4o").preamble("Be brief.").build()'],
    ["Ruby", 'client.chat(messages: [{ role: "system", content: text }])'],
    ["PHP", "[['role' => 'system', 'content' => $text]]"],
    ["PHP, OpenAI", "$client->chat()->create([]); // chat.completions"],
    ["an apostrophe", 'let prompt = "You\u2019re a careful reader."'],
    ["an instruction", 'val p = "Summarize the following text: " + text'],
  ])("%s", (_, text) => {
    expect(speaksOfPrompts(text)).toBe(true);
  });
});

describe("and programs that do not", () => {
  test.each([
    ["screens", 'label.setText("You are not signed in."); "You are about to delete it"; "You are here"'],
    ["roles of users", 'user.setRole("admin"); { role: "user", name: "Ann" }'],
    ["a role without content", '{ role: "system", access: 3 }'],
    ["contents and roles of pages", '<div role="dialog" class="content">'],
    ["prompts of a shell", 'prompt := "$ "; fmt.Print(prompt)'],
    ["words in the middle", 'log.info("Now you are a member")'],
    ["messages of a queue", "queue.messages().create(); new Message(text)"],
    ["nothing", ""],
  ])("%s", (_, text) => {
    expect(speaksOfPrompts(text)).toBe(false);
  });

  test("what lies behind the part that is looked at", () => {
    const prompt = '"You are a poet."';
    expect(speaksOfPrompts(" ".repeat(lookedAt - prompt.length) + prompt)).toBe(true);
    expect(speaksOfPrompts(" ".repeat(lookedAt) + prompt)).toBe(false);
  });
});

const pieces = [
  '"',
  '" ',
  '"\n',
  "You are ",
  '"You are',
  "role ",
  'role" ',
  'role = "',
  "role::",
  "SystemMessage",
  "SystemMessage ",
  "chat.",
  "ChatCompletionRequestSystemMessage",
  '"Given the following',
];

test("looks at every character a bounded number of times", () => {
  const pumps = [...commonPumps, ...pieces.map((piece) => ({ before: "", piece, after: "" }))];
  for (const pump of pumps) {
    const text = pumped(pump, 200_000);
    // Squares of this length take minutes.
    for (let round = 0; round < 2; round++) speaksOfPrompts(text);
  }
  expect(pumps.length).toBeGreaterThan(100);
}, 60_000);
