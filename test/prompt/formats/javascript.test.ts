// biome-ignore-all lint/suspicious/noTemplateCurlyInString: code stands in strings here.
import { describe, expect, test } from "vitest";
import { javascript } from "../../../src/prompt/code/languages/javascript.ts";
import type { CodeLanguage } from "../../../src/prompt/code/syntax.ts";
import type { SourceDocument } from "../../../src/prompt/format.ts";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { formatOf, parseDocument, refusalOf } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { HoleSegment, Segment, Template } from "../../../src/prompt/template.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { printSegments } from "../../support/print-segments.ts";
import { showTemplate } from "../../support/show-template.ts";

const path = "src/answer.ts";
const show = (text: string) => showTemplate(path, text, parseTools);
const templates = (text: string, at = path): readonly Template[] =>
  parseDocument({ path: at, text }, parseTools).value;
const names = (text: string, at = path) => templates(text, at).map(({ name, usage }) => `${name} ${usage}`);

/** The segments of the last template: what comes before it is only what it refers to. */
function last(text: string): string {
  return printSegments(templates(text).at(-1)?.segments ?? []);
}

function plainText(segments: readonly Segment[]): string {
  return segments
    .map((segment) => {
      if (segment.kind === "text") return segment.text;
      return segment.kind === "include" ? plainText(segment.resolved?.segments ?? []) : `<${segment.kind}>`;
    })
    .join("");
}

function holes(text: string): readonly HoleSegment[] {
  return templates(text).flatMap(({ segments }) =>
    [...walkSegments(segments)].filter((segment) => segment.kind === "hole"),
  );
}

