// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code stands in strings here.
import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { Segment, Template } from "../../../src/prompt/template.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { cutsOf, parseFault } from "../../support/cut-corpora.ts";
import { parseTools } from "../../support/parse-tools.ts";

const javaPath = "src/main/java/com/acme/Answer.java";
const kotlinPath = "src/main/kotlin/com/acme/Answer.kt";

function templates(path: string, text: string): readonly Template[] {
  const document = { path, text };
  const parsed = parseDocument(document, parseTools);
  expect(brokenPromises(document, parsed)).toEqual([]);
  return parsed.value;
}

/** Text as it is sent, with `{name}` for what only a run knows, `<role>` for messages, `[a?x|y]` for what is decided. */
function flat(segments: readonly Segment[]): string {
  return segments
    .map((segment) => {
      switch (segment.kind) {
        case "text":
          return segment.text;
        case "hole":
          return `{${segment.name}}`;
        case "marker":
          return `<${segment.role}>`;
        case "block": {
          const { form, name, body, otherwise } = segment;
          if (form === "loop") return `[${name}*${flat(body)}]`;
          return `[${name}?${flat(body)}|${flat(otherwise)}]`;
        }
        case "include":
          return segment.resolved === null ? `(${segment.target})` : flat(segment.resolved.segments);
        default:
          return "";
      }
    })
    .join("");
}

const sent = (path: string, text: string) => templates(path, text).map(({ segments }) => flat(segments));
const inClass = (code: string) => `class Answer {\n${code}\n}\n`;
const inMethod = (code: string) => inClass(`void run(String q, List<String> items, int n) {\n${code}\n}`);

/** What the text says, and what is written at each of its units. */
function unitsOf(path: string, text: string): readonly (readonly [string, string])[] {
  const [template] = templates(path, text);
  return [...walkSegments(template?.segments ?? [])].flatMap((segment) => {
    if (segment.kind !== "text") return [];
    const { sourceOffsets, range } = segment;
    return [...Array(segment.text.length).keys()].map((at): readonly [string, string] => {
      const from = sourceOffsets === undefined ? range.start + at : sourceOffsets[at]!;
      return [segment.text[at]!, text[from]!];
    });
  });
}

describe("Java: texts", () => {
  test.each([
    ["plain", '"Answer in one sentence."', "Answer in one sentence."],
    [
      "escapes",
      '"A line\\nand \\u0041\\101\\0 \\"words\\" \\\\ end.\\s"',
      'A line\nand AA\0 "words" \\ end. ',
    ],
    ["several u", '"Answer \\uuu0041 with these words."', "Answer A with these words."],
    ["a block", '"""\n    Answer these:\n      - in words\n    """', "Answer these:\n  - in words\n"],
    ["a block without an end of line", '"""\n    Answer in\n    words now."""', "Answer in\nwords now."],
    ["quotes further left", '"""\n    Answer in\n    words now.\n  """', "  Answer in\n  words now.\n"],
    [
      "blanks at the ends of lines",
      '"""\n    Answer in  \n    words now.\\s\n    """',
      "Answer in\nwords now. \n",
    ],
    ["continued lines", '"""\n    Answer in \\\n    words now.\n    """', "Answer in words now.\n"],
    ["blank lines", '"""\n    Answer in\n\n    words now.\n    """', "Answer in\n\nwords now.\n"],
    ["carriage returns", '"""\r\n    Answer in\r\n    words now.\r\n    """', "Answer in\nwords now.\n"],
    [
      "quotes in a block",
      '"""\n    Answer "in" \\"""words\\""" now.\n    """',
      'Answer "in" """words""" now.\n',
    ],
    ["sums", '"Answer in " + "some " + \'a\' + " words."', "Answer in some a words."],
    ["String.format", 'String.format("Use %s in %d%% of%n words.", tone, 5)', "Use {tone} in 5% of\n words."],
    [
      "a locale",
      'String.format(Locale.ROOT, "Use %2$s and %1$s in words.", a, b)',
      "Use {b} and {a} in words.",
    ],
    ["formatted", '"Use the %s in words.".formatted(tone)', "Use the {tone} in words."],
    [
      "MessageFormat",
      "MessageFormat.format(\"It''s {0} of '{1}' words.\", tone)",
      "It's {tone} of {1} words.",
    ],
    ["join", 'String.join(", ", "Answer in", "some words", "of yours")', "Answer in, some words, of yours"],
    ["join of a list", 'String.join("; ", List.of("Answer in", "some words"))', "Answer in; some words"],
    [
      "collected",
      'Stream.of("Answer in", "words").collect(Collectors.joining(" some "))',
      "Answer in some words",
    ],
    ["replace", '"Answer {x} in some words.".replace("{x}", tone)', "Answer {x} in some words."],
    ["replaceAll", '"Answer @x in some words.".replaceAll("@x", "now")', "Answer now in some words."],
    ["repeat", '"Answer in words. ".repeat(3)', "Answer in words. Answer in words. Answer in words. "],
    ["strip", '"  Answer in some words. ".strip()', "Answer in some words."],
    ["stripIndent", '"    Answer in\\n    some words.".stripIndent()', "Answer in\nsome words."],
    [
      "a choice",
      '"Answer in " + (n > 1 ? "many words" : "few") + " now."',
      "Answer in [n?many words|few] now.",
    ],
    [
      "a builder",
      'new StringBuilder("Answer in ").append("words of ").append(n).toString()',
      "Answer in words of {n}",
    ],
  ])("%s", (_, expression, text) => {
    const code = inClass(`static final String SYSTEM_PROMPT = ${expression};`);
    expect(sent(javaPath, code)).toEqual([text]);
  });

  test("every unit of a literal is where it is written", () => {
    const code = inClass('String PROMPT = """\n      Answer in words,\n        and "so" on.\n      """;');
    const units = unitsOf(javaPath, code);
    expect(units.length).toBe('Answer in words,\n  and "so" on.\n'.length);
    for (const [unit, written] of units) expect(written).toBe(unit);
  });
});

