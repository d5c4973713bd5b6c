/** Objects that are told the messages of a request in statements of their own, and lists that grow on the way to it. */
import { expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { said } from "../../support/say-template.ts";

const a = "You are the porter of a museum.";
const b = "Answer in one friendly sentence.";
const whole = `request: <system>${a}<user>{q request}`;

const inJava = (body: string) =>
  `class A { String run(String q, boolean kind, List<String> files) { ${body} } }`;
const inCSharp = (body: string) =>
  `class A { async Task Run(string q, IEnumerable<ChatMessage> history) { ${body} } }`;
const inGo = (body: string) =>
  `package main\nfunc run(ctx context.Context, q string, kind bool) {\n${body}\n}\n`;
const goMessages = "[]openai.ChatCompletionMessageParamUnion";
const goParams = `params := openai.ChatCompletionNewParams{Model: "m", Messages: ${goMessages}{openai.SystemMessage("${a}")}}\n`;

const rows: readonly (readonly [what: string, path: string, code: string, sent: readonly string[]])[] = [
  [
    "Java: a builder in a variable",
    "A.java",
    inJava(
      `var b = ChatCompletionCreateParams.builder().model("m"); b.addSystemMessage("${a}"); b.addUserMessage(q); return client.chat().completions().create(b.build());`,
    ),
    [whole],
  ],
  [
    "Java: a builder that has begun, in conditions and loops",
    "A.java",
    inJava(
      `var b = ChatCompletionCreateParams.builder().addSystemMessage("${a}"); if (kind) { b.addSystemMessage("${b}"); } for (String file : files) { b.addUserMessage("Look at " + file); } b.addUserMessage(q).temperature(0.2); return client.chat().completions().create(b.build());`,
    ),
    [`request: <system>${a}(<system>${b}|)(<user>Look at {file request}|)<user>{q request}`],
  ],
  [
    "Java: a builder that is assigned again",
    "A.java",
    inJava(
      `MessageCreateParams.Builder b = MessageCreateParams.builder().system("${a}"); b = b.addUserMessage(q); return b.build();`,
    ),
    [whole],
  ],
  [
    "Java: a builder that nobody is seen to send",
    "A.java",
    inJava(
      `var b = ChatCompletionCreateParams.builder(); b.addSystemMessage("${a}"); b.addUserMessage(q); send(b);`,
    ),
    [whole],
  ],
  [
    "Java: a memory",
    "A.java",
    inJava(
      `ChatMemory memory = MessageWindowChatMemory.withMaxMessages(10); memory.add(SystemMessage.from("${a}")); memory.add(UserMessage.from(q)); return model.chat(memory.messages());`,
    ),
    [whole],
  ],
  [
    "Java: a memory of a store holds what only a run knows",
    "A.java",
    inJava(
      `ChatMemory memory = MemoryStore.find(q); memory.add(SystemMessage.from("${a}")); memory.add(UserMessage.from(q)); return model.chat(memory.messages());`,
    ),
    [`request: {MemoryStore.find session}<system>${a}<user>{q request}`],
  ],
  [
    "Java: a list in the request of Spring AI",
    "A.java",
    inJava(
      `List<Message> messages = new ArrayList<>(List.of(new SystemMessage("${a}"))); messages.addAll(history); messages.add(new UserMessage(q)); return chatModel.call(new Prompt(messages));`,
    ),
    [`request: <system>${a}{history session}<user>{q request}`],
  ],
  [
    "Java: a request of Spring AI in a variable",
    "A.java",
    inJava(
      `var spec = chatClient.prompt(); spec.system("${a}"); spec.user(q); return spec.call().content();`,
    ),
    [whole],
  ],
  [
    "Java: a builder of a field",
    "A.java",
    `class A { final ChatCompletionCreateParams.Builder b = ChatCompletionCreateParams.builder().addSystemMessage("${a}"); String run(String q) { b.addUserMessage(q); return client.chat().completions().create(b.build()); } }`,
    [`request: <system>${a}{b session}<user>{q request}`],
  ],
  [
    "Kotlin: a function with the builder as its receiver",
    "a.kt",
    `fun run(q: String): String {\n    val params = ChatCompletionCreateParams.builder().apply {\n        model("m")\n        addSystemMessage("${a}")\n        addUserMessage(q)\n    }.build()\n    return client.chat().completions().create(params)\n}\n`,
    [whole],
  ],
  [
    "Kotlin: conditions and loops in a prompt of Koog",
    "a.kt",
    `fun run(q: String, kind: Boolean, files: List<String>) = prompt("p") {\n    system("${a}")\n    if (kind) {\n        system("${b}")\n    }\n    for (file in files) {\n        user("Look at $file")\n    }\n    user(q)\n}\n`,
    [`request: <system>${a}(<system>${b}|)(<user>Look at {file request}|)<user>{q request}`],
  ],
  [
    "Kotlin: buildList",
    "a.kt",
    `fun run(q: String, kind: Boolean, history: List<ChatMessage>): String {\n    val messages = buildList {\n        add(SystemMessage.from("${a}"))\n        if (kind) add(SystemMessage.from("${b}"))\n        addAll(history)\n        add(UserMessage.from(q))\n    }\n    return model.chat(messages).text()\n}\n`,
    [`request: <system>${a}(<system>${b}|){history session}<user>{q request}`],
  ],
  [
    "Kotlin: a message behind a list",
    "a.kt",
    `fun run(q: String, history: List<ChatMessage>) = model.chat(listOf(SystemMessage.from("${a}")) + history + UserMessage.from(q))\n`,
    [`request: <system>${a}{history session}<user>{q request}`],
  ],
  [
    "C#: a history that is told",
    "A.cs",
    inCSharp(
      `var chatHistory = new ChatHistory(); chatHistory.AddSystemMessage("${a}"); chatHistory.AddUserMessage(q); var reply = await chat.GetChatMessageContentAsync(chatHistory); chatHistory.AddAssistantMessage(reply.Content);`,
    ),
    [whole],
  ],
  [
    "C#: a history that a constructor begins",
    "A.cs",
    `class A { private readonly ChatHistory _history = new(); public A() { _history.AddSystemMessage("${a}"); } async Task Run(string q) { _history.AddUserMessage(q); await chat.GetChatMessageContentAsync(_history); } }`,
    [`request: <system>${a}{_history session}<user>{q request}`],
  ],
  [
    "C#: a history that a constructor makes",
    "A.cs",
    `class A { private readonly ChatHistory _history; public A() { _history = new ChatHistory("${a}"); } async Task Run(string q) { _history.AddUserMessage(q); await chat.GetChatMessageContentAsync(_history); } }`,
    [`request: <system>${a}{_history session}<user>{q request}`],
  ],
  [
    "C#: a conversation in a loop",
    "A.cs",
    inCSharp(
      `List<ChatMessage> log = [new ChatMessage(ChatRole.System, "${a}")]; while (true) { log.Add(new ChatMessage(ChatRole.User, q)); var response = await client.GetResponseAsync(log); log.AddRange(response.Messages); }`,
    ),
    [`request: <system>${a}{log session}<user>{q request}`],
  ],
  [
    "C#: items before and behind a list",
    "A.cs",
    inCSharp(
      `client.CompleteChat(history.Prepend(new SystemChatMessage("${a}")).Append(new UserChatMessage(q)).ToList());`,
    ),
    [`request: <system>${a}{history session}<user>{q request}`],
  ],
  [
    "Go: messages of a request that are lengthened",
    "a.go",
    inGo(
      `${goParams}if kind {\nparams.Messages = append(params.Messages, openai.SystemMessage("${b}"))\n}\nparams.Messages = append(params.Messages, openai.UserMessage(q))\nclient.Chat.Completions.New(ctx, params)`,
    ),
    [`request: <system>${a}(<system>${b}|)<user>{q request}`],
  ],
  [
    "Go: a request that grows in a loop",
    "a.go",
    inGo(
      `${goParams}for {\nparams.Messages = append(params.Messages, openai.UserMessage(q))\nr, _ := client.Chat.Completions.New(ctx, params)\nparams.Messages = append(params.Messages, r.Choices[0].Message.ToParam())\n}`,
    ),
    [`request: <system>${a}{params session}<user>{q request}`],
  ],
  [
    "Go: a list that is lengthened where it is given",
    "a.go",
    inGo(
      `all := append(${goMessages}{openai.SystemMessage("${a}")}, history...)\nclient.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Messages: append(all, openai.UserMessage(q))})`,
    ),
    [`request: <system>${a}{history session}<user>{q request}`],
  ],
  [
    "Go: a field of a type",
    "a.go",
    `package main\nfunc (s *Chat) ask(ctx context.Context, q string) {\ns.log = append(s.log, openai.UserMessage(q))\nclient.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Messages: append(${goMessages}{openai.SystemMessage("${a}")}, s.log...)})\n}\n`,
    [`request: <system>${a}{s.log session}<user>{q request}`],
  ],
  [
    "Python: messages of a record",
    "a.py",
    `def run(q):\n    body = {"model": "m", "messages": [{"role": "system", "content": "${a}"}]}\n    body["messages"].append({"role": "user", "content": q})\n    return client.chat.completions.create(**body)\n`,
    [whole],
  ],
  [
    "Python: a conversation in a loop",
    "a.py",
    `def run():\n    log = [{"role": "system", "content": "${a}"}]\n    while True:\n        q = input()\n        log.append({"role": "user", "content": q})\n        answer = client.chat.completions.create(model="m", messages=log)\n        log.append({"role": "assistant", "content": answer.text})\n`,
    [`request: <system>${a}{log session}<user>{q request}`],
  ],
  [
    "Python: a history of Semantic Kernel",
    "a.py",
    `def run(q):\n    history = ChatHistory()\n    history.add_system_message("${a}")\n    history.add_user_message(q)\n    return chat.get_chat_message_contents(chat_history=history)\n`,
    [whole],
  ],
  [
    "TypeScript: messages of a record",
    "a.ts",
    `async function run(q: string) { const body = { model: "m", messages: [{ role: "system", content: "${a}" }] }; body.messages.push({ role: "user", content: q }); return client.chat.completions.create(body); }`,
    [whole],
  ],
  [
    "Ruby: a chat of RubyLLM",
    "a.rb",
    `def run(q)\n  chat = RubyLLM.chat(model: "m")\n  chat.with_instructions("${a}")\n  chat.ask(q)\nend\n`,
    [whole],
  ],
  [
    "PHP: a request of Prism",
    "a.php",
    `<?php function run($q) { $request = Prism::text(); $request->withSystemPrompt('${a}'); $request->withPrompt($q); return $request->asText(); }`,
    [whole],
  ],
  [
    "PHP: a bag of Symfony AI",
    "a.php",
    `<?php function run($q) { $messages = new MessageBag(); $messages->add(Message::forSystem('${a}')); $messages->add(Message::ofUser($q)); return $agent->call($messages); }`,
    [whole],
  ],
  [
    "Rust: a builder that is assigned again in a condition",
    "a.rs",
    `async fn run(q: &str) { let mut builder = client.agent("m").preamble("${a}"); if kind { builder = builder.append_preamble("${b}"); } let agent = builder.build(); agent.prompt(q).await }`,
    [`request: <system>${a}(<system>${b}|)<user>{q request}`],
  ],
  [
    "Rust: what an agent of Rig is given as context",
    "a.rs",
    `async fn run(q: &str) { client.agent("m").preamble("${a}").context(&format!("The house opens at {}.", hours)).context("${b}").build().prompt(q).await.context("No answer came back")? }`,
    [`request: <system>${a}<user>The house opens at {hours request}.<user>${b}<user>{q request}`],
  ],
  [
    "Rust: context that a loop gives",
    "a.rs",
    `async fn run(q: &str, docs: Vec<String>) { let mut builder = client.agent("m").preamble("${a}"); for doc in docs { builder = builder.context(&doc); } builder.build().prompt(q).await }`,
    [`request: <system>${a}(<user>{doc request}|)<user>{q request}`],
  ],
  [
    "Rust: a history behind the instructions",
    "a.rs",
    `async fn run(q: &str, history: Vec<Message>) { let agent = client.agent("m").preamble("${a}").build(); agent.chat(q, history).await }`,
    [`request: <system>${a}{history session}<user>{q request}`],
  ],
  [
    "Rust: a client in a variable is told nothing",
    "a.rs",
    `async fn run(q: &str) { let client = openai::Client::from_env(); let agent = client.agent("m").preamble("${a}").build(); agent.prompt(q).await }`,
    [whole],
  ],
  [
    "Rust: two agents of one client",
    "a.rs",
    `async fn run(q: &str) { let client = openai::Client::new("key"); let first = client.agent("m").preamble("${a}").build(); let second = client.agent("m").preamble("${b}").build(); first.prompt(q).await; second.chat(q, history).await }`,
    [whole, `request: <system>${b}{history session}<user>{q request}`],
  ],
];

test.each(rows)("%s", (_, path, code, sent) => {
  expect(said(path, code)).toEqual(sent);
});

test("tools are told as well", () => {
  const doors = '\nclass Doors { @Tool("Opens a door.") String open(String door) { return door; } }\n';
  const text = `${inJava(
    `var spec = chatClient.prompt(); spec.system("${a}"); spec.tools(new Doors()); spec.user(q); return spec.call().content();`,
  )}${doors}`;
  const { value } = parseDocument({ path: "A.java", text }, parseTools);
  expect(value.map(({ tools = [] }) => tools.map(({ name }) => name))).toEqual([["open"]]);
});

test("other objects are told nothing", () => {
  const code = inJava(
    'var repository = new UserRepository(); repository.addUser("Ada Lovelace of London"); repository.save(); screen.message("Welcome to the house");',
  );
  expect(said("A.java", code)).toEqual([]);
});
