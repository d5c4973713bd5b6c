import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { findFormat, formatOf, parseDocument } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { Segment, Template } from "../../../src/prompt/template.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { printSegments } from "../../support/print-segments.ts";

const path = "desk/answer.go";
const templates = (text: string, at = path): readonly Template[] =>
  parseDocument({ path: at, text: `package desk\n\n${text}\n` }, parseTools).value;

/** Every template with its name. */
function show(text: string): string {
  return templates(text)
    .map(({ name, segments }) => `${name}\n${printSegments(segments, "  ")}`)
    .join("\n");
}

/** Statements of a function. */
const inFunction = (statements: string) => `func run(ctx context.Context, q string) {\n${statements}\n}`;

function* deep(segments: readonly Segment[]): Generator<Segment> {
  for (const segment of walkSegments(segments)) {
    yield segment;
    if (segment.kind === "include" && segment.resolved !== null) yield* deep(segment.resolved.segments);
  }
}

function textOf(template: Template | undefined): string {
  const all = [...deep(template?.segments ?? [])];
  return all
    .map((segment) => (segment.kind === "text" ? segment.text : segment.kind === "hole" ? "◦" : ""))
    .join("");
}

describe("literals", () => {
  test.each([
    ["interpreted", '"Answer in one sentence."', "Answer in one sentence."],
    ["raw", '`Answer \\n in "one" sentence.`', 'Answer \\n in "one" sentence.'],
    ["raw without carriage returns", "`One line\r\nand another one.`", "One line\nand another one."],
    [
      "escapes",
      '"A line\\nand \\t\\\\ \\" \\a\\b\\f\\r\\v end of it."',
      'A line\nand \t\\ " \x07\b\f\r\v end of it.',
    ],
    ["code points", '"Words \\u00e9 and \\U0001F600 faces."', "Words é and 😀 faces."],
    ["bytes that are ASCII", '"Words \\x41\\102 and more."', "Words AB and more."],
    ["bytes of one character", '"Words \\xe4\\xb8\\xad and \\303\\251 of it."', "Words 中 and é of it."],
    ["bytes of an emoji", '"Words \\xf0\\x9f\\x98\\x80 and faces."', "Words 😀 and faces."],
    ["bytes that are no character", '"Words \\xff\\xe4 and more."', "Words \uFFFD\uFFFD and more."],
    ["surrogates", '"Words \\ud800 and more."', "Words \uFFFD and more."],
    ["a sum", '"One part " + `and another ` + "of it"', "One part and another of it"],
    ["parentheses", '("One part " + ("and " + "another"))', "One part and another"],
    ["a conversion", '[]byte("Answer in one sentence.")', "Answer in one sentence."],
    ["Sprintf", 'fmt.Sprintf("Be %d%% sure of %s.", 90, "it")', "Be 90% sure of it."],
    ["Sprintf with widths", 'fmt.Sprintf("Write %-10s and %+v now", "a", "b")', "Write a and b now"],
    ["Sprintf by index", 'fmt.Sprintf("Say %[2]s before %[1]s and %s.", "a", "b")', "Say b before a and b."],
    ["Sprint", 'fmt.Sprint("Answer ", "in words ", "of one.")', "Answer in words of one."],
    ["Sprintln", 'fmt.Sprintln("Answer", "in words.")', "Answer in words.\n"],
    ["TrimSpace", "strings.TrimSpace(`\n  Answer in words.\n`)", "Answer in words."],
    ["Trim", 'strings.Trim("--Answer in words.--", "-")', "Answer in words."],
    ["Join", 'strings.Join([]string{"Answer", "in", "three words."}, " ")', "Answer in three words."],
    ["ReplaceAll", 'strings.ReplaceAll("Answer X in X words.", "X", "some")', "Answer some in some words."],
    ["Replace once", 'strings.Replace("Answer X in X words.", "X", "some", 1)', "Answer some in X words."],
    ["Replace all", 'strings.Replace("Answer X in X words.", "X", "some", -1)', "Answer some in some words."],
    [
      "NewReplacer",
      'strings.NewReplacer("X", "one", "Y", "two").Replace("Say X and Y now.")',
      "Say one and two now.",
    ],
    ["Repeat", '"Words before it " + strings.Repeat("-", 3)', "Words before it ---"],
    ["dedent", "dedent.Dedent(`\n  Answer in words:\n    - short`)", "\nAnswer in words:\n  - short"],
    ["heredoc", "heredoc.Doc(`\n  Answer in words:\n    - short\n`)", "Answer in words:\n  - short\n"],
    [
      "a template",
      "template.Must(template.New(`a`).Parse(`Greet {{.Name}} in {{- .Words }} now.`))",
      "Greet ◦ in◦ now.",
    ],
  ])("%s", (_, expression, text) => {
    const found = templates(`var prompt = ${expression}`);
    expect(found).toHaveLength(1);
    expect(textOf(found[0])).toBe(text);
  });

  test("every character stands where it is written", () => {
    const source = `package desk\n\nvar prompt = "Say \\xe4\\xb8\\xad, \\u00e9 and \\n " + \`raw\r\n words\`\n`;
    const [template] = parseDocument({ path, text: source }, parseTools).value;
    const written = [...deep(template!.segments)].flatMap((segment) => {
      if (segment.kind !== "text") return [];
      const offsets = segment.sourceOffsets ?? [...segment.text].map((_, unit) => segment.range.start + unit);
      return [...segment.text].map((unit, index) => [unit, offsets[index]!] as const);
    });
    const at = (unit: string) => source.slice(written.find(([each]) => each === unit)![1]);
    expect(at("中")).toMatch(/^\\xe4\\xb8\\xad,/);
    expect(at("é")).toMatch(/^\\u00e9 and/);
    for (const [unit, offset] of written) {
      if (/[\w, ]/.test(unit)) expect(source[offset], unit).toBe(unit);
    }
  });

  test("a constant that others format has places", () => {
    expect(show("const reviewPrompt = `Review the file %s in %d words.`")).toMatchInlineSnapshot(`
      "reviewPrompt
        "Review the file "
        {0} [request]
        " in "
        {1} [request]
        " words.""
    `);
    expect(
      show("const reviewPrompt = `Review {{.File}} in {{if .Short}}few{{else}}many{{end}} words.`"),
    ).toMatchInlineSnapshot(`
      "reviewPrompt
        "Review "
        {File} [request]
        " in "
        if .Short [request]
          "few"
        else
          "many"
        " words.""
    `);
    expect(show("const reviewPrompt = `Be 100% sure, and give 5% more words.`")).toMatchInlineSnapshot(`
      "reviewPrompt
        "Be 100% sure, and give 5% more words.""
    `);
  });
});

