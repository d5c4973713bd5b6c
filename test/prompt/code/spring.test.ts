/** What Spring AI's clients are given for a message: texts with parameters, defaults, and files of the program. */
import { expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import type { Segment } from "../../../src/prompt/template.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { said } from "../../support/say-template.ts";

const text = "You are the porter of {house}. Speak in a {voice} voice.";
const inClass = (body: string) =>
  `class A {\n  static final String TEXT = "${text}";\n  final ChatClient client;\n  A(ChatClient.Builder builder) { this.client = builder.defaultSystem("${text}").build(); }\n  String run(String voice, String q) { return ${body}.call().content(); }\n}\n`;

test.each([
  [
    "a text with parameters, all or some of them",
    'chatClient.prompt().system(s -> s.text(TEXT).param("voice", voice).param("house", "a museum")).user(u -> u.text("Tell me of {it}.").param("it", q))',
    "request: <system>You are the porter of a museum. Speak in a {voice request} voice.<user>Tell me of {it request}.",
  ],
  [
    "parameters for the text of the builder",
    'client.prompt().system(s -> s.param("voice", voice)).user(q)',
    "request: <system>You are the porter of {house request}. Speak in a {voice request} voice.<user>{q request}",
  ],
  [
    "parameters as a map",
    'client.prompt().system(s -> s.params(Map.of("voice", voice, "house", "a museum"))).user(q)',
    "request: <system>You are the porter of a museum. Speak in a {voice request} voice.<user>{q request}",
  ],
  [
    "a text in place of the one of the builder",
    'client.prompt().system("Answer in one friendly sentence.").user(q)',
    "request: <system>Answer in one friendly sentence.<user>{q request}",
  ],
  [
    "no parameters, so that braces are text",
    "client.prompt().user(q)",
    `request: <system>${text}<user>{q request}`,
  ],
])("%s", (_, body, sent) => {
  expect(said("A.java", inClass(body)).filter((each) => each.startsWith("request"))).toEqual([sent]);
});

/** The requests when all files are known: roles, texts in the files that they are written in, and holes. */
function requests(code: Readonly<Record<string, string>>): readonly string[] {
  const files = {
    ...code,
    "src/main/resources/prompts/porter.st": text,
    "src/main/resources/prompts/user.st": "A visitor asks: {question}",
  };
  const documents = new Map(Object.entries(files).map(([path, text]) => [path, { path, text }]));
  const parsed = [...documents.values()].flatMap((document) => parseDocument(document, parseTools).value);
  const { templates } = resolveIncludes(parsed, (path) => documents.get(path) ?? null, { tools: parseTools });
  return templates
    .filter(({ path, usage }) => usage === "request" && !path.endsWith(".st"))
    .map(({ segments }) => shown(segments));
}

function shown(segments: readonly Segment[]): string {
  return segments
    .map((segment) => {
      if (segment.kind === "text") return segment.text;
      if (segment.kind === "marker") return `<${segment.role}>`;
      if (segment.kind !== "include") return segment.kind === "hole" ? `{${segment.name}}` : "";
      const { resolved } = segment;
      if (resolved === null) return `[${segment.target}]`;
      const name = resolved.path.endsWith(".st") ? `${resolved.path.split("/").at(-1)}:` : "";
      return `${name}${shown(resolved.segments)}`;
    })
    .join("");
}

const java = "src/main/java/A.java";
const asked =
  "<system>porter.st:You are the porter of {house}. Speak in a {voice} voice.<user>user.st:A visitor asks: {question}";

test.each([
  [
    "resources of fields",
    java,
    '@Value("classpath:/prompts/porter.st") private Resource porter; @Value("classpath:prompts/user.st") Resource visitor;',
    'client.prompt().system(porter).user(u -> u.text(visitor).param("question", q)).call()',
    asked,
  ],
  [
    "resources with a property before them, and by their class",
    java,
    `@Value("\${prompts.porter:classpath:/prompts/porter.st}") private Resource porter;`,
    'client.prompt().system(s -> s.text(porter)).user(u -> u.text(new ClassPathResource("prompts/user.st")).params(Map.of("question", "May dogs come in?"))).call()',
    asked.replace("{question}", "May dogs come in?"),
  ],
  [
    "resources in templates",
    java,
    '@Value("classpath:/prompts/porter.st") Resource porter; @Value("classpath:/prompts/user.st") Resource visitor;',
    'chatModel.call(new Prompt(List.of(new SystemPromptTemplate(porter).createMessage(), new PromptTemplate(visitor).createMessage(Map.of("question", q)))))',
    asked,
  ],
])("%s", (_, path, fields, body, sent) => {
  const code = `class A {\n  ${fields}\n  String run(String q) { return ${body}; }\n}\n`;
  expect(requests({ [path]: code })).toEqual([sent]);
});

test("resources of Kotlin: properties and parameters of the constructor", () => {
  const code =
    'class A(val client: ChatClient, @Value("classpath:/prompts/user.st") private val visitor: Resource) {\n    @Value("classpath:/prompts/porter.st")\n    lateinit var porter: Resource\n' +
    '    fun run(q: String) = client.prompt().system { it.text(porter).param("voice", "calm").param("house", "a museum") }.user { u -> u.text(visitor).param("question", q) }.call()\n}\n';
  expect(requests({ "src/main/kotlin/A.kt": code })).toEqual([
    "<system>porter.st:You are the porter of a museum. Speak in a calm voice.<user>user.st:A visitor asks: {question}",
  ]);
});

test("a resource that no file is stays a place, called as its field", () => {
  const code =
    'class A { @Value("classpath:/prompts/none.st") Resource rules; String run(String q) { return client.prompt().system(rules).user("Tell me of the house now.").call(); } }';
  expect(requests({ [java]: code })).toEqual(["<system>{rules}<user>Tell me of the house now."]);
});
