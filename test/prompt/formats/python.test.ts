import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { HoleSegment, Template } from "../../../src/prompt/template.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { parseTools } from "../../support/parse-tools.ts";
import { printSegments } from "../../support/print-segments.ts";
import { readTemplate, showTemplate } from "../../support/show-template.ts";

const path = "app/answer.py";
const show = (text: string) => showTemplate(path, text, parseTools);
const templates = (text: string, at = path): readonly Template[] =>
  parseDocument({ path: at, text }, parseTools).value;

/** The segments of the last template: what comes before it is only what it refers to. */
function last(text: string): string {
  const template = templates(text).at(-1);
  return template === undefined ? "" : printSegments(template.segments);
}

function holes(template: Template | undefined): readonly HoleSegment[] {
  return [...walkSegments(template?.segments ?? [])].filter((segment) => segment.kind === "hole");
}

describe("strings", () => {
  test.each([
    ["plain", '"Answer in one sentence."', "Answer in one sentence."],
    ["single quotes", "'Answer \"in\" one sentence.'", 'Answer "in" one sentence.'],
    ["escapes", '"A line\\nand \\x41\\u00e9\\101 \\t\\\\ end."', "A line\nand AéA \t\\ end."],
    ["long escapes", '"Words and \\U0001F600 faces."', "Words and 😀 faces."],
    ["named characters", '"Words \\N{EM DASH} and words."', "Words — and words."],
    ["unknown named characters", '"Words \\N{NO SUCH THING} and words."', "Words \uFFFD and words."],
    ["unknown escapes stay", '"Match \\d and more words."', "Match \\d and more words."],
    ["raw", 'r"Match \\d\\n and more words."', "Match \\d\\n and more words."],
    ["continued lines", '"""One line \\\ngoes on here."""', "One line goes on here."],
    ["continued lines with carriage returns", '"""One line \\\r\ngoes on here."""', "One line goes on here."],
    ["line ends are one unit", '"""One line\r\nand another one."""', "One line\nand another one."],
    [
      "implicit concatenation",
      '("One part " "and another " \'part of it\')',
      "One part and another part of it",
    ],
    ["explicit concatenation", '"One part " + "and " + "another part"', "One part and another part"],
    ["repetition", '"Words before it " + "-" * 3', "Words before it ---"],
    ["doubled braces of f-strings", 'f"Answer as {{json}} in words."', "Answer as {json} in words."],
    ["stripped", '"""\n  Answer in words.\n""".strip()', "Answer in words."],
    ["stripped of characters", '"--Answer in words.--".lstrip("-")', "Answer in words.--"],
    ["joined", '" ".join(["Answer", "in", "three words."])', "Answer in three words."],
    [
      "dedented",
      'textwrap.dedent("""\\\n    Answer in words:\n      - short\n  \n    - plain\n""")',
      "Answer in words:\n  - short\n\n- plain\n",
    ],
    ["str.format without places", '"Answer as {{json}} in words.".format()', "Answer as {json} in words."],
    ["percent signs", '"Be %d%% sure of it." % 90', "Be 90% sure of it."],
  ])("%s", (_, expression, text) => {
    const { segments } = readTemplate(path, `PROMPT = ${expression}\n`, parseTools);
    expect(plainText(segments)).toBe(text);
  });

  test("bytes are no text", () => {
    expect(templates('PROMPT = b"Answer in one sentence."')).toEqual([]);
  });

  test("values become holes: f-strings, sums, formats", () => {
    expect(show('PROMPT = f"Answer {question!r:>20} of {user.name} now"')).toMatchInlineSnapshot(`
      ""Answer "
      {question} [request]
      " of "
      {user.name} [session]
      " now""
    `);
    expect(show('PROMPT = "Answer this question: " + question + " in words"')).toMatchInlineSnapshot(`
      ""Answer this question: "
      {question} [request]
      " in words""
    `);
    expect(
      show('PROMPT = "Answer the {q} of {user.name}, {0}".format("soon", q=question)'),
    ).toMatchInlineSnapshot(`
      ""Answer the "
      {q} [request]
      " of "
      {user.name} [session]
      ", "
      include 0
        "soon""
    `);
    expect(show('PROMPT = "Answer the %s of %(name)s" % question')).toMatchInlineSnapshot(`
      ""Answer the "
      {question} [request]
      " of "
      {name} [session]"
    `);
    expect(
      show('PROMPT = Template("Answer the $q for all of $$5 now").substitute(q=question)'),
    ).toMatchInlineSnapshot(`
      ""Answer the "
      {q} [request]
      " for all of $5 now""
    `);
    expect(show('PROMPT = f"Answer these questions: {questions=}"')).toMatchInlineSnapshot(`
      ""Answer these questions: "
      "questions="
      {questions} [request]"
    `);
  });

  test("a value in two forms is a block", () => {
    expect(
      show('PROMPT = "Answer in " + ("German" if is_german else "plain English") + ", with care."'),
    ).toMatchInlineSnapshot(`
      ""Answer in "
      if is_german [constant]
        "German"
      else
        "plain English"
      ", with care.""
    `);
  });

  test("a value, or a text where there is none, is a block", () => {
    expect(
      last('def f(given):\n    system_prompt = given or "You are a helpful assistant."\n'),
    ).toMatchInlineSnapshot(`
      "if given [request]
        {given} [request]
      else
        "You are a helpful assistant.""
    `);
    expect(
      last("def f(x):\n    prompt = f\"Answer with care: {x if x else 'anything'}\"\n"),
    ).toMatchInlineSnapshot(`
      ""Answer with care: "
      if x [request]
        {x} [request]
      else
        "anything""
    `);
  });

  test("a constant with places is a format string, one with other braces is not", () => {
    expect(show('PROMPT = "Answer the {question} as {{json}}."')).toMatchInlineSnapshot(`
      ""Answer the "
      {question} [request]
      " as {json}.""
    `);
    expect(show(`PROMPT = 'Answer as {"key": "value"}, in {words}.'`)).toMatchInlineSnapshot(
      `""Answer as {\\"key\\": \\"value\\"}, in {words}.""`,
    );
    expect(
      show('PROMPT = "Answer the {{ question }} in words.{% if x %} Yes.{% endif %}"'),
    ).toMatchInlineSnapshot(`
      ""Answer the "
      {question} [request]
      " in words."
      if x [request]
        " Yes.""
    `);
  });
});