describe("what a program does", () => {
  test("a builder: lines under if and for, Fprintf, runes", () => {
    expect(
      show(`func buildPrompt(day string, rules []string) string {
	var b strings.Builder
	b.WriteString("Answer visitors of the museum.")
	b.WriteByte('\\n')
	if day != "" {
		fmt.Fprintf(&b, "It is %s.\\n", day)
	}
	for _, rule := range rules {
		fmt.Fprintln(&b, "-", rule)
	}
	return b.String()
}`),
    ).toMatchInlineSnapshot(`
      "buildPrompt
        "Answer visitors of the museum."
        "\\n"
        if day != "" [day]
          "It is "
          {day} [day]
          ".\\n"
        for rule in rules [constant]
          "-"
          " "
          {rule} [request]
          "\\n""
    `);
  });

  test("methods and fields belong to their type", () => {
    expect(
      show(`type Base struct{}
func (b *Base) tone() string { return "Speak softly to all visitors." }
type Porter struct {
	Base
	rules string
}
func NewPorter() *Porter { return &Porter{rules: "Keep the doors shut."} }
func (p *Porter) systemPrompt() string {
	return "You are the porter. " + p.rules + " " + p.tone()
}
func ask(p *Porter, q string) string {
	userPrompt := p.systemPrompt() + " Answer this: " + q
	return userPrompt
}`),
    ).toMatchInlineSnapshot(`
      "Porter.systemPrompt
        "You are the porter. "
        include p.rules
          "Keep the doors shut."
        " "
        include p.tone()
          "Speak softly to all visitors."
      userPrompt
        include p.systemPrompt()
          "You are the porter. "
          include p.rules
            "Keep the doors shut."
          " "
          include p.tone()
            "Speak softly to all visitors."
        " Answer this: "
        {q} [request]"
    `);
  });

  test("switch without a value, and a zero value", () => {
    expect(
      show(`func run(mode string, n int) {
	var tone string
	switch {
	case n > 3:
		tone = "Answer in one line."
	default:
		tone = "Answer in many lines."
	}
	systemPrompt := "You answer visitors. " + tone
	send(systemPrompt)
}`),
    ).toMatchInlineSnapshot(`
      "systemPrompt
        "You answer visitors. "
        include tone
          if n > 3 [constant]
            "Answer in one line."
          else
            include Answer in many lines.
              "Answer in many lines.""
    `);
  });

  test("guards, errors and several results", () => {
    expect(
      show(`func lettersPrompt(kind string) (string, error) {
	if kind == "" {
		return "", errors.New("a kind is needed here")
	}
	if kind == "long" {
		return "Write long letters to the donors.", nil
	}
	return "Write short letters to the donors.", nil
}
func sortPrompts() error { return fmt.Errorf("the prompts could not be sorted: %w", err) }`),
    ).toMatchInlineSnapshot(`
      "lettersPrompt
        if kind == "long" [request]
          "Write long letters to the donors."
        else
          "Write short letters to the donors.""
    `);
  });

  test("a template is executed with what it is given", () => {
    expect(
      show(`var greeting = template.Must(template.New("x").Parse(\`Greet {{.Name}} softly on {{.Day}} of the week.\`))
func greetPrompt(name string) (string, error) {
	var buf bytes.Buffer
	if err := greeting.Execute(&buf, Data{Name: name, Day: time.Now().Format("2006-01-02")}); err != nil {
		return "", err
	}
	return buf.String(), nil
}`),
    ).toMatchInlineSnapshot(`
      "greetPrompt
        include greeting
          "Greet "
          {name} [session]
          " softly on "
          {call time.Now} [day]
          " of the week.""
    `);
  });

  test("text behind what only a run knows, and a closure", () => {
    expect(
      show(`func startPrompt(base string) string {
	sign := func(name string) string { return "Sign every letter as " + name + "." }
	text := base
	text += " Answer in words that children know. "
	text += sign("the porter")
	return text
}`),
    ).toMatchInlineSnapshot(`
      "startPrompt
        {base} [session]
        " Answer in words that children know. "
        include sign()
          "Sign every letter as "
          include name
            "the porter"
          ".""
    `);
  });

  test("how often values change", () => {
    expect(
      show(`func statePrompt(m map[string]string) string {
	keys := maps.Keys(m)
	return fmt.Sprintf("It is %s on %s, number %d, at %s, of %v, by %s.", time.Now(), time.Now().Format("2006-01-02"), rand.Intn(9), os.Getenv("DESK"), keys, uuid.NewString())
}`),
    ).toMatchInlineSnapshot(`
      "statePrompt
        "It is "
        {call time.Now} [volatile]
        " on "
        {call time.Now} [day]
        ", number "
        {call rand.Intn} [volatile]
        ", at "
        {call os.Getenv} [constant]
        ", of "
        {keys} [request]
        ", by "
        {call uuid.NewString} [volatile]
        ".""
    `);
  });

  test("constants with iota are no texts", () => {
    expect(show("const (\n\tPromptA = iota\n\tPromptB\n)")).toBe("");
  });
});

