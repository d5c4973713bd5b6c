import { describe, expect, test } from "vitest";
import { cSharp } from "../../../src/prompt/code/languages/c-sharp.ts";
import { rust } from "../../../src/prompt/code/languages/rust.ts";
import { withoutMacros } from "../../../src/prompt/code/languages/rust-macros.ts";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { Segment, Template } from "../../../src/prompt/template.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { printSegments } from "../../support/print-segments.ts";

const templates = (path: string, text: string): readonly Template[] =>
  parseDocument({ path, text }, parseTools).value;

function textOf(segments: readonly Segment[]): string {
  return segments
    .map((segment) => {
      if (segment.kind === "text") return segment.text;
      if (segment.kind === "hole") return `‹${segment.name}›`;
      if (segment.kind === "marker") return `<${segment.role}>`;
      if (segment.kind === "block") return `(${textOf(segment.body)}|${textOf(segment.otherwise)})`;
      return segment.resolved === null ? `[${segment.target}]` : textOf(segment.resolved.segments);
    })
    .join("");
}

/** Each prompt as its name and what it says. */
function said(path: string, text: string): readonly string[] {
  return templates(path, text).map(({ name, segments }) => `${name}: ${textOf(segments)}`);
}

const inClass = (code: string) => `class A {\n${code}\n}\n`;
const inMethod = (code: string) => inClass(`async Task Run(string q, bool strict) {\n${code}\n}`);
const inFunction = (code: string) =>
  `async fn run(q: String, strict: bool) -> Result<()> {\n${code}\nOk(())\n}\n`;