describe("strings", () => {
  test.each([
    ["single quotes", "'Answer \"in\" one sentence.'", 'Answer "in" one sentence.'],
    ["templates", "`Answer in\none sentence.`", "Answer in\none sentence."],
    ["String.raw", "String.raw`Match \\d\\n and more words.`", "Match \\d\\n and more words."],
    ["sums", "'One part ' + \"and \" + `another part`", "One part and another part"],
    ["types around them", "(<string>'Answer in words' as const satisfies string)!", "Answer in words"],
    [
      "templates in templates",
      "`One part ${`and ${'another'} part`} of it`",
      "One part and another part of it",
    ],
    ["numbers", "`Answer in ${3} short words`", "Answer in 3 short words"],
    ["trimmed", "`\n  Answer in words.\n`.trim()", "Answer in words."],
    ["joined", '["Answer", "in", `three words.`].join(" ")', "Answer in three words."],
    ["concatenated", "'Answer '.concat('in ', 'three words')", "Answer in three words"],
    ["replaced", '"Answer the X in X words".replace("X", "question")', "Answer the question in X words"],
    ["replaced everywhere", '"Answer X in X words".replace(/X/g, "one")', "Answer one in one words"],
    [
      "dedent",
      "dedent`\n    Answer in words:\n      - short\n    - plain\n  `",
      "Answer in words:\n  - short\n- plain",
    ],
    [
      "dedent behind the quote",
      "dedent`Answer in words:\n    short\n    and plain`",
      "Answer in words:\nshort\nand plain",
    ],
    ["stripIndents", "stripIndents`\n  Answer in words:\n      short`", "Answer in words:\nshort"],
  ])("%s", (_, expression, text) => {
    const found = templates(`const prompt = ${expression};`);
    expect(plainText(found.at(-1)?.segments ?? [])).toBe(text);
  });

  test("values become holes, with the expression that they are", () => {
    expect(
      show("const prompt = `Answer ${question} of ${user.name ?? 'somebody'} and ${f(x)[0]}`;"),
    ).toMatchInlineSnapshot(`
      ""Answer "
      {question} [request]
      " of "
      if user.name [session]
        {user.name} [session]
      else
        "somebody"
      " and "
      {f} [request]"
    `);
    expect(holes("const prompt = `Answer this question: ${  question!  } `")[0]).toMatchObject({
      name: "question",
      expression: "question",
      range: { start: 38, end: 54 },
    });
  });

  test("places that `replace` fills keep their names", () => {
    expect(
      show(
        "const P = `Answer {{question}} in {{language}} words`;\nconst prompt = P.replace('{{question}}', q.text) + '!';",
      ),
    ).toMatchInlineSnapshot(`
      "include P
        "Answer "
        {question} [request]
        " in {{language}} words"
      "!""
    `);
  });

  test("values that are there or not are blocks", () => {
    expect(
      show(
        "const prompt = `Answer in ${isGerman ? 'German' : \"plain English\"}, ${isShort && 'short'} ${tone ?? 'and kind'}.`",
      ),
    ).toMatchInlineSnapshot(`
      ""Answer in "
      if isGerman [constant]
        "German"
      else
        "plain English"
      ", "
      if isShort [constant]
        "short"
      " "
      if tone [constant]
        {tone} [constant]
      else
        "and kind"
      ".""
    `);
    expect(
      show(
        "const prompt = [a && 'Answer at length.', 'Answer in plain words.', b ? `Use ${style}.` : null].filter(Boolean).join('\\n')",
      ),
    ).toMatchInlineSnapshot(`
      "if a [request]
        "Answer at length."
        include separator
          "\\n"
      "Answer in plain words."
      if b [request]
        include separator
          "\\n"
        "Use "
        {style} [constant]
        ".""
    `);
  });

  test("a text for every item is a loop", () => {
    expect(
      last(
        "function makePrompt(docs) {\n  let prompt = 'Read these documents:\\n';\n  for (const doc of docs) prompt += `# ${doc.title}\\n`;\n" +
          "  return prompt + docs.map((doc) => `* ${doc.text}`).join('\\n');\n}",
      ),
    ).toMatchInlineSnapshot(`
      "include prompt
        "Read these documents:\\n"
        for doc in docs [request]
          "# "
          {doc.title} [request]
          "\\n"
      for doc in docs [request]
        "* "
        {doc.text} [request]
        include separator
          "\\n""
    `);
  });

  test("doubled braces of a constant are places", () => {
    expect(show("export const prompt = 'Answer {{question}} in {{ n }} words';")).toMatchInlineSnapshot(`
      ""Answer "
      {question} [request]
      " in "
      {n} [constant]
      " words""
    `);
    expect(show('export const prompt = \'Answer with {"key": "value"} in words\';')).toBe(
      '"Answer with {\\"key\\": \\"value\\"} in words"',
    );
  });
});

describe("names that branches assign", () => {
  const tail = (lines: string) =>
    last(
      `function f(q, a, b) {\n${lines}\n  const prompt = \`Answer this question: \${q} \${tail}\`;\n  return prompt;\n}\n`,
    );

  test("are blocks, in each other where there are several", () => {
    expect(tail('let tail = "";\n  if (a) {\n    tail = "Take your time.";\n  }')).toMatchInlineSnapshot(`
      ""Answer this question: "
      {q} [request]
      " "
      include tail
        if a [request]
          "Take your time.""
    `);
    expect(
      tail(
        'let tail = "";\n  if (a) tail = "Be slow.";\n  else if (b) tail = "Be quick.";\n  else { tail = `See ${b}.`; }',
      ),
    ).toMatchInlineSnapshot(`
      ""Answer this question: "
      {q} [request]
      " "
      include tail
        if a [request]
          "Be slow."
        else
          if b [request]
            "Be quick."
          else
            "See "
            {b} [request]
            ".""
    `);
  });

  test.each([
    ["a loop", 'let tail = "";\n  for (const x of a) { tail = "Be slow."; }'],
    ["another function", 'let tail = "";\n  b.forEach(() => { tail = "Be slow."; });'],
    ["a value that only a run knows", 'let tail = "";\n  if (a) { tail = load(q); }'],
  ])("are a hole where %s decides", (_, lines) => {
    expect(tail(lines)).toContain("{tail} [");
  });
});