describe("SDKs", () => {
  test.each([
    [
      "go-openai",
      `client.CreateChatCompletion(ctx, openai.ChatCompletionRequest{Model: openai.GPT4o, Messages: []openai.ChatCompletionMessage{
		{Role: openai.ChatMessageRoleSystem, Content: "You sort the letters."},
		{Role: openai.ChatMessageRoleUser, Content: q},
	}})`,
      "<system> You sort the letters. <user> {q}",
    ],
    [
      "go-openai, by a name",
      `req := openai.ChatCompletionRequest{Messages: []openai.ChatCompletionMessage{{Role: "system", Content: "You sort the letters."}}}
	client.CreateChatCompletionStream(ctx, req)`,
      "<system> You sort the letters.",
    ],
    [
      "go-openai, a list that grows",
      `messages := []openai.ChatCompletionMessage{{Role: "system", Content: "You sort the letters."}}
	for _, m := range history {
		messages = append(messages, openai.ChatCompletionMessage{Role: m.Role, Content: m.Content})
	}
	messages = append(messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleUser, Content: q})
	client.CreateChatCompletion(ctx, openai.ChatCompletionRequest{Messages: messages})`,
      "<system> You sort the letters. {history} <user> {q}",
    ],
    [
      "openai-go",
      `client.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Messages: []openai.ChatCompletionMessageParamUnion{
		openai.SystemMessage("You sort the letters."),
		openai.UserMessage(q),
		{OfAssistant: &openai.ChatCompletionAssistantMessageParam{Content: openai.ContentUnion{OfString: openai.String("Here they are.")}}},
	}})`,
      "<system> You sort the letters. <user> {q} <assistant> Here they are.",
    ],
    [
      "openai-go, responses",
      `client.Responses.New(ctx, responses.ResponseNewParams{
		Instructions: openai.String("You sort the letters."),
		Input: responses.ResponseNewParamsInputUnion{OfString: openai.String(q)},
	})`,
      "<system> You sort the letters. <user> {q}",
    ],
    [
      "anthropic-sdk-go",
      `client.Messages.New(ctx, anthropic.MessageNewParams{
		System: []anthropic.TextBlockParam{{Text: "You sort the letters."}},
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(q))},
	})`,
      "<system> You sort the letters. <user> {q}",
    ],
    [
      "anthropic-sdk-go of the first versions",
      `client.Messages.New(ctx, anthropic.MessageNewParams{
		System: anthropic.F([]anthropic.TextBlockParam{anthropic.NewTextBlock("You sort the letters.")}),
		Messages: anthropic.F([]anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(q))}),
	})`,
      "<system> You sort the letters. <user> {q}",
    ],
    [
      "genai",
      `config := &genai.GenerateContentConfig{SystemInstruction: genai.NewContentFromText("You sort the letters.", genai.RoleUser)}
	client.Models.GenerateContent(ctx, "gemini-2.5-flash", genai.Text(q), config)`,
      "<system> You sort the letters. <user> {q}",
    ],
    [
      "genai, contents",
      `client.Models.GenerateContent(ctx, model, []*genai.Content{
		{Role: genai.RoleUser, Parts: []*genai.Part{{Text: "Sort all these letters."}}},
		genai.NewContentFromText("They are sorted.", genai.RoleModel),
	}, nil)`,
      "<user> Sort all these letters. <assistant> They are sorted.",
    ],
    [
      "ADK",
      `llmagent.New(llmagent.Config{Name: "desk", Description: "Sorts letters", Instruction: "You sort the letters."})`,
      "<system> You sort the letters.",
    ],
    [
      "langchaingo, messages",
      `llm.GenerateContent(ctx, []llms.MessageContent{
		llms.TextParts(llms.ChatMessageTypeSystem, "You sort the letters."),
		llms.TextParts(llms.ChatMessageTypeHuman, q),
	}, llms.WithTemperature(0.2))`,
      "<system> You sort the letters. <user> {q}",
    ],
    [
      "langchaingo, one prompt",
      `llms.GenerateFromSinglePrompt(ctx, llm, "Sort the letters by date.")`,
      "Sort the letters by date.",
    ],
    [
      "langchaingo, templates",
      `t := prompts.NewPromptTemplate("Sort {{.letters}} by date.", []string{"letters"})`,
      "Sort {letters} by date.",
    ],
    [
      "langchaingo, chat templates",
      `t := prompts.NewChatPromptTemplate([]prompts.MessageFormatter{
		prompts.NewSystemMessagePromptTemplate("You sort the letters.", nil),
		prompts.NewHumanMessagePromptTemplate("Sort {{.letters}}.", []string{"letters"}),
	})`,
      "<system> You sort the letters. <user> Sort {letters} .",
    ],
    [
      "Eino",
      `prompt.FromMessages(schema.FString,
		schema.SystemMessage("You sort the letters of {year}."),
		schema.MessagesPlaceholder("history", true),
		schema.UserMessage("Sort: {letters}"),
	)`,
      "<system> You sort the letters of {year} . {history} <user> Sort: {letters}",
    ],
    [
      "Eino, templates of Go",
      `prompt.FromMessages(schema.GoTemplate, schema.SystemMessage("You sort the letters of {{.Year}}."))`,
      "<system> You sort the letters of {Year} .",
    ],
    [
      "Ollama",
      `client.Chat(ctx, &api.ChatRequest{Model: "llama3", Messages: []api.Message{{Role: "system", Content: "You sort the letters."}, {Role: "user", Content: q}}}, f)`,
      "<system> You sort the letters. <user> {q}",
    ],
    [
      "Ollama, generate",
      `client.Generate(ctx, &api.GenerateRequest{Model: "gemma", System: "You sort the letters.", Prompt: q}, f)`,
      "<system> You sort the letters. <user> {q}",
    ],
    [
      "Genkit",
      `genkit.Generate(ctx, g, ai.WithSystem("You sort the letters."), ai.WithPrompt("Sort the new ones."))`,
      "<system> You sort the letters. <user> Sort the new ones.",
    ],
    [
      "Genkit, messages",
      `genkit.Generate(ctx, g, ai.WithMessages(ai.NewSystemTextMessage("You sort the letters."), ai.NewUserTextMessage(q)))`,
      "<system> You sort the letters. <user> {q}",
    ],
    [
      "options of any library",
      `agent.New("desk", agent.WithInstructions("You sort the letters."), agent.WithModel(m))`,
      "<system> You sort the letters.",
    ],
    [
      "MCP, prompts",
      `return &mcp.GetPromptResult{Messages: []mcp.PromptMessage{{Role: "user", Content: mcp.TextContent{Type: "text", Text: "Sort all these letters."}}}}`,
      "<user> Sort all these letters.",
    ],
    [
      "maps",
      `body := map[string]any{"model": "m", "messages": []map[string]string{{"role": "system", "content": "You sort the letters."}, {"role": "user", "content": q}}}`,
      "<system> You sort the letters. <user> {q}",
    ],
  ])("%s", (_, statements, said) => {
    const all = templates(`import (
	"github.com/sashabaranov/go-openai"
	"github.com/tmc/langchaingo/llms"
	"google.golang.org/genai"
)
${inFunction(statements)}`);
    expect(all).toHaveLength(1);
    expect(flat(all[0]!)).toBe(said);
  });

  function flat({ segments }: Template): string {
    const parts = [...deep(segments)].flatMap((segment) => {
      if (segment.kind === "text") return segment.text;
      if (segment.kind === "marker") return ` <${segment.role}> `;
      // What is filled in by a run stands apart from the text around it.
      return segment.kind === "hole" ? ` {${segment.name}} ` : [];
    });
    return parts.join("").replace(/\s+/g, " ").trim();
  }

  test("tools stand with the request", () => {
    const [template] = templates(
      inFunction(`client.CreateChatCompletion(ctx, openai.ChatCompletionRequest{
	Messages: []openai.ChatCompletionMessage{{Role: "system", Content: "You sort the letters."}},
	Tools: []openai.Tool{{Type: openai.ToolTypeFunction, Function: &openai.FunctionDefinition{Name: "find_letter", Description: "Finds a letter"}}},
})`),
    );
    expect(template?.tools?.map(({ name }) => name)).toEqual(["find_letter"]);
  });

  test.each([
    [
      "errors",
      `func (c *Client) RefreshPrompts() error { return fmt.Errorf("failed to refresh all prompts: %w", err) }`,
    ],
    [
      "pictures",
      inFunction(
        `client.Images.Generate(ctx, openai.ImageGenerateParams{Prompt: "A robot in a forest of trees", Model: m})`,
      ),
    ],
    ["flags", inFunction(`flag.StringVar(&prompt, "prompt", "", "the prompt to send to it")`)],
    ["questions", inFunction(`p := promptui.Prompt{Label: "Enter the name of the desk"}`)],
    ["commands", `var cmd = &cobra.Command{Use: "prompt", Short: "Sends a prompt to the model"}`],
  ])("%s are no prompts", (_, text) => {
    expect(templates(text)).toEqual([]);
  });
});