describe("texts of C#", () => {
  test.each([
    ["plain", '"Answer in words."', "Answer in words."],
    [
      "escapes",
      String.raw`"A line\nand \"\x41\u00e9\U0001F600\t\\ \e end."`,
      'A line\nand "Aé😀\t\\ \x1b end.',
    ],
    ["UTF-8", '"Answer in words."u8', "Answer in words."],
    ["verbatim", '@"He said ""hi"" to \\n us."', 'He said "hi" to \\n us.'],
    [
      "interpolated",
      '$"Answer {q} of {user.Name,10} in {{x}} now."',
      "Answer ‹q› of ‹user.Name› in {x} now.",
    ],
    ["interpolated verbatim", '$@"Answer ""{q}"" in \\n words."', 'Answer "‹q›" in \\n words.'],
    ["raw in one line", '"""Answer in "plain" words."""', 'Answer in "plain" words.'],
    ["raw", '"""\n    Answer:\n      in words\n\n    now\n    """', "Answer:\n  in words\n\nnow"],
    ["raw with carriage returns", '"""\r\n    Answer:\r\n      in words\r\n    """', "Answer:\r\n  in words"],
    ["raw with places", '$"""\n  Answer {q}\n    in words\n  """', "Answer ‹q›\n  in words"],
    ["raw with doubled places", '$$"""Answer {{q}} as {json} now"""', "Answer ‹q› as {json} now"],
    ["sums", '"Answer " + q + " in words"', "Answer ‹q› in words"],
    ["string.Format", 'string.Format("Answer {0} of {1} as {{x}}", q, "two")', "Answer ‹q› of two as {x}"],
    ["string.Join", 'string.Join(", ", new[] { "Answer", "in", "words" })', "Answer, in, words"],
    ["string.Join of arguments", 'string.Join(" ", "Answer", "in", "words")', "Answer in words"],
    ["trimmed", '"  Answer in words.  ".Trim()', "Answer in words."],
    ["replaced", '"Answer {q} in words.".Replace("{q}", q)', "Answer ‹q› in words."],
    [
      "a condition",
      'strict ? "Answer in few words" : "Answer in many words"',
      "(Answer in few words|Answer in many words)",
    ],
    ["a default", 'given ?? "Answer in few words"', "(‹given›|Answer in few words)"],
    [
      "switch",
      'mode switch { 1 => "Answer in one word", 2 => "Answer in two words", _ => throw new E() }',
      "(Answer in one word|Answer in two words)",
    ],
    ["a line end", '"Answer in words" + Environment.NewLine', "Answer in words\n"],
  ])("%s", (_, expression, text) => {
    const code = inClass(`static readonly string Prompt = ${expression};`);
    expect(said("app/a.cs", code)).toEqual([`A.Prompt: ${text}`]);
  });

  test("dates in places change once a day", () => {
    const [template] = templates(
      "a.cs",
      inClass('string Prompt => $"Today is the day {DateTime.Now:yyyy-MM-dd} now";'),
    );
    const scopes = [...walkSegments(template!.segments)].flatMap((one) =>
      one.kind === "hole" ? [one.scope.scope] : [],
    );
    expect(scopes).toEqual(["day"]);
  });

  test("builders, with what if and foreach add", () => {
    const code = inClass(`string BuildPrompt(string q, bool strict) {
      var text = new StringBuilder("You help people.");
      text.AppendLine(" Be brief.").Append("Answer ").AppendLine(q);
      if (strict) text.AppendLine("Be strict.");
      foreach (var d in docs) { text.AppendFormat("- {0}\\n", d); }
      return text.ToString();
    }`);
    expect(said("a.cs", code)).toEqual([
      "A.BuildPrompt: You help people. Be brief.\nAnswer ‹q›\n(Be strict.\n|)(- ‹d›\n|)",
    ]);
  });

  test("what a method gives back in each case", () => {
    const code = inClass(`static string ModePrompt(int mode) {
      if (mode < 0) throw new ArgumentException("mode");
      switch (mode) { case 1: return "Answer in one word."; default: return "Answer in many words."; }
    }`);
    expect(said("a.cs", code)).toEqual(["A.ModePrompt: (Answer in one word.|Answer in many words.)"]);
  });

  test("getters, properties and fields of the class", () => {
    const code = inClass(`
      const string Tone = "Be kind to people.";
      public string SystemPrompt { get { return $"You help people. {Tone}"; } }
      public string UserPrompt { get; set; } = "Summarise this text.";`);
    expect(said("a.cs", code)).toEqual([
      "A.SystemPrompt: You help people. Be kind to people.",
      "A.UserPrompt: Summarise this text.",
    ]);
  });

  test("a constant of another file", () => {
    const documents = [
      {
        path: "a/Prompts.cs",
        text: 'static class Prompts { public const string Helper = "You help people."; }',
      },
      {
        path: "a/Run.cs",
        text: inMethod(
          'var m = new List<ChatMessage> { new SystemChatMessage(Prompts.Helper), new UserChatMessage("Say something nice.") };',
        ),
      },
    ];
    const all = documents.flatMap((document) => parseDocument(document, parseTools).value);
    const byPath = new Map(documents.map((document) => [document.path, document]));
    const { templates: resolved } = resolveIncludes(all, (path) => byPath.get(path) ?? null, {
      tools: parseTools,
    });
    expect(resolved.map(({ name, usage, segments }) => `${name} (${usage}): ${textOf(segments)}`)).toEqual([
      "Prompts.Helper (partial): You help people.",
      "m (request): <system>You help people.<user>Say something nice.",
    ]);
  });
});