describe("names", () => {
  test("stand for what they were given: constants, members, enums, classes, destructured objects", () => {
    expect(
      last(`
const rules = "Be brief.";
const PARTS = { tone: "Be kind.", deep: { end: "Good luck." } } as const;
enum Words { Hello = "Hello there." }
class Base { static readonly help = "Ask for help."; }
const { tone } = PARTS;
const prompt = \`\${Words.Hello} \${rules} \${PARTS.tone} \${PARTS["deep"].end} \${Base.help} \${tone} Go on.\`;
`),
    ).toMatchInlineSnapshot(`
      "include Words.Hello
        "Hello there."
      " "
      include rules
        "Be brief."
      " "
      include PARTS.tone
        "Be kind."
      " "
      include PARTS["deep"].end
        "Good luck."
      " "
      include Base.help
        "Ask for help."
      " "
      include tone
        "Be kind."
      " Go on.""
    `);
  });

  test("of members are seen from methods, also those of a base class and of getters", () => {
    expect(
      last(
        'class Base { tone = "Be kind."; get style() { return "Be brief."; } }\nclass Child extends Base {\n' +
          "  prompt() { return `You answer questions. ${this.tone} ${this.style}`; }\n}",
      ),
    ).toMatchInlineSnapshot(`
      ""You answer questions. "
      include this.tone
        "Be kind."
      " "
      include this.style
        "Be brief.""
    `);
  });

  test("are those of the block that they stand in", () => {
    expect(
      last(
        'const part = "of the module";\nfunction f() { { const part = "of a block"; }\n  const prompt = `Say these words: ${part}`;\n}',
      ),
    ).toContain('"of the module"');
  });

  test("that are given more than one value are holes", () => {
    expect(last('let x = "one"; x = "two";\nconst prompt = `Answer the question with ${x}.`')).toContain(
      "{x} [request]",
    );
  });

  test("that grow have all their parts", () => {
    expect(
      last(
        "function f(q, long) {\n  let prompt = 'Answer this question: ';\n  prompt += q;\n  if (long) prompt += ' at length';\n  return send({ prompt, model: 'm' });\n}",
      ),
    ).toMatchInlineSnapshot(`
      "include prompt
        "Answer this question: "
        {q} [request]
        if long [request]
          " at length""
    `);
  });

  test("in a circle end", () => {
    expect(
      show("const aPrompt = `Take this text ${bPrompt}`; const bPrompt = `and that text ${aPrompt}`;"),
    ).toContain("{bPrompt}");
    expect(show("const prompt = `Take this text ${prompt}`;")).toMatchInlineSnapshot(`
      ""Take this text "
      {prompt} [session]"
    `);
    expect(show("const f = (x) => `some words ${f(x)}`; const prompt = `Take this text ${f(1)}`;")).toContain(
      "{call f}",
    );
  });

  test("that double their text again and again are cut off", () => {
    const lines = ['const a0 = "some words to say again ";'];
    for (let i = 1; i < 60; i++) lines.push(`const a${i} = a${i - 1} + a${i - 1};`);
    const [template] = templates(`${lines.join("\n")}\nconst prompt = "Say this: " + a59;\n`);
    expect(plainText(template?.segments ?? []).length).toBeLessThan(400_000);
  });
});