describe("several files", () => {
  function resolved(files: Readonly<Record<string, string>>, at: string): string {
    const documents = new Map(Object.entries(files).map(([file, text]) => [file, { path: file, text }]));
    const all = [...documents.values()].flatMap((document) => parseDocument(document, parseTools).value);
    const { templates: filled } = resolveIncludes(all, (file) => documents.get(file) ?? null, {
      tools: parseTools,
    });
    return filled
      .filter((template) => template.path === at)
      .map((template) => printSegments(template.segments))
      .join("\n");
  }
  const call = (system: string) =>
    `func run(q string) {\n\tclient.Generate(ctx, &api.GenerateRequest{System: ${system}, Prompt: q})\n}\n`;

  test("names of a package are shared by its files, functions too", () => {
    const files = {
      "desk/run.go": `package desk\n\n${call("systemPrompt + toneInstruction()")}`,
      "desk/text.go":
        'package desk\n\nconst systemPrompt = "You sort the letters. "\n\nfunc toneInstruction() string { return "Speak softly to visitors." }\n',
      "other/text.go": 'package other\n\nconst systemPrompt = "You count the coins of the house."\n',
    };
    expect(resolved(files, "desk/run.go")).toMatchInlineSnapshot(`
      "<system>
      include systemPrompt
        "You sort the letters. "
      include toneInstruction
        "Speak softly to visitors."
      <user>
      {q} [request]"
    `);
  });

  test("names of another package lie in its folder", () => {
    const files = {
      "cmd/run.go": `package main\n\nimport "example.com/house/prompts"\n\n${call("prompts.Sorting")}`,
      "prompts/all.go": 'package prompts\n\nconst Sorting = "You sort the letters."\n',
    };
    expect(resolved(files, "cmd/run.go")).toMatchInlineSnapshot(`
      "<system>
      include Sorting
        "You sort the letters."
      <user>
      {q} [request]"
    `);
  });

  test("an embedded file is included as it is", () => {
    const run = `package desk\n\nimport _ "embed"\n\n//go:embed texts/desk.txt\nvar rules string\n\n${call("rules")}`;
    expect(
      resolved({ "desk/run.go": run, "desk/texts/desk.txt": "You sort {{the}} letters." }, "desk/run.go"),
    ).toMatchInlineSnapshot(`
      "<system>
      include rules
        include ./texts/desk.txt
          "You sort {{the}} letters."
      <user>
      {q} [request]"
    `);
    expect(resolved({ "desk/run.go": run }, "desk/run.go")).toMatchInlineSnapshot(`
      "<system>
      include rules
        {rules} [constant]
      <user>
      {q} [request]"
    `);
  });
});