describe("requests of C#", () => {
  test.each<readonly [string, string, readonly string[]]>([
    [
      "OpenAI",
      'List<ChatMessage> messages = [new SystemChatMessage("You help people."), new UserChatMessage(q)];\nmessages.Add(new UserChatMessage("And be kind."));\nvar c = await client.CompleteChatAsync(messages);',
      ["client.CompleteChatAsync: <system>You help people.<user>‹q›<user>And be kind."],
    ],
    [
      "OpenAI's factories",
      'client.CompleteChat([ChatMessage.CreateSystemMessage("You help people."), ChatMessage.CreateUserMessage(q)]);',
      ["client.CompleteChat: <system>You help people.<user>‹q›"],
    ],
    [
      "Assistants",
      'var options = new AssistantCreationOptions { Name = "x", Instructions = "You help people." };',
      ["AssistantCreationOptions: <system>You help people."],
    ],
    [
      "Microsoft.Extensions.AI",
      'await chat.GetResponseAsync([new(ChatRole.System, "You help people."), new ChatMessage(ChatRole.User, q)]);',
      ["chat.GetResponseAsync: <system>You help people.<user>‹q›"],
    ],
    [
      "options behind the messages",
      'await chat.GetResponseAsync("Answer this question.", new ChatOptions { Instructions = "You help people." });',
      ["chat.GetResponseAsync: <system>You help people.<user>Answer this question."],
    ],
    [
      "Semantic Kernel's history",
      'var history = new ChatHistory("You help people.");\nhistory.AddUserMessage(q);\nvar r = await chat.GetChatMessageContentAsync(history);',
      ["chat.GetChatMessageContentAsync: <system>You help people.<user>‹q›"],
    ],
    [
      "a history of another place",
      '_history.AddSystemMessage("You help people.");',
      ["_history.AddSystemMessage: <system>You help people."],
    ],
    [
      "Semantic Kernel's templates",
      'await kernel.InvokePromptAsync("Summarise this text: {{$input}}", arguments);',
      ["kernel.InvokePromptAsync: Summarise this text: ‹input›"],
    ],
    [
      "Semantic Kernel's agents",
      'ChatCompletionAgent agent = new() { Name = "x", Instructions = "You help people." };',
      ["ChatCompletionAgent: <system>You help people."],
    ],
    [
      "Agent Framework",
      'var agent = client.CreateAIAgent(instructions: "You help people.", name: "x");\nawait agent.RunAsync("Tell me a story.");',
      ["client.CreateAIAgent: <system>You help people.", "agent.RunAsync: Tell me a story."],
    ],
    [
      "Anthropic.SDK",
      'var p = new MessageParameters { Messages = new List<Message> { new Message(RoleType.User, "Tell me a story.") }, Model = m };',
      ["MessageParameters: <user>Tell me a story."],
    ],
    [
      "a body by hand",
      'var body = new { model = m, messages = new[] { new { role = "system", content = "You help people." }, new { role = "user", content = q } } };',
      ["messages: <system>You help people.<user>‹q›"],
    ],
  ])("%s", (_, code, expected) => {
    expect(said("app/a.cs", inMethod(code))).toEqual(expected);
  });

  test("logs, queries and exceptions are none", () => {
    const code = inMethod(
      'logger.LogInformation("The prompt was sent to the model");\nthrow new ArgumentException("The system prompt must not be empty");',
    );
    expect(said("app/a.cs", code)).toEqual([]);
  });
});

describe("texts of Rust", () => {
  test.each([
    ["plain", '"Answer in words."', "Answer in words."],
    ["escapes", String.raw`"A line\nand \"\x41\u{e9}\u{1F600}\t\\ end."`, 'A line\nand "Aé😀\t\\ end.'],
    ["continued lines", '"Answer \\\n      in \\\r\n   words."', "Answer in words."],
    ["line ends", '"Answer\r\nin words."', "Answer\nin words."],
    ["raw", 'r"Answer \\n in words."', "Answer \\n in words."],
    ["raw with signs", 'r##"Answer "#plain"# words."##', 'Answer "#plain"# words.'],
    ["concat!", 'concat!("Answer ", "in\\n", "words.")', "Answer in\nwords."],
    ["lazy", 'LazyLock::new(|| "Answer in words.".to_string())', "Answer in words."],
    ["format!", 'format!("Answer {} as {{x}} {0} {last:?}", "this", last = 1)', "Answer this as {x} this 1"],
    [
      "a condition",
      'if A { "Answer in few words" } else { "Answer in many words" }',
      "(Answer in few words|Answer in many words)",
    ],
    [
      "match",
      'match A { 1 => "Answer in one word", 2 | 3 => { "Answer in two words" } _ => panic!("no") }',
      "(Answer in one word|Answer in two words)",
    ],
    ["joined", '["Answer", "in", "words"].join(" ")', "Answer in words"],
    ["trimmed", '"  Answer in words. ".trim().to_owned()', "Answer in words."],
    ["replaced", '"Answer {q} in words.".replace("{q}", &question)', "Answer ‹q› in words."],
    ["sums", 'String::from("Answer ") + &question + " in words"', "Answer ‹question› in words"],
  ])("%s", (_, expression, text) => {
    expect(said("src/a.rs", `static PROMPT: T = ${expression};\n`)).toEqual([`PROMPT: ${text}`]);
  });

  test("texts that grow, and names that hide others", () => {
    const code = `fn build_prompt(question: &str, docs: &[String]) -> String {
      let mut text = String::from("You help people.\\n");
      text.push_str(&format!("Answer {question}\\n"));
      for d in docs { text += &format!("- {}\\n", d); }
      if docs.is_empty() { writeln!(text, "No {}.", "documents").unwrap(); }
      let text = text.trim();
      text.to_string()
    }`;
    expect(said("src/a.rs", code)).toEqual([
      "build_prompt: You help people.\nAnswer ‹question›\n(- ‹d›\n|)(No documents.\n|)",
    ]);
  });

  test("a file that code takes in", () => {
    const documents = [
      { path: "src/prompts/system.md", text: "You help people.\n" },
      {
        path: "src/a.rs",
        text: inFunction('let a = client.agent(m).preamble(include_str!("prompts/system.md")).build();'),
      },
    ];
    const all = documents.flatMap((document) => parseDocument(document, parseTools).value);
    const byPath = new Map(documents.map((document) => [document.path, document]));
    const { templates: resolved } = resolveIncludes(all, (path) => byPath.get(path) ?? null, {
      tools: parseTools,
    });
    const [, call] = resolved;
    expect(textOf(call!.segments)).toBe("<system>You help people.\n");
  });

  test("macros are written as code of the same length", () => {
    const code =
      'let a = vec![json!({ "role": "user", "of": A::B, "in": [{}, f(x)] }), format!["a: {}", b]]; // vec![\nlazy_static! { static ref A: u8 = 1; }\nlet s = "json!({ a: 1 })";\n';
    expect(withoutMacros(code)).toBe(
      'let a =     [     ([ "role"= "user", "of"= A::B, "in"= [[], f(x)] ]), format ("a: {}", b)]; // vec![\n               static     A: u8 = 1;  \nlet s = "json!({ a: 1 })";\n',
    );
  });

  test("what only tests compile is left out", () => {
    const code =
      'const PROMPT: &str = "Answer in words.";\n#[cfg(test)]\nmod tests { const OTHER_PROMPT: &str = "Answer in words."; }\n';
    expect(said("src/a.rs", code)).toEqual(["PROMPT: Answer in words."]);
  });
});