describe("Java: names and functions", () => {
  test.each([
    [
      "constants of the class",
      'static final String TONE = "kind words";\nstatic final String PROMPT = "Answer in " + TONE;',
      ["Answer in kind words"],
    ],
    [
      "a switch is a choice, and what throws is left out",
      'String tonePrompt(int n) { return switch (n) { case 1, 2 -> "Use kind words."; case 3 -> { yield "Use harsh words."; } default -> throw new X(); }; }',
      ["[n?Use kind words.|Use harsh words.]"],
    ],
    [
      "guards, and what is returned behind them",
      'String tonePrompt(int n) { if (n < 0) { throw new X(); } if (n > 1) return "Use many kind words."; return "Use few kind words."; }',
      ["[n?Use many kind words.|Use few kind words.]"],
    ],
    [
      "a builder under if and for",
      'String tonePrompt(int n, List<String> items) { StringBuilder sb = new StringBuilder(); sb.append("Use these words:\\n"); if (n > 1) { sb.append("all of them\\n"); } for (String i : items) { sb.append("- ").append(i).append("\\n"); } return sb.toString(); }',
      ["Use these words:\n[n?all of them\n|][items*- {i}\n]"],
    ],
    [
      "a variable that branches give a value",
      'String tonePrompt(int n) { String tone; if (n > 1) { tone = "kind"; } else { tone = "harsh"; } return "Use only words that are " + tone; }',
      ["Use only words that are [n?kind|harsh]"],
    ],
    [
      "constants of an enum",
      'enum Prompts { SYSTEM("You are a kind helper."), OTHER(1); private final String text; }',
      ["You are a kind helper."],
    ],
  ])("%s", (_, code, texts) => {
    expect(sent(javaPath, inClass(code))).toEqual(texts);
  });

  test("a class of the package is looked up by its name", () => {
    const [template] = templates(
      javaPath,
      `import com.acme.prompts.Prompts;\n${inClass('String PROMPT = "Answer in words. " + Prompts.SYSTEM + OtherPrompts.TONE;')}`,
    );
    const members = [...walkSegments(template!.segments)].flatMap((each) =>
      each.kind === "include" ? [each.member] : [],
    );
    expect(members).toMatchObject([
      { module: null, name: "Prompts.SYSTEM", folder: "prompts" },
      { module: null, name: "OtherPrompts.TONE" },
    ]);
  });
});