describe("names", () => {
  test("stand for what they were given", () => {
    expect(
      last(
        'RULES = "Be brief."\ndef ask(q):\n    intro = "Follow these rules: "\n    prompt = f"{intro}{RULES} {q}"\n',
      ),
    ).toMatchInlineSnapshot(`
      "include intro
        "Follow these rules: "
      include RULES
        "Be brief."
      " "
      {q} [request]"
    `);
  });

  test("of classes are inherited", () => {
    expect(
      last(
        'class Base:\n    tone = "Be kind to them."\nclass Child(Base):\n    def prompt(self):\n' +
          '        return f"You answer questions. {self.tone}"\n',
      ),
    ).toMatchInlineSnapshot(`
      ""You answer questions. "
      include self.tone
        "Be kind to them.""
    `);
  });

  test("that are given more than one value are holes", () => {
    expect(
      last('if a:\n    x = "one"\nif b:\n    x = "two"\nPROMPT = f"Answer the question with {x}."'),
    ).toContain("{x} [request]");
  });

  test("that grow have all their parts", () => {
    expect(
      last(
        'def f(q, long):\n    prompt = "Answer this question: "\n    prompt += q\n    if long:\n        prompt += " at length"\n    return send(prompt=prompt, model="m")\n',
      ),
    ).toMatchInlineSnapshot(`
      "include prompt
        "Answer this question: "
        {q} [request]
        if long [request]
          " at length""
    `);
  });

  test("that are given one of two texts are a block", () => {
    expect(
      last(
        'def f(q, long):\n    if long:\n        tail = "Take your time."\n    else:\n        tail = "Be quick."\n    prompt = f"Answer this: {q} {tail}"\n',
      ),
    ).toMatchInlineSnapshot(`
      ""Answer this: "
      {q} [request]
      " "
      include tail
        if long [request]
          "Take your time."
        else
          "Be quick.""
    `);
  });

  const tail = (lines: readonly string[]) =>
    last(
      `def f(q, a, b):\n${lines.map((line) => `    ${line}\n`).join("")}    prompt = f"Answer this question: {q} {tail}"\n`,
    );

  test("that stand in for an empty text are a block", () => {
    expect(tail(['tail = ""', "if a:", '    tail = "Take your time."'])).toMatchInlineSnapshot(`
      ""Answer this question: "
      {q} [request]
      " "
      include tail
        if a [request]
          "Take your time.""
    `);
    const inTry =
      'def f(q, a):\n    try:\n        tail = ""\n        if a:\n            tail = f"Read {q} twice."\n        prompt = f"Answer this: {q} {tail}"\n    except OSError:\n        pass\n';
    expect(last(inTry)).toMatchInlineSnapshot(`
      ""Answer this: "
      {q} [request]
      " "
      include tail
        if a [request]
          "Read "
          {q} [request]
          " twice.""
    `);
  });

  test("of which several branches give one are blocks in each other", () => {
    expect(
      tail(['tail = ""', "if a:", '    tail = "Be slow."', "elif b:", '    tail = "Be quick."']),
    ).toMatchInlineSnapshot(`
      ""Answer this question: "
      {q} [request]
      " "
      include tail
        if a [request]
          "Be slow."
        else
          if b [request]
            "Be quick.""
    `);
  });

  test.each([
    ["a loop", ['tail = "Be quick."', "for x in a:", '    tail = "Be slow."']],
    [
      "a branch that leaves it unset",
      ["if a:", '    tail = "Be slow."', "elif b:", '    tail = "Be quick."'],
    ],
    [
      "a value that only a run knows",
      ['tail = ""', "if a:", '    tail = "Be slow."', "if b:", "    tail = q"],
    ],
  ])("are a hole where %s decides", (_, lines) => {
    expect(tail(lines)).toContain("{tail} [");
  });

  test.each([
    ["sections", '"\\n".join(f"{i}. {s}" for i, s in enumerate(sections))'],
    ["names", "names"],
    ["flag", "str(flag).lower()"],
    ["payload", '(payload.get("repository") or {}).get("full_name")'],
  ])("are called %s, not as the function around it", (name, expression) => {
    const text = `def f(q, sections, flag, payload):\n    names = []\n    for s in sections:\n        if s:\n            names.append(s)\n    prompt = f"Answer this question: {${expression.replaceAll('"', "'")}}"\n`;
    const found = [...walkSegments(templates(text).at(-1)?.segments ?? [])];
    expect(found.flatMap((segment) => ("name" in segment ? [segment.name] : []))).toContain(name);
  });

  test("a text for every item is a loop, in comprehensions and in statements", () => {
    expect(
      last(
        'def f(examples, docs):\n    shots = "\\n".join(f"Q: {e.question}" for e in examples)\n    prompt = f"Answer like this:\\n{shots}\\n"\n' +
          '    for doc in docs:\n        prompt += f"Document {doc.title}\\n"\n    return send(prompt=prompt, model="m")\n',
      ),
    ).toMatchInlineSnapshot(`
      "include prompt
        "Answer like this:\\n"
        include shots
          for e in examples [constant]
            "Q: "
            {e.question} [request]
            include separator
              "\\n"
        "\\n"
        for doc in docs [request]
          "Document "
          {doc.title} [request]
          "\\n""
    `);
  });

  test("of functions stand for the text that they return", () => {
    const found = templates(
      'def intro(name):\n    return f"You are the helpful {name}."\ndef system_prompt(name, rules):\n    return intro(name) + " Follow these rules: " + rules\n' +
        'client.create(messages=[{"role": "system", "content": system_prompt(n, r)}, {"role": "user", "content": q}])\n',
    );
    expect(found.map(({ name, usage }) => `${name} ${usage}`)).toEqual([
      "system_prompt partial",
      "client.create request",
    ]);
    expect(printSegments(found.at(-1)?.segments ?? [])).toMatchInlineSnapshot(`
      "<system>
      include system_prompt()
        include intro()
          "You are the helpful "
          {n} [constant]
          "."
        " Follow these rules: "
        {rules} [constant]
      <user>
      {q} [request]"
    `);
    expect(show('def f(x):\n    return "some words " + f(x)\nPROMPT = "more words " + f(1)')).toContain(
      "{call f}",
    );
  });

  test("in a circle end", () => {
    expect(show('A_PROMPT = "Take this text " + B_PROMPT\nB_PROMPT = "and that text " + A_PROMPT')).toContain(
      "{B_PROMPT}",
    );
    expect(show('PROMPT = "Take this text " + PROMPT')).toMatchInlineSnapshot(`
      ""Take this text "
      {PROMPT} [session]"
    `);
  });

  test("that double their text again and again are cut off", () => {
    const lines = ['A0 = "some words to say again "'];
    for (let i = 1; i < 60; i++) lines.push(`A${i} = A${i - 1} + A${i - 1}`);
    const [template] = templates(`${lines.join("\n")}\nPROMPT = "Say this: " + A59\n`);
    expect(plainText(template?.segments ?? []).length).toBeLessThan(400_000);
  });
});