describe("requests of Rust", () => {
  test.each<readonly [string, string, readonly string[]]>([
    [
      "async-openai",
      'let r = CreateChatCompletionRequestArgs::default().model("m").messages([ChatCompletionRequestSystemMessageArgs::default().content("You help people.").build()?.into(), ChatCompletionRequestUserMessageArgs::default().content(q).build()?.into()]).build()?;',
      ["CreateChatCompletionRequestArgs.default.model.messages.build: <system>You help people.<user>‹q›"],
    ],
    [
      "rig",
      'let agent = client.agent("m").preamble("You help people.").build();\nlet a = agent.prompt("Tell me a story.").await?;',
      ["agent.prompt: <system>You help people.<user>Tell me a story."],
    ],
    [
      "ollama-rs",
      'let messages = vec![ChatMessage::system("You help people.".to_string()), ChatMessage::user(q)];',
      ["messages: <system>You help people.<user>‹q›"],
    ],
    [
      "genai",
      'let r = ChatRequest::new(vec![ChatMessage::system("You help people."), ChatMessage::user(q)]);',
      ["messages: <system>You help people.<user>‹q›"],
    ],
    [
      "genai's builder",
      'let r = ChatRequest::default().with_system("You help people.").append_message(ChatMessage::user("Tell me a story."));',
      ["ChatRequest.default.with_system.append_message: <system>You help people.<user>Tell me a story."],
    ],
    [
      "llm",
      'let messages = vec![ChatMessage::user().content("Tell me a story.").build()];',
      ["messages: <user>Tell me a story."],
    ],
    [
      "langchain-rust",
      'let p = message_formatter![fmt_message!(Message::new_system_message("You help people.")), fmt_placeholder!("history")];',
      ["p: <system>You help people.‹history›"],
    ],
    [
      "structs",
      'let r = Request { system: Some("You help people.".into()), messages: vec![Message { role: Role::User, content: q.clone() }], ..Default::default() };',
      ["Request: <system>You help people.<user>‹q›"],
    ],
    [
      "JSON",
      'let body = json!({ "model": "m", "system": "You help people.", "messages": [{ "role": "user", "content": format!("Answer this in words: {q}") }] });',
      ["system: You help people.", "messages: <user>Answer this in words: ‹q›"],
    ],
  ])("%s", (_, code, expected) => {
    expect(said("src/a.rs", inFunction(code))).toEqual(expected);
  });

  test("logs and errors are none", () => {
    const code = inFunction(
      'info!("The prompt was sent to the model");\nlet e = anyhow!("The system prompt must not be empty");',
    );
    expect(said("src/a.rs", code)).toEqual([]);
  });
});