describe("Java: SDKs", () => {
  test.each([
    [
      "Spring AI: a chain, and a function that is given its message",
      'client.prompt().system(s -> s.text("You speak like {voice} all day.").param("voice", n)).user("Tell me: " + q).call().content();',
      ["<system>You speak like {voice} all day.<user>Tell me: {q}"],
    ],
    [
      "Spring AI: a builder",
      'builder.defaultSystem("You are a kind helper.").build();',
      ["<system>You are a kind helper."],
    ],
    [
      "Spring AI: a prompt of messages",
      'new Prompt(List.of(new SystemMessage("You are a kind helper."), new UserMessage(q)));',
      ["<system>You are a kind helper.<user>{q}"],
    ],
    [
      "Spring AI: a template",
      'new PromptTemplate("Tell me a {tone} joke.").create(Map.of("tone", q));',
      ["Tell me a {tone} joke."],
    ],
    ["Spring AI: a text for a model", 'chatModel.call("Tell me all of it.");', ["Tell me all of it."]],
    [
      "LangChain4j: messages one by one",
      'model.chat(SystemMessage.from("You are a kind helper."), UserMessage.from(q));',
      ["<system>You are a kind helper.<user>{q}"],
    ],
    [
      "LangChain4j: a list that grows",
      'List<ChatMessage> all = new ArrayList<>(); all.add(SystemMessage.from("You are a kind helper.")); all.add(UserMessage.from(q)); model.chat(all);',
      ["<system>You are a kind helper.<user>{q}"],
    ],
    [
      "LangChain4j: a template",
      'PromptTemplate.from("Tell me a {{tone}} joke.").apply(Map.of("tone", q));',
      ["Tell me a {tone} joke."],
    ],
    [
      "LangChain4j: a service",
      'AiServices.builder(A.class).systemMessageProvider(id -> "You are a kind helper.").build();',
      ["<system>You are a kind helper."],
    ],
    [
      "OpenAI: completions",
      'ChatCompletionCreateParams.builder().model("m").addSystemMessage("You are a kind helper.").addUserMessage(q).build();',
      ["<system>You are a kind helper.<user>{q}"],
    ],
    [
      "OpenAI: responses",
      'ResponseCreateParams.builder().instructions("You are a kind helper.").input(q).build();',
      ["<system>You are a kind helper.<user>{q}"],
    ],
    [
      "a client before that",
      'send(List.of(new ChatMessage(ChatMessageRole.SYSTEM.value(), "You are a kind helper."), new ChatMessage(ChatMessageRole.USER.value(), q)));',
      ["<system>You are a kind helper.<user>{q}"],
    ],
    [
      "Anthropic",
      'MessageCreateParams.builder().system("You are a kind helper.").addUserMessage(q).build();',
      ["<system>You are a kind helper.<user>{q}"],
    ],
    [
      "Google: a configuration",
      'GenerateContentConfig.builder().systemInstruction(Content.fromParts(Part.fromText("You are a kind helper."))).build();',
      ["<system>You are a kind helper."],
    ],
    [
      "Google: parts of contents",
      'client.models.generateContent("gemini", Content.fromParts(Part.fromText("Tell me all of it: "), Part.fromText(q)), config);',
      ["Tell me all of it: {q}"],
    ],
    [
      "LangChain4j: a message that the model has answered",
      'AiMessage answer = model.chat(UserMessage.from(q)).aiMessage(); model.chat(SystemMessage.from("You are a kind helper."), answer);',
      ["<system>You are a kind helper.<assistant>{model.chat.aiMessage}"],
    ],
    [
      "Google: contents",
      'client.models.generateContent("gemini", "Tell me all of it.", null);',
      ["Tell me all of it."],
    ],
    [
      "ADK",
      'LlmAgent.builder().name("a").instruction("You are a kind helper.").build();',
      ["<system>You are a kind helper."],
    ],
  ])("%s", (_, code, texts) => {
    expect(sent(javaPath, inMethod(code))).toEqual(texts);
  });

  test("annotations of LangChain4j are what a call of the method sends", () => {
    const code =
      'interface Helper {\n@SystemMessage({"You are a kind", "helper of {{who}}."})\n@UserMessage("Tell me of {{it}} now.")\nString tell(String it);\n' +
      '@SystemMessage("You are a helper.")\nString chat(@MemoryId int id, @UserMessage String text);\n}';
    const found = templates(javaPath, code);
    expect(found.map(({ name, segments }) => [name, flat(segments)])).toEqual([
      ["Helper.tell", "<system>You are a kind\nhelper of {who}.<user>Tell me of {it} now."],
      ["Helper.chat", "<system>You are a helper.<user>{text}"],
    ]);
  });

  test("nothing else is one", () => {
    const code =
      'log.info("You are a kind helper.");\nthrow new IllegalStateException("The prompt was not found here.");\nString sql = "SELECT a FROM prompts";\nMap<String, String> m = Map.of("prompt", "x");';
    expect(sent(javaPath, inMethod(code))).toEqual([]);
    expect(
      templates("target/generated/A.java", inClass('String PROMPT = "You are a kind helper.";')),
    ).toEqual([]);
  });
});

