import { describe, expect, test } from "vitest";
import { readTemplate, showTemplate } from "../../support/show-template.ts";

const show = (text: string) => showTemplate("chat.prompty", text);
const head = (yaml: string) => `---\n${yaml}\n---\n`;

describe("messages", () => {
  test("role lines begin messages, and newlines around these fall away", () => {
    expect(
      show(`${head("name: x")}\nsystem:\n\n  Be kind.\n\n\nuser:\n{{question}}\n\n`),
    ).toMatchInlineSnapshot(`
      "<system>
      "  Be kind."
      <user>
      {question} [request]"
    `);
  });

  test("attributes, heading marks and capitals", () => {
    expect(show('# System:\na\nuser[name="Ann", id=3]:\nb\n  assistant:\nc')).toMatchInlineSnapshot(`
      "<system>
      "a"
      <user>
      "b"
      <assistant>
      "c""
    `);
  });

  test("text before the first role is the system's", () => {
    expect(show("Hello\nuser:\nhi")).toMatchInlineSnapshot(`
      "<system>
      "Hello"
      <user>
      "hi""
    `);
  });

  test("a role in the middle of a line is text", () => {
    expect(show("system:\nThe user: said\nuser: hi\n")).toMatchInlineSnapshot(`
      "<system>
      "The user: said\\nuser: hi""
    `);
  });

  test("a role may end the file", () => {
    expect(show("user:\nhi\nassistant:")).toMatchInlineSnapshot(`
      "<user>
      "hi"
      <assistant>"
    `);
  });

  test("carriage returns", () => {
    expect(
      show("---\r\nname: x\r\n---\r\nsystem:\r\nA\r\nB\r\n\r\nuser:\r\n{{q}}\r\n"),
    ).toMatchInlineSnapshot(`
      "<system>
      "A\\nB"
      <user>
      {q} [request]"
    `);
  });

  test("a role that follows a value is no role", () => {
    expect(show("system:\nA {{x}}user:\nb")).toMatchInlineSnapshot(`
      "<system>
      "A "
      {x} [request]
      "user:\\nb""
    `);
  });
});

describe("frontmatter", () => {
  test("may follow blank lines and comments, may be empty, may be missing", () => {
    expect(show("\n# note\n---\n---\nuser:\nhi")).toMatchInlineSnapshot(`
      "<user>
      "hi""
    `);
    expect(show("user:\nhi")).toMatchInlineSnapshot(`
      "<user>
      "hi""
    `);
  });

  test("samples of the first version", () => {
    const yaml =
      "sample:\n  question: Why?\n  chat_history: []\ninputs:\n  city:\n    type: string\n    default: Rome";
    expect([...readTemplate("a.prompty", `${head(yaml)}x`).samples]).toEqual([
      ["city", "Rome"],
      ["question", "Why?"],
      ["chat_history", "[]"],
    ]);
  });

  test("inputs of the second version, in every spelling", () => {
    const list = "inputs:\n  - name: a\n    default: 1\n  - name: b\n    kind: string";
    const properties = "inputSchema:\n  properties:\n    - name: c\n      default: true";
    const plain = "inputs:\n  d: x";
    expect([...readTemplate("a.prompty", `${head(list)}x`).samples]).toEqual([["a", "1"]]);
    expect([...readTemplate("a.prompty", `${head(properties)}x`).samples]).toEqual([["c", "true"]]);
    expect([...readTemplate("a.prompty", `${head(plain)}x`).samples]).toEqual([["d", "x"]]);
  });

  test("shapes that nothing is known of are tolerated", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what prompt files hold.
    const yaml = "inputs: ${file:schema.json}\nsample: ${file:sample.json}\ntemplate: [1, 2]\nname: 3";
    expect(show(`${head(yaml)}user:\nhi`)).toMatchInlineSnapshot(`
      "<user>
      "hi""
    `);
  });

  test("what is wrong with the YAML is shown where it is", () => {
    expect(show(`${head("name: x\nmodel: [a")}user:\nhi`)).toMatchInlineSnapshot(`
      "<user>
      "hi"
      error at "\\n": The frontmatter is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"
    `);
  });
});

describe("threads", () => {
  const thread = head("inputs:\n  - name: talk\n    kind: thread");

  test("stand for the earlier turns, and end the message before them", () => {
    expect(show(`${thread}system:\nBe kind.\n\n{{talk}}\n\nuser:\n{{q}}`)).toMatchInlineSnapshot(`
      "<system>
      "Be kind."
      {history talk} [session]
      <user>
      {q} [request]"
    `);
  });

  test("the message that they interrupt goes on after them", () => {
    expect(show(`${thread}user:\n{{talk}}\n{{q}}`)).toMatchInlineSnapshot(`
      "<user>
      {history talk} [session]
      <user>
      {q} [request]"
    `);
  });
});

describe("template engines", () => {
  test.each([
    "template: mustache",
    "template:\n  format: mustache",
    "template:\n  format:\n    kind: mustache",
  ])("%j", (yaml) => {
    expect(show(`${head(yaml)}user:\n{{#items}}\n- {{.}}\n{{/items}}\n{{! note }}\n{{q}}`)).toBe(
      ["<user>", "for items [request]", '  "- "', "  {items[]} [request]", '  "\\n"', "{q} [request]"].join(
        "\n",
      ),
    );
  });

  test("Jinja2 otherwise", () => {
    expect(
      show(`${head("template:\n  format: jinja2")}user:\n{% if q %}{{q}}{% endif %}`),
    ).toMatchInlineSnapshot(`
      "<user>
      if q [request]
        {q} [request]"
    `);
  });
});