test("clocks, chance and the environment", () => {
  const scopesOf = (path: string, code: string) =>
    templates(path, code).flatMap(({ segments }) =>
      [...walkSegments(segments)].flatMap((one) => (one.kind === "hole" ? [one.scope.scope] : [])),
    );
  expect(
    scopesOf(
      "a.cs",
      inClass(
        'string Prompt() => $"Answer in words {Guid.NewGuid()} {DateTime.UtcNow} {Environment.GetEnvironmentVariable("X")}";',
      ),
    ),
  ).toEqual(["volatile", "volatile", "constant"]);
  expect(
    scopesOf(
      "a.rs",
      'fn prompt() -> String { let now = Utc::now(); format!("Answer in words {now} {} {}", Uuid::new_v4(), std::env::var("X").unwrap()) }',
    ),
  ).toEqual(["volatile", "volatile", "constant"]);
});

test.each([
  ["a.cs", true],
  ["src/obj/a.cs", false],
  ["a.Designer.cs", false],
  ["a.g.cs", false],
])("%s may hold prompts of C#: %s", (path, expected) => {
  expect(cSharp.matches(path)).toBe(expected);
});

test.each([
  ["src/a.rs", true],
  ["target/debug/a.rs", false],
  ["src/a.pb.rs", false],
])("%s may hold prompts of Rust: %s", (path, expected) => {
  expect(rust.matches(path)).toBe(expected);
});

const half = {
  "a.cs": inClass(`const string Prompt = @"Answer ""this"" in words";
    string Raw = $$"""
      Answer {{q}} in {x:yyyy} words
      """;
    string BuildPrompt(bool x) { var sb = new StringBuilder(); if (x) sb.AppendLine($"Answer {q:N2} now"); return sb.ToString(); }
    void Run() { client.CompleteChat([new SystemChatMessage(x switch { 1 => "Answer in words", _ => "Or not at all" }), ..rest]); }`),
  "a.rs": `lazy_static! { static ref PROMPT: String = format!("Answer {} words", 3); }
    fn prompt(x: &str) -> String { let p = r#"Answer in words"#; let p = format!("{p} {x}"); match x { "a" => p, _ => "Or not at all".into() } }
    fn run() { let b = json!({ "messages": [{ "role": "user", "content": "Answer in words" }] }); client.agent("m").preamble("Answer in words").build(); }
    #[cfg(test)]
    mod tests { fn a() { let messages = vec![ChatMessage::user("Answer in words")]; } }\n`,
};

test.each(Object.entries(half))("%s cut anywhere keeps its promises", (path, code) => {
  for (let end = 0; end <= code.length; end++) {
    const cut = { path, text: code.slice(0, end) };
    const broken = brokenPromises(cut, parseDocument(cut, parseTools));
    if (broken.length > 0) expect(broken, `cut at ${end}`).toEqual([]);
  }
});

test("each character of a literal is where it is written", () => {
  const files = [
    ["a.cs", inClass('const string Prompt = "Answer \\u00e9 in \\"x\\" words";'), ["\\u00e9", '\\"', '\\"']],
    ["a.rs", 'const PROMPT: &str = "Answer \\u{e9} in \\"x\\" words";\n', ["\\u{e9}", '\\"', '\\"']],
  ] as const;
  for (const [path, code, escapes] of files) {
    const [template] = templates(path, code);
    const [segment] = template!.segments;
    if (segment?.kind !== "text" || segment.sourceOffsets === undefined) throw new Error("it has escapes");
    const { text, sourceOffsets } = segment;
    const units = [...text].map((_, at) => code.slice(sourceOffsets[at], sourceOffsets[at + 1]));
    expect(units.filter((unit) => unit.length > 1)).toEqual(escapes);
    expect(units.join("")).toBe(code.slice(code.indexOf("Answer"), code.indexOf(" words") + 6));
  }
});

test("conditions and loops stand in the order in which they are written", () => {
  const [template] = templates(
    "a.cs",
    inClass(
      'string Prompt(int mode) => mode switch { 1 => "Answer in one word", 2 => "Answer in two words", _ => "Answer at once" };',
    ),
  );
  expect(printSegments(template!.segments)).toMatchInlineSnapshot(`
    "if mode is 1 [constant]
      "Answer in one word"
    else
      if mode is 2 [constant]
        "Answer in two words"
      else
        "Answer at once""
  `);
});