test("Java: contents that only a run knows are said, and not the model", () => {
  const code = inMethod("client.models.generateContent(MODEL, questionOf(q), null);");
  const { value, problems } = parseDocument({ path: javaPath, text: code }, parseTools);
  expect(value).toEqual([]);
  expect(problems.map(({ message }) => message)).toEqual([
    "No prompt was read: what `client.models.generateContent` sends comes from `questionOf()`, which could not be followed.",
  ]);
});

describe("Java: how often values change", () => {
  const claim = (value: string) => {
    const [template] = templates(
      javaPath,
      inClass(`String reviewPrompt(Object it) { return "Answer with this: " + ${value}; }`),
    );
    const [found] = [...walkSegments(template!.segments)].flatMap((each) => {
      if (each.kind === "include") return each.member?.otherwise ?? [];
      return each.kind === "hole" ? [each] : [];
    });
    return found?.scope.scope ?? null;
  };

  test.each([
    ["LocalDateTime.now()", "volatile"],
    ["Instant.now().toString()", "volatile"],
    ["UUID.randomUUID()", "volatile"],
    ["model.chat(it).aiMessage().text()", "volatile"],
    ['client.prompt().user("Tell me of it").call().content()', "volatile"],
    ['"Answer in words. ".repeat(5000)', "constant"],
    ["new Date()", "volatile"],
    ["LocalDate.now()", "day"],
    ['System.getenv("REGION")', "constant"],
    ['Files.readString(Path.of("rules.txt"))', "constant"],
    ["Set.of(1, 2)", "request"],
    ["new HashMap<>(it)", "request"],
  ])("%s", (value, scope) => {
    expect(claim(value)).toBe(scope);
  });
});

describe("Kotlin: texts", () => {
  test.each([
    ["templates", '"Answer $name of ${a.b} in words."', "Answer {name} of {a.b} in words."],
    ["escapes", '"Answer \\u0041 \\$5 \\"in\\" words\\n."', 'Answer A $5 "in" words\n.'],
    ["a dollar by itself", '"Answer for $5 in words."', "Answer for $5 in words."],
    ["raw", '"""Answer \\n $name "in" words."""', 'Answer \\n {name} "in" words.'],
    ["a dollar in raw text", `"""Answer for \${'$'}5 in words."""`, "Answer for $5 in words."],
    [
      "trimIndent",
      '"""\n    Answer in:\n      - words\n\n    now\n  """.trimIndent()',
      "Answer in:\n  - words\n\nnow",
    ],
    ["trimMargin", '"""\n    |Answer in:\n    |  words $x\n  """.trimMargin()', "Answer in:\n  words {x}"],
    ["another margin", '"""\n    > Answer in\n    > words.\n  """.trimMargin("> ")', "Answer in\nwords."],
    ["sums", '"Answer in " + "some words " + n', "Answer in some words {n}"],
    ["if", '"Answer in " + if (n > 1) "many words" else "few words"', "Answer in [n?many words|few words]"],
    [
      "when",
      '"Answer in " + when (n) { 1, 2 -> "many words"; else -> "few words" }',
      "Answer in [n?many words|few words]",
    ],
    ["elvis", 'given ?: "Answer in some words."', "[given?{given}|Answer in some words.]"],
    ["format", '"Use the %s in words.".format(tone)', "Use the {tone} in words."],
    [
      "joinToString",
      'listOf("be kind", "be brief").joinToString("\\n") { "- $it in words" }',
      "- be kind in words\n- be brief in words",
    ],
    [
      "buildString",
      'buildString { append("Answer in "); appendLine("words:"); if (n > 1) append("many") else append("few"); for (i in items) { append("- $i") } ; items.forEach { append("* "); appendLine(it) } }',
      "Answer in words:\n[n?many|few][items*- {i}][items** {it}\n]",
    ],
  ])("%s", (_, expression, text) => {
    expect(sent(kotlinPath, `val SYSTEM_PROMPT = ${expression}\n`)).toEqual([text]);
  });

  test("every unit of a literal is where it is written", () => {
    const code = 'val PROMPT = """\n      |Answer in words,\n      |  and "so" on.\n      """.trimMargin()\n';
    const units = unitsOf(kotlinPath, code);
    expect(units.length).toBe('Answer in words,\n  and "so" on.'.length);
    for (const [unit, written] of units) expect(written).toBe(unit);
  });
});