describe("functions", () => {
  test("give back a text, with what they are called with in it", () => {
    const text = `
const intro = (name: string) => \`You are the helpful \${name}.\`;
export const systemPrompt = ({ name, rules }: Options) => { const head = intro(name); return \`\${head} Follow: \${rules}\`; };
const answer = await generateText({ model, system: systemPrompt({ name: "librarian", rules: agent.rules }), prompt: q });
`;
    expect(names(text)).toEqual(["systemPrompt partial", "generateText request"]);
    expect(last(text)).toMatchInlineSnapshot(`
      "<system>
      include systemPrompt()
        include head
          include intro()
            "You are the helpful "
            include name
              "librarian"
            "."
        " Follow: "
        {agent.rules} [constant]
      <user>
      {q} [request]"
    `);
  });

  test("that give back one of several texts are blocks", () => {
    expect(
      last(`
function stylePrompt(kind) {
  if (kind === "none") return "";
  switch (kind) {
    case "short":
    case "brief": return "Answer in one sentence.";
    case "long": { return "Answer in ten sentences."; }
    default: throw new Error("no such kind");
  }
}`),
    ).toMatchInlineSnapshot(`
      "if kind === "short" [request]
        "Answer in one sentence."
      else
        if kind === "brief" [request]
          "Answer in one sentence."
        else
          "Answer in ten sentences.""
    `);
    expect(
      last(
        "const aPrompt = (x) => { try { if (x) { return 'Answer with great care'; } else { return 'Answer at once'; } } catch { return '' } };",
      ),
    ).toMatchInlineSnapshot(`
      "if x [request]
        "Answer with great care"
      else
        "Answer at once""
    `);
  });

  test("whose loops decide are not followed", () => {
    expect(
      show(
        "function aPrompt(xs) { for (const x of xs) { return `Answer this for ${x}`; } return 'Answer that please'; }",
      ),
    ).toBe("");
  });
});

describe("requests", () => {
  test("OpenAI: messages, tools, what is pushed, earlier turns", () => {
    const [template] = templates(`
const tools = [{ type: "function", function: { name: "look_up", parameters: { type: "object", strict: true } } }];
async function answer(question: string, history: Message[]) {
  const messages: Message[] = [{ role: "system", content: "You are a helpful librarian." }, ...history];
  messages.push({ role: "user", content: \`Question: \${question}\` });
  return client.chat.completions.create({ model: "m", messages, tools });
}`);
    expect(template?.usage).toBe("request");
    expect(template?.tools?.map(({ name, json }) => [name, json])).toMatchInlineSnapshot(`
      [
        [
          "look_up",
          "{"type":"function","function":{"name":"look_up","parameters":{"type":"object","strict":true}}}",
        ],
      ]
    `);
    expect(printSegments(template?.segments ?? [])).toMatchInlineSnapshot(`
      "include messages
        <system>
        "You are a helpful librarian."
        {history history} [session]
        <user>
        "Question: "
        {question} [request]"
    `);
    expect(
      show("client.responses.create({ instructions: 'Talk like a pirate.', input: question, model })"),
    ).toMatchInlineSnapshot(`
      "<system>
      "Talk like a pirate."
      <user>
      {question} [request]"
    `);
  });

  test("Anthropic: marks for the cache, and the system prompt first wherever it is written", () => {
    const text = `
await client.messages.create({
  messages: [{ role: "user", content: [{ type: "text", text: \`Read this \${book}\` }] }],
  system: [{ type: "text", text: "You know all books.", cache_control: { type: "ephemeral", ttl: "1h" } }],
});`;
    const [template] = templates(text);
    expect(printSegments(template?.segments ?? [])).toMatchInlineSnapshot(`
      "<system>
      "You know all books."
      <user>
      include Read this 
        "Read this "
      include \${book}
        {book} [request]"
    `);
    const [marker] = template?.cacheMarkers ?? [];
    expect(text.slice(0, marker?.end).endsWith('"You know all books."')).toBe(true);
    expect(marker?.isLong).toBe(true);
  });

  test("AI SDK: tools by name, messages of a run, marks for the cache", () => {
    const [template] = templates(`
const result = streamText({
  model,
  system: "You tell the weather.",
  messages: convertToModelMessages(messages),
  tools: { weather: tool({ description: "Tells the weather", inputSchema: schema }), clock: { description: "Tells the time" } },
});`);
    expect(printSegments(template?.segments ?? [])).toMatchInlineSnapshot(`
      "<system>
      "You tell the weather."
      {history convertToModelMessages} [session]"
    `);
    expect(template?.tools?.map(({ json }) => json)).toMatchInlineSnapshot(`
      [
        "{"type":"function","function":{"name":"weather","description":"Tells the weather","parameters":"{schema}"}}",
        "{"type":"function","function":{"name":"clock","description":"Tells the time"}}",
      ]
    `);
    const [marked] = templates(`
await generateText({ messages: [{ role: "system", content: "You know all books.", providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } } }] });`);
    expect(marked?.cacheMarkers).toHaveLength(1);
  });

  test("LangChain: pairs, placeholders, classes, single templates", () => {
    expect(
      show(
        'const p = ChatPromptTemplate.fromMessages([["system", "You are {role}. Use {{braces}}."], new MessagesPlaceholder("history"), ["human", "{question}"]]);',
      ),
    ).toMatchInlineSnapshot(`
      "<system>
      "You are "
      {role} [request]
      ". Use {braces}."
      {history history} [session]
      <user>
      {question} [request]"
    `);
    expect(
      show('const p = PromptTemplate.fromTemplate("Translate {text} to French.");'),
    ).toMatchInlineSnapshot(`
      ""Translate "
      {text} [request]
      " to French.""
    `);
    expect(
      show(
        'const p = new PromptTemplate({ template: "Translate {text} to French.", inputVariables: ["text"] });',
      ),
    ).toMatchInlineSnapshot(`
      ""Translate "
      {text} [request]
      " to French.""
    `);
    expect(
      show('await llm.invoke([new SystemMessage("You are a poet."), new HumanMessage({ content: theme })]);'),
    ).toMatchInlineSnapshot(`
      "<system>
      "You are a poet."
      <user>
      {theme} [request]"
    `);
  });

  test("lists of messages and agents by themselves", () => {
    expect(
      show(
        'export const chat = [{ role: "system", content: "You are a poet of old." }, { role: "user", content: theme }];',
      ),
    ).toMatchInlineSnapshot(`
      "<system>
      "You are a poet of old."
      <user>
      {theme} [request]"
    `);
    expect(
      names('export const agent = new Agent({ name: "a", instructions: "You plan journeys by train." });'),
    ).toEqual(["Agent instructions"]);
  });
});