describe("which files", () => {
  test.each([
    ["a/b.go", true],
    ["a/b_test.go", false],
    ["a/b.pb.go", false],
    ["vendor/a/b.go", false],
    ["a/testdata/b.go", false],
    ["a/b.got", false],
  ])("%s", (file, isRead) => {
    expect(findFormat("go")!.matches(file)).toBe(isRead);
  });

  test("generated code is none", () => {
    const text = 'package a\n\nconst systemPrompt = "You sort the letters."\n';
    expect(formatOf({ path: "a/b.go", text })?.id).toBe("go");
    expect(
      formatOf({ path: "a/b.go", text: `// Code generated by gen. DO NOT EDIT.\n\n${text}` }),
    ).toBeNull();
  });
});

describe("half-typed code", () => {
  const source = `package desk

import "github.com/sashabaranov/go-openai"

//go:embed desk.txt
var rules string

var greeting = template.Must(template.New("x").Parse(\`Greet {{if .Name}}{{.Name}}{{end}}.\`))

type Desk struct{ Base; system string }

func (d *Desk) prompt(q string, more ...string) (string, error) {
	var b strings.Builder
	for i, each := range more {
		fmt.Fprintf(&b, "\\xe4\\xb8\\xad %[2]d %s", each, i)
	}
	switch { case q == "": b.WriteRune('\\n'); default: b.WriteString(\`one \${two}\`) }
	req := openai.ChatCompletionRequest{Messages: append([]openai.ChatCompletionMessage{{Role: "system", Content: d.system}}, d.history...)}
	return b.String() + rules, nil
}
`;

  test("cut anywhere it keeps its promises", () => {
    for (let end = 0; end <= source.length; end++) {
      const cut = { path: "prompts/a.go", text: source.slice(0, end) };
      const broken = brokenPromises(cut, parseDocument(cut, parseTools));
      if (broken.length > 0) expect(broken, `cut at ${end}`).toEqual([]);
    }
  });

  test.each(["", 'var prompt = "', "var prompt = fmt.Sprintf(`%", "x := T{A: ", "p = append(p, "])(
    "that goes on and on behind %j keeps its promises",
    (before) => {
      for (const pump of ["(", "{", "[", "`a` + ", "f(", "T{A: ", "%[1]", "\\xe4", "&", "func() { "]) {
        const text = `package a\n\nfunc prompt() string {\n${before}${pump.repeat(2000)}`;
        const document = { path: "prompts/a.go", text };
        expect(brokenPromises(document, parseDocument(document, parseTools)), pump).toEqual([]);
      }
    },
  );
});