describe("Kotlin: names, functions and SDKs", () => {
  test.each([
    [
      "members of objects and companions, getters, lazy values and defaults",
      'object Prompts { const val SYSTEM = "You are a kind helper." }\nclass A(val systemPrompt: String = "You are a helper.") {\ncompanion object { const val USER_PROMPT = "Tell me of it." }\nval basePrompt get() = "Tell me of that."\nval latePrompt by lazy { "Tell me of this." }\nval own = "x"\nfun askPrompt() = "${Prompts.SYSTEM} $basePrompt" }',
      [
        "You are a kind helper.",
        "You are a helper.",
        "Tell me of it.",
        "Tell me of that.",
        "Tell me of this.",
        "You are a kind helper. Tell me of that.",
      ],
    ],
    [
      "a builder under if and for",
      'fun tonePrompt(n: Int, items: List<String>): String { val sb = StringBuilder(); sb.append("Use these words: ").appendLine("now"); if (n > 1) { sb.append("all of them") }; for (i in items) { sb.append("- ").append(i) }; return sb.toString() }',
      ["Use these words: now\n[n?all of them|][items*- {i}]"],
    ],
    [
      "Koog: a request",
      'val p = prompt("id") { system("You are a kind helper."); user { +"Tell me this: "\n +"now"; text(q) } }',
      ["<system>You are a kind helper.<user>Tell me this: \nnow{q}"],
    ],
    [
      "Koog: an agent",
      'val a = AIAgent(executor = e, systemPrompt = "You are a kind helper.")',
      ["<system>You are a kind helper."],
    ],
    [
      "openai-kotlin",
      'val r = ChatCompletionRequest(model = ModelId("m"), messages = listOf(ChatMessage(role = ChatRole.System, content = "You are a kind helper."), ChatMessage(role = ChatRole.User, content = q)))',
      ["<system>You are a kind helper.<user>{q}"],
    ],
    [
      "xef",
      'val p = Prompt(model) { +system("You are a kind helper.")\n +user("Tell me this: $q") }',
      ["<system>You are a kind helper.<user>Tell me this: {q}"],
    ],
    [
      "Spring AI",
      'fun f() { client.prompt().system { it.text("You speak like {voice}.").param("voice", v) }.user("Tell me: $q").call() }',
      ["<system>You speak like {voice}.<user>Tell me: {q}"],
    ],
    [
      "LangChain4j",
      'interface Helper { @SystemMessage("You are a helper of {{who}}.") fun chat(q: String): String }',
      ["<system>You are a helper of {who}.<user>{q}"],
    ],
    [
      "a list that grows",
      'fun f(q: String) { val all = mutableListOf<ChatMessage>(); all += SystemMessage.from("You are a kind helper."); all.add(UserMessage.from(q)); model.chat(all) }',
      ["<system>You are a kind helper.<user>{q}"],
    ],
    [
      "nothing of a log",
      'fun f() { logger.info("The prompt of the user was read"); println("You are a kind helper.") }',
      [],
    ],
  ])("%s", (_, code, texts) => {
    expect(sent(kotlinPath, `${code}\n`)).toEqual(texts);
  });
});

test.each([
  [
    javaPath,
    inMethod(
      'StringBuilder prompt = new StringBuilder("""\n  You are "kind".\\\n  """); client.prompt().system(s -> s.text("{a}").param("a", q)).user(switch (n) { case 1 -> "a"; default -> "b"; }).call();',
    ),
  ],
  [
    kotlinPath,
    'val p = prompt("id") { system("You are $a and ${b.c}."); user { +"Tell"\n +"me" } }\n@SystemMessage("You") fun f(a: Int = 1) = when (a) { 1 -> buildString { append("x"); for (i in a) append(i) } else -> """a $b""".trimMargin() }\n',
  ],
])("%s keeps its promises when it is half typed", (path, text) => {
  expect(templates(path, text).length).toBeGreaterThan(0);
  for (const cut of cutsOf({ path, text }, 1, 60)) expect(parseFault(cut, parseTools), cut.text).toBeNull();
  for (let end = 0; end <= text.length; end++)
    expect(parseFault({ path, text: text.slice(0, end) }, parseTools), `cut at ${end}`).toBeNull();
});
