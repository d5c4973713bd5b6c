import { describe, expect, it, test } from "vitest";
import { formatOf, parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { readTemplate, showTemplate } from "../../support/show-template.ts";

function show(text: string): string {
  const document = { path: "src/main/resources/prompts/answer.st", text };
  expect(brokenPromises(document, parseDocument(document))).toEqual([]);
  return showTemplate(document.path, text);
}

describe("places", () => {
  it.each([
    ["{question}", "{question} [request]"],
    ["{user.name}", "{user.name} [session]"],
    ['{rules; separator=", "}', "{rules} [constant]"],
    ["{first(questions)}", "{questions} [request]"],
    ["{format}", "{format} [constant]"],
    ["{current_date}", "{current_date} [day]"],
    ["{! a note !}", ""],
  ])("%s", (text, shown) => {
    const lines = show(`Say ${text}.`).split("\n");
    expect(lines.slice(1, -1).join("\n")).toBe(shown === "" ? "" : shown);
  });

  it("are escaped by a backslash, and JSON is none", () => {
    expect(show('Say \\{question\\} as {"a": 1} or {} of {word}.')).toBe(
      ['"Say {question} as {\\"a\\": 1} or {} of "', "{word} [request]", '"."'].join("\n"),
    );
  });

  it("are in angle brackets where no braces name one, but for tags", () => {
    const text = 'As {"answer": ""}, from <documents>.\nSay <question>.';
    expect(show(text)).toBe(
      [
        '"As {\\"answer\\": \\"\\"}, from "',
        "{documents} [request]",
        '".\\nSay "',
        "{question} [request]",
        '"."',
      ].join("\n"),
    );
    expect(show("<rules>Be brief.</rules> {question}")).toContain('"<rules>Be brief.</rules> "');
  });

  it("stand where they are written", () => {
    const text = 'Say {question; null="x"} now.';
    const hole = readTemplate("prompts/a.st", text).segments.find(({ kind }) => kind === "hole");
    expect(text.slice(hole!.range.start, hole!.range.end)).toBe('{question; null="x"}');
  });
});

describe("blocks", () => {
  it("are conditions with their other cases", () => {
    expect(show("{if(isMail)}Long.{elseif(!short)}Short {word}.{else}Any.{endif} End")).toBe(
      [
        "if isMail [constant]",
        '  "Long."',
        "else",
        "  if !short [request]",
        '    "Short "',
        "    {word} [request]",
        '    "."',
        "  else",
        '    "Any."',
        '" End"',
      ].join("\n"),
    );
  });

  it("are loops, whose items change with the list", () => {
    expect(show("{documents:{doc | - {doc.title} of {it}\n}}End")).toBe(
      [
        "for doc in documents [request]",
        '  "- "',
        "  {doc.title} [request]",
        '  " of "',
        "  {it} [request]",
        '  "\\n"',
        '"End"',
      ].join("\n"),
    );
  });
});

test.each([
  ["{if(a)} x", "`if` is not closed"],
  ["x {endif}", "`endif` belongs to no `if`"],
])("%s has a problem", (text, message) => {
  expect(show(text)).toContain(message);
});

test.each([
  ["src/main/resources/prompts/system-message.st", "Be brief.", "string-template"],
  ["src/main/resources/system-qa.st", "Be brief.", "string-template"],
  ["src/main/resources/templates/joke.st", "You are a poet of {subject}.", "string-template"],
  ["src/main/resources/templates/page.st", "<html>{body}</html>", undefined],
  ["src/Kernel/Object.st", "Object subclass: #Assistant\n  instanceVariableNames: ''", undefined],
  ["codegen/prompts.st", "import java.util.List;\nclass {name} { }", undefined],
])("%s", (path, text, format) => {
  expect(formatOf({ path, text })?.id).toBe(format);
});

test("a system message is one of instructions", () => {
  expect(readTemplate("prompts/system-message.st", "You are {name}.").usage).toBe("instructions");
  expect(readTemplate("prompts/user-message.st", "Say {word}.").usage).toBe("request");
});