describe("requests", () => {
  test("OpenAI: messages, tools, what is appended, earlier turns", () => {
    const [template] = templates(`
TOOLS = [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "strict": True}}}]
def answer(question, history):
    messages = [{"role": "system", "content": "You are a helpful librarian."}, *history]
    messages.append({"role": "user", "content": f"Question: {question}"})
    return client.chat.completions.create(model="m", messages=messages, tools=TOOLS)
`);
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
  });

  test("Anthropic: the system prompt comes first wherever it is written; marks for the cache", () => {
    const text = `
client.messages.create(
    messages=[{"role": "user", "content": [{"type": "text", "text": "Read this " + book}]}],
    system=[{"type": "text", "text": "You know all books.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
)`;
    const [template] = templates(text);
    expect(printSegments(template?.segments ?? [])).toMatchInlineSnapshot(`
      "<system>
      "You know all books."
      <user>
      include Read this 
        "Read this "
      include book
        {book} [request]"
    `);
    const [marker] = template?.cacheMarkers ?? [];
    expect(text.slice(0, marker?.end).endsWith('"You know all books."')).toBe(true);
    expect(marker?.isLong).toBe(true);
  });

  test("LangChain: pairs, placeholders, single templates", () => {
    expect(
      show(
        'p = ChatPromptTemplate.from_messages([("system", "You are {role}. Use {{braces}}."), MessagesPlaceholder("history"), ("human", "{question}")])',
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
    expect(show('p = PromptTemplate.from_template("Translate {text} to French.")')).toMatchInlineSnapshot(`
      ""Translate "
      {text} [request]
      " to French.""
    `);
    expect(
      show('p = PromptTemplate(template="Translate {{ text }} to French.", template_format="jinja2")'),
    ).toMatchInlineSnapshot(`
      ""Translate "
      {text} [request]
      " to French.""
    `);
    expect(
      show('llm.invoke([SystemMessage(content="You are a poet."), HumanMessage(content=theme)])'),
    ).toMatchInlineSnapshot(`
      "<system>
      "You are a poet."
      <user>
      {theme} [request]"
    `);
  });

  test("Google, agents, lone prompts", () => {
    expect(
      show('m.generate_content(contents=question, config=Config(system_instruction="You know all birds."))'),
    ).toMatchInlineSnapshot(`
      "<system>
      "You know all birds."
      <user>
      include question
        {question} [request]"
    `);
    expect(
      show('agent = Agent(name="a", instructions="You plan journeys by train.")'),
    ).toMatchInlineSnapshot(`
      "<system>
      "You plan journeys by train.""
    `);
    expect(
      show('client.completions.create(model="m", prompt=f"Finish this story: {story}")'),
    ).toMatchInlineSnapshot(`
      ""Finish this story: "
      {story} [request]"
    `);
  });

  test("agents whose instructions a function returns", () => {
    const found = templates(
      'def plan_journeys():\n    return "You plan journeys by train."\nagent = Agent(name="a", instructions=plan_journeys)\n',
    );
    expect(found.map(({ name, usage }) => `${name} ${usage}`)).toEqual(["Agent instructions"]);
    expect(printSegments(found[0]?.segments ?? [])).toMatchInlineSnapshot(`
      "<system>
      include plan_journeys()
        "You plan journeys by train.""
    `);
  });

  test("functions that pass on what they are given send no prompt of their own", () => {
    expect(
      templates(
        'def send(system, text):\n    return client.chat(messages=[{"role": "system", "content": system}, {"role": "user", "content": text}])\n',
      ),
    ).toEqual([]);
  });

  test("a list of messages that nobody sends here is one as well", () => {
    expect(
      show(
        'EXAMPLES = [dict(role="user", content="What is two and two?"), dict(role="assistant", content="Four.")]',
      ),
    ).toMatchInlineSnapshot(`
      "<user>
      "What is two and two?"
      <assistant>
      "Four.""
    `);
  });
});

describe("what changes, and why", () => {
  test.each([
    ["datetime.now()", "volatile", "the call `datetime.now()` gives another text in every call"],
    [
      "datetime.now().strftime('%H')",
      "volatile",
      "the call `datetime.now()` gives another text in every call",
    ],
    ["datetime.datetime.utcnow().year", "day", "the call `datetime.datetime.utcnow()` gives another text"],
    ["date.today()", "day", "the call `date.today()` gives another text every day"],
    ["datetime.now():%d.%m.%Y", "day", "of which the day is written"],
    ["datetime.now():%d.%m.%Y %H:%M", "volatile", "the call `datetime.now()`"],
    ["int(time.time())", "volatile", "the call `time.time()`"],
    ["uuid.uuid4().hex", "volatile", "the call `uuid.uuid4()`"],
    ["random.choice(tips)", "volatile", "the call `random.choice()`"],
    ["secrets.token_hex(4)", "volatile", "the call `secrets.token_hex()`"],
    ["os.urandom(4)", "volatile", "the call `os.urandom()`"],
    ["', '.join(os.listdir(root))", "request", "the call `os.listdir()` gives its items in no fixed order"],
    ["set(tags)", "request", "has no order of its own"],
    ["', '.join({t.name for t in tags})", "request", "a set has no order of its own"],
    ["json.dumps(tenant)", "tenant", "`json.dumps` without `sort_keys` keeps the key order that it is given"],
    ["os.environ['REGION']", "constant", "`os.environ` reads an environment variable"],
    ["os.getenv('REGION')", "constant", "the call `os.getenv()` reads an environment variable"],
    ["len(TABLE_NAMES)", "constant", "`len()` is given nothing but constants"],
    ["max(1, LOWEST)", "constant", "`max()` is given nothing but constants"],
    ["user.name", "session", "speaks of one person"],
    ["question", "request", "speaks of what one call is about"],
  ])("%s is %s", (expression, scope, reason) => {
    const [hole] = holes(templates(`PROMPT = f"Here are some words: {${expression}}"`)[0]);
    expect(hole?.scope).toMatchObject({ scope, basis: "inferred" });
    expect(hole?.scope.reason).toContain(reason);
  });

  test("what methods make of a constant is one, unless they are given something", () => {
    const scopeOf = (value: string) =>
      holes(templates(`PROMPT = "Look into {place} before you answer".format(place=${value})`)[0])[0]?.scope
        .scope;
    expect(scopeOf("ROOT_PATH.resolve().absolute()")).toBe("constant");
    expect(scopeOf("ROOT_PATH.find(question)")).toBe("request");
    expect(scopeOf("root_path.resolve().absolute()")).toBe("session");
  });

  test("a guard that returns None hides nothing of the text behind it", () => {
    const source = `import datetime
def day_line(enabled):
    if not enabled:
        return None
    return f"Today is {datetime.date.today()}."
PROMPT = f"{day_line(True)} You answer questions on orders."
`;
    expect(show(source)).toContain("Today is ");
  });

  test("a name of a day that an f-string writes is of the day", () => {
    const [day] = holes(
      templates(`def ask():
    d = f"{datetime.datetime.now():%Y-%m-%d}"
    prompt = f"Here are the orders of {d}"
`)[0],
    );
    expect(day?.scope.scope).toBe("day");
  });

  test("a count of what is not known, or of a question, is no constant", () => {
    const scopeOf = (value: string) =>
      holes(templates(`PROMPT = f"Here are some words: {${value}}"`)[0])[0]?.scope;
    expect(scopeOf("len(blurb)")?.basis).toBe("unknown");
    expect(scopeOf("max(LOWEST, question)")?.scope).toBe("request");
  });

  test("sorted lists have an order, and sorted keys too", () => {
    const [files] = holes(templates(`PROMPT = f"Here are some files: {sorted(os.listdir(root))}"`)[0]);
    expect(files?.scope.reason).toContain("in a fixed order");
    const [data] = holes(templates(`PROMPT = f"Here is some data: {json.dumps(tenant, sort_keys=True)}"`)[0]);
    expect(data?.scope.reason).not.toContain("order");
  });

  test("variables, imports under other names and functions of the module are followed", () => {
    const [template] = templates(`
from datetime import datetime as dt
import uuid as u
def stamp():
    return dt.now().isoformat()
def ask(q):
    today = dt.today()
    later = today.isoformat()
    prompt = f"Words, words, words: {later} {stamp()} {u.uuid4()}"
    return prompt
`);
    expect(
      holes(template).map(({ name, scope }) => `${name}: ${scope.scope}, ${scope.reason}`),
    ).toMatchInlineSnapshot(`
      [
        "later: volatile, the call \`dt.today()\` gives another text at another time; \`today\` is made of it; \`later\` is made of it",
        "stamp: volatile, the call \`dt.now()\` gives another text in every call; \`stamp()\` is made of it",
        "u.uuid4: volatile, the call \`u.uuid4()\` gives another text in every call",
      ]
    `);
  });

  test("what the author declares counts", () => {
    expect(show('# promptcache: city=tenant\nPROMPT = f"Answer questions about {city} only."')).toContain(
      "{city} [tenant!]",
    );
    expect(show('PROMPT = "Answer in three words."  # promptcache: city=often')).toContain(
      'warning at "often": `often` is no scope',
    );
  });
});

describe("what is no prompt", () => {
  test.each([
    [
      "docstrings",
      'def prompt():\n    """Builds the system prompt for all of the models."""\n    return build()\n',
    ],
    ["help texts", 'parser.add_argument("--prompt", help="The system prompt that is sent to the model.")'],
    ["queries", 'SQL_PROMPT = """SELECT id, text FROM prompts WHERE system = 1"""'],
    [
      "programs",
      'WORKFLOW_PROMPT = """from typing import Literal\nimport {dataset}.template as operator\n\n{graph}\n"""',
    ],
    [
      "pictures",
      'image_prompt = f"""Create a professional, informative illustration for {topic}.\nUse a modern palette."""',
    ],
    [
      "pictures, by the call",
      'client.images.generate(prompt=f"A cat that sits on the roof of {house} at night", n=1)',
    ],
    [
      "pictures, by the model",
      'client.create(model="dall-e-3", prompt=f"A cat that sits on the roof of {house}")',
    ],
    [
      "videos, by the call",
      'pipe.text_to_video(prompt=f"A cat that sits on the roof of {house} at night", model=m)',
    ],
    ["log texts", 'logger.info("The system prompt has %d tokens in it", count)'],
    ["questions to the user", 'prompt = "Enter the name of your project: "\nname = input(prompt)'],
    ["yes or no", 'confirm_prompt = "Do you really want to delete all of the files?"'],
    ["shell prompts", 'PROMPT = "> "'],
    ["paths", 'PROMPT_PATH = "prompts/system prompt for all models.txt"'],
    ["names of models", 'call(model="some model", messages=messages)'],
    ["web addresses", 'INSTRUCTIONS = "https://example.org/how/to/do/it"'],
    ["markup", 'SYSTEM_TEMPLATE = "<!DOCTYPE html><p>Some words of a page</p>"'],
    ["how to install it", 'INSTALL_INSTRUCTIONS = "Run pip install with this name and wait."'],
    ["errors", 'raise ValueError("The prompt must not be empty, but it is.")'],
  ])("%s", (_, text) => {
    expect(templates(text)).toEqual([]);
  });

  test.each([
    [
      "descriptions of pictures",
      'PROMPT = """Create an image description of {image}, with its colour palette."""',
    ],
    ["prompts for pictures", 'PROMPT = """Write a prompt for an image with an aspect ratio of {ratio}."""'],
    [
      "what is to be seen",
      'PROMPT = """Create a visual description for a square advertisement, with a palette, of {product}."""',
    ],
    ["texts of ads", 'PROMPT = """Create an ad for {product}. Answer with one sentence of plain words."""'],
    [
      "calls that look at them",
      'client.create(model="gpt-4o", prompt=f"Say what is on the picture {picture}")',
    ],
    ["words about imports", 'PROMPT = """From here on import nothing but what {user} asks for."""'],
  ])("but %s are asked of a language model", (_, text) => {
    expect(templates(text)).toHaveLength(1);
  });

  test("code of others, and what no program is", () => {
    const text = 'SYSTEM_PROMPT = "You are a helpful assistant."';
    for (const other of ["setup.py", "lib/site-packages/x/prompts.py", "x/prompts.pyi"]) {
      expect(templates(text, other)).toEqual([]);
    }
    expect(templates(text, "tests/prompts.py")).toHaveLength(1);
  });
});

describe("modules and classes of prompts", () => {
  const text = 'again = "You did not do what you were asked to."\n';

  test("hold prompts under any name", () => {
    expect(templates(text)).toEqual([]);
    expect(templates(text, "app/review_prompts.py").map(({ name }) => name)).toEqual(["again"]);
    const inClass = `class ReviewPrompts:\n    again = "You did not do what you were asked to."\n`;
    expect(templates(inClass).map(({ name }) => name)).toEqual(["ReviewPrompts.again"]);
  });

  test("templates have their names, and those that others use are parts", () => {
    const found = templates(
      'TONE_PROMPT = "Be kind to them."\nSYSTEM_PROMPT = f"You answer questions. {TONE_PROMPT}"\nUSER_PROMPT = "Question: {question} of the user"\n',
    );
    expect(found.map(({ id, name, usage }) => `${id} ${name} ${usage}`)).toMatchInlineSnapshot(`
      [
        "app/answer.py#TONE_PROMPT TONE_PROMPT partial",
        "app/answer.py#SYSTEM_PROMPT SYSTEM_PROMPT instructions",
        "app/answer.py#USER_PROMPT USER_PROMPT request",
      ]
    `);
  });
});

describe("broken text", () => {
  const starts = [
    "",
    "PROMPT = ",
    'PROMPT = f"some words of it {',
    "client.create(messages=",
    "send(prompt=",
  ];
  const pieces = [
    ...`([{"'\\*`,
    "a+",
    '"a"+',
    "a.",
    "a.b(",
    "a[",
    "str(",
    "'''",
    "f'''{",
    "[{'role':'user','content':",
    "'{a}'.format(",
    "'%s' % (",
    "x if y else ",
    "lambda x:",
    "class A(B):\n ",
    "def f():\n return ",
    "if x:\n ",
    "prompt+='words of it'\n",
    "\\\n",
    "# promptcache: a\n",
    "{{",
    "}}",
    "\0",
    "😀",
  ];

  test.each(starts)("that goes on and on behind %j keeps its promises", (start) => {
    for (const piece of pieces) {
      const document = {
        path: "app/prompts.py",
        text: start + piece.repeat(Math.ceil(10_000 / piece.length)),
      };
      expect(brokenPromises(document, parseDocument(document, parseTools)), piece).toEqual([]);
    }
  });
});

function plainText(segments: Template["segments"]): string {
  return segments
    .map((segment) => {
      if (segment.kind === "text") return segment.text;
      return segment.kind === "include" ? plainText(segment.resolved?.segments ?? []) : `{${segment.kind}}`;
    })
    .join("");
}