describe("how often values change", () => {
  test.each([
    ["constants that are defaults", "cwd = WORK_DIR", "constant"],
    ["constants that are defaults, with a type", "cwd: string = WORK_DIR", "constant"],
    ["what somebody has to give", "cwd: string", "session"],
    ["questions that have a default", "cwd: string, question = DEFAULT_QUESTION", "session"],
  ])("parameters: %s", (_, parameters, scope) => {
    const name = parameters.includes("question") ? "question" : "cwd";
    const text = `export const getPrompt = (${parameters}) => \`You write code for people, in \${${name}} and nowhere else.\`;`;
    expect(last(text)).toContain(`{${name}} [${name === "question" ? "request" : scope}]`);
  });

  test.each([
    ["new Date()", "volatile", /new Date\(\)/],
    ["new Date().toISOString()", "volatile", /new Date\(\)/],
    ["Date.now()", "volatile", /Date\.now\(\)/],
    ["new Date(order.placed).getYear()", "request", /./],
    ["now.toLocaleDateString('de')", "day", /new Date\(\)`.*`now` is made of it/],
    ["stamp()", "volatile", /`stamp\(\)` is made of it/],
    ["crypto.randomUUID()", "volatile", /randomUUID/],
    ["id()", "volatile", /`id\(\)`/],
    ["nanoid()", "volatile", /nanoid/],
    ["Math.random().toFixed(2)", "volatile", /Math\.random/],
    ["performance.now()", "volatile", /performance\.now/],
    ["process.hrtime.bigint()", "volatile", /process\.hrtime/],
    ["process.env.REGION", "constant", /environment variable/],
    ["process.env['REGION']", "constant", /environment variable/],
    ["fs.readdirSync(folder).join()", "request", /no fixed order/],
    ["(await readdir(folder)).join()", "request", /no fixed order/],
    ["JSON.stringify(settings)", "constant", /keeps the key order/],
    ["Object.keys(given).join()", "request", /keeps the key order/],
    ["`${new Date()}`.slice(0, 10)", "day", /new Date/],
    ["format(new Date(), 'yyyy')", "day", /new Date/],
    ["Math.max(1, 2)", "constant", /nothing but constants/],
    ["Math.max(1, given.length, question)", "request", /./],
    ["new Map([['a', 1]]).size", "constant", /nothing but constants/],
    ["new Set([question]).size", "request", /./],
  ])("%s", (expression, scope, reason) => {
    const [hole] = holes(`
import { readdir } from "node:fs/promises";
import * as fs from "fs";
import { v4 as id } from "uuid";
import { nanoid } from "nanoid";
const stamp = () => { return new Date().getTime(); };
function make() {
  const now = new Date();
  const prompt = \`Answer this question: \${${expression}}\`;
}`);
    expect(hole?.scope.scope).toBe(scope);
    expect(hole?.scope.reason).toMatch(reason);
  });

  test("a listing that is put in order has one", () => {
    const [hole] = holes("const prompt = `Answer with these files: ${fs.readdirSync(x).sort().join()}`;");
    expect(hole?.scope.reason).not.toMatch(/no fixed order/);
  });

  test("the author knows best", () => {
    const text =
      "// promptcache: customer=tenant\n/* promptcache: now=request */\nconst prompt = `Write to ${customer.name} at ${now} o'clock`;";
    expect(show(text)).toMatchInlineSnapshot(`
      ""Write to "
      {customer.name} [tenant!]
      " at "
      {now} [request!]
      " o'clock""
    `);
    expect(show("// promptcache: customer=often\nconst prompt = 'Write to the customer';")).toContain(
      'at "often"',
    );
  });
});

describe("imports", () => {
  const resolve = (...documents: readonly SourceDocument[]) => {
    const byPath = new Map(documents.map((document) => [document.path, document]));
    const [first] = documents;
    const found = parseDocument(first!, parseTools).value;
    return resolveIncludes(found, (at) => byPath.get(at) ?? null, { tools: parseTools });
  };
  const main = (text: string): SourceDocument => ({ path: "src/chat/main.ts", text });
  const prompts: SourceDocument = {
    path: "src/prompts/system.ts",
    text: `
const base = "You are a helpful librarian.";
export const rules = "Be brief.";
export default base;
export { base as intro };
export const Prompts = { kind: { tone: "Be kind." } };
export enum Lines { End = "Good bye." }
export function greet(name: string) { return \`Greet \${name}.\`; }
`,
  };

  test.each([
    ['import { rules } from "../prompts/system";', "${rules}", "Be brief."],
    ['import { rules as r } from "../prompts/system.js";', "${r}", "Be brief."],
    ['import { rules } from "@/prompts/system";', "${rules}", "Be brief."],
    ['import base from "../prompts/system";', "${base}", "You are a helpful librarian."],
    ['import * as p from "../prompts/system";', "${p.intro}", "You are a helpful librarian."],
    ['import { Prompts } from "../prompts/system";', "${Prompts.kind.tone}", "Be kind."],
    ['import * as p from "../prompts/system";', "${p.Prompts.kind.tone}", "Be kind."],
    ['import { Lines } from "../prompts/system";', "${Lines.End}", "Good bye."],
    ['import { greet } from "../prompts/system";', "${greet(user)}", "Greet <hole>."],
    ['const { rules } = require("../prompts/system");', "${rules}", "Be brief."],
    ['const p = await import("../prompts/system.ts");', "${p.rules}", "Be brief."],
  ])("%s", (head, place, text) => {
    const { templates, problems } = resolve(
      main(`${head}\nexport const prompt = \`Say these words: ${place}\`;`),
      prompts,
    );
    expect(plainText(templates[0]?.segments ?? [])).toBe(`Say these words: ${text}`);
    expect([...problems]).toEqual([]);
  });

  test("are followed through modules that pass them on", () => {
    const index: SourceDocument = {
      path: "src/prompts/index.ts",
      text: 'export * from "./system";\nexport { base as start, default } from "./system.js";\nexport * from "./index";',
    };
    const text =
      'import start, { rules } from "../prompts";\nexport const prompt = `Say these words: ${rules} ${start}`;';
    const { templates, includes } = resolve(main(text), index, prompts);
    expect(plainText(templates[0]?.segments ?? [])).toBe(
      "Say these words: Be brief. You are a helpful librarian.",
    );
    expect([...(includes.get("src/chat/main.ts") ?? [])].sort()).toEqual([
      "src/prompts/index.ts",
      "src/prompts/system.ts",
    ]);
  });

  test("of packages, and of values that are no text, are holes", () => {
    const text =
      'import { rules } from "prompts";\nimport { client } from "./client";\nexport const prompt = `Say these words: ${rules} ${client.name}`;';
    const { templates, problems } = resolve(main(text), {
      path: "src/chat/client.ts",
      text: "export const client = connect();",
    });
    expect(printSegments(templates[0]?.segments ?? [])).toMatchInlineSnapshot(`
      ""Say these words: "
      {rules} [constant]
      " "
      {client.name} [session]"
    `);
    expect([...problems]).toEqual([]);
  });

  test("in a circle, and out of the workspace, are problems where they stand", () => {
    const text = 'import { b } from "./b";\nexport const aPrompt = `Say these words: ${b}`;';
    const other: SourceDocument = {
      path: "src/chat/b.ts",
      text: 'import { aPrompt } from "./main";\nexport const b = `and those ${aPrompt}`;',
    };
    const circle = resolve(main(text), other).problems;
    expect([...circle].map(([at, [problem]]) => [at, problem?.message])).toMatchInlineSnapshot(`
      [
        [
          "src/chat/b.ts",
          "\`aPrompt\` includes itself (main.ts#aPrompt → b.ts:b → main.ts#aPrompt): remove one of these includes.",
        ],
      ]
    `);
    const outside = 'import { b } from "../../../b";\nexport const prompt = `Say these words: ${b}`;';
    const { problems } = resolve(main(outside));
    const [problem] = problems.get("src/chat/main.ts") ?? [];
    expect(problem?.message).toContain("outside the workspace");
    expect(outside.slice(problem?.range.start, problem?.range.end)).toBe("${b}");
  });
});

describe("what is no prompt", () => {
  test.each([
    ["types", "src/prompts.d.ts"],
    ["packages", "node_modules/ai/prompts.js"],
    ["what was built", "dist/prompts.js"],
    ["minified files", "lib/prompts.min.js"],
  ])("%s are not read", (_, at) => {
    expect(javascript.matches(at)).toBe(false);
  });

  test("files without a word of prompts are not parsed; nor are bundles", () => {
    expect(formatOf({ path: "src/sum.ts", text: "export const sum = (a, b) => a + b;" })).toBeNull();
    const bundle = `const prompt="Answer in words";${"f(1);".repeat(40_000)}`;
    const document = { path: "src/all.js", text: bundle };
    expect([formatOf(document), refusalOf(document)]).toEqual([null, null]);
    const speaking = { ...document, text: `const prompt="You are a poet of words";${bundle}` };
    expect(formatOf(speaking)).toBeNull();
    expect(refusalOf(speaking)).toMatch(/^it is a bundle that speaks of prompts;/);
  });

  test.each([
    [
      "SQL",
      "const promptQuery = `SELECT id, name FROM prompts WHERE a = 1`;\nconst prompt = `SELECT x FROM y WHERE b = 2`;",
    ],
    ["HTML", "export const promptTemplate = `<!DOCTYPE html><html><body>Some words here</body></html>`;"],
    ["styles", "const Prompt = styled.div`color: red; margin: 0 auto; display: none;`;"],
    ["GraphQL", "const prompts = gql`query Prompts { prompts { id text author } }`;"],
    ["errors", "throw new Error(`The prompt is too long: ${prompt.length} of ${max} tokens`);"],
    ["logs", "console.log(`Sending the prompt to the model: ${prompt}`);"],
    [
      "questions at the terminal",
      'const prompt = "Enter your password: ";\nconst confirmPrompt = "Do you really want to go on? (y/n)";',
    ],
    [
      "roles of buttons",
      'const attributes = { role: "button", content: "Some words on it", "aria-label": "prompt" };',
    ],
    [
      "names of things",
      'const promptName = "the first prompt of all";\nconst PROMPT_TYPE = "system prompt of it";',
    ],
    ["identifiers", 'const promptNotSupported = "native_prompt_not_supported";'],
    ["streams of words", 'random.stream("some order", prompt, scope, call);'],
  ])("%s", (_, text) => {
    expect(names(text)).toEqual([]);
  });
});

describe("text that is no code yet", () => {
  const code = `import { a } from "./a";
/* promptcache: x=tenant */
export const systemPrompt = ({ x, y: z = 1 }) => { if (x) return \`You are \${x ? \`the \${a.b?.c}\` : "a"} bot\\u{1F600}.\`; return 'You' + " are\\
 so"; };
class A extends B { static prompt = dedent\`\n  Do \${new Date().toISOString()} this.\n  \`; get p() { return this.prompt; } }
const r = await generateText({ system: systemPrompt({ x: "one" }), messages: [...m, { role: "user", content: [{ type: "text", text: q }] }], tools: { t: tool({}) } });
enum E { A = "Say these words" } const { s, ...o } = { s: "t" }; export * from "./x"; export { s as default };
const list = [c && "d", ...e].filter(Boolean).map((i) => \`- \${i}\`).join("\\n"); let prompt = "Say "; for (const i of list) prompt += \`\${i} words\`;
`;

  test.each(["a.ts", "a.tsx", "a.js"])("%s cut anywhere keeps its promises", (at) => {
    for (let end = 0; end <= code.length; end++) {
      const cut = { path: at, text: code.slice(0, end) };
      const broken = brokenPromises(cut, parseDocument(cut, parseTools));
      if (broken.length > 0) expect(broken, `cut at ${end}`).toEqual([]);
      javascript.members?.(cut, parseTools);
    }
  });

  test.each(['const prompt = "', "const prompt = `some words ${", "create({ messages: [", "({ prompt: "])(
    "that goes on and on behind %j keeps its promises",
    (start) => {
      for (const more of ["(", "[", "{", "`${", "a + ", "a ? ", "f(", "${`", "\\", "'", "a.b?.c", "=> {"]) {
        const document = { path: "a.ts", text: start + more.repeat(2000) };
        expect(brokenPromises(document, parseDocument(document, parseTools))).toEqual([]);
      }
    },
  );

  test("trees are freed", () => {
    let open = 0;
    const syntax = {
      parse(language: CodeLanguage, text: string) {
        const tree = parseTools.syntax?.parse(language, text) ?? null;
        if (tree === null || tree === "endless") return tree;
        open++;
        const free = tree.delete.bind(tree);
        tree.delete = () => {
          open--;
          free();
        };
        return tree;
      },
    };
    javascript.parse({ path, text: code }, { syntax });
    javascript.members?.({ path, text: code }, { syntax });
    expect(open).toBe(0);
  });

  test("without a grammar there are no templates", () => {
    expect(parseDocument({ path, text: code }).value).toEqual([]);
  });
});
