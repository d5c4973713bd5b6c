import { describe, expect, test } from "vitest";
import { dollarNamesEngine } from "../../src/prompt/dollar-names.ts";
import type { Engine } from "../../src/prompt/embedded.ts";
import { namedPlacesEngine, strFormatEngine } from "../../src/prompt/str-format.ts";

/** Text as it is, holes as `<name>`, then the problems with what they point at. */
function show(engine: Engine, source: string): readonly string[] {
  const { value, problems } = engine("x", source, { start: 0, end: source.length });
  const line = value.segments.map((segment) =>
    segment.kind === "text" ? segment.text : segment.kind === "hole" ? `<${segment.name}>` : "?",
  );
  return [line.join(""), ...problems.map(({ range }) => `! ${source.slice(range.start, range.end)}`)];
}

describe("str.format, as Python reads it", () => {
  test.each([
    ["plain", ["plain"]],
    ["{a}", ["<a>"]],
    ["Hi {user.name}, {items[0]}!", ["Hi <user.name>, <items[0]>!"]],
    ["{} and {}", ["<0> and <1>"]],
    ["{0}{1}", ["<0><1>"]],
    ["{x!r}", ["<x>"]],
    ["{x:>10}", ["<x>"]],
    ["{x!r:{width}.{precision}}", ["<x>"]],
    ["{{x}}", ["{x}"]],
    ['{{"a": {a}}}', ['{"a": <a>}']],
    ["{{{a}}}", ["{<a>}"]],
    ["a } b", ["a } b", "! }"]],
    ["a {b", ["a <b>", "! {b"]],
    ["a {b\nc", ["a <b>\nc", "! {b"]],
    ["a {", ["a {", "! {"]],
    ['{ "json": 1', ['{ "json": 1', '! { "json": 1']],
    ["{a {b}", ["<a> <b>", "! {a "]],
    ["}}", ["}"]],
  ] as const)("%s", (source, expected) => {
    expect(show(strFormatEngine, source)).toEqual(expected);
  });

  test("a doubled brace has the offset of its first, and the text around it is one run", () => {
    const { value } = strFormatEngine("x", "a{{b}}", { start: 0, end: 6 });
    expect(value.segments).toEqual([
      {
        kind: "text",
        range: { start: 0, end: 6 },
        text: "a{b}",
        sourceOffsets: Int32Array.of(0, 1, 3, 4, 6),
      },
    ]);
  });

  test("declared scopes count, and history is told by its name", () => {
    const { value } = strFormatEngine(
      "x",
      "{chat_history}{topic}",
      { start: 0, end: 21 },
      new Map([["topic", "tenant"]]),
    );
    expect(value.segments).toMatchObject([
      { form: "history", scope: { scope: "session" } },
      { form: "variable", scope: { scope: "tenant", basis: "declared" } },
    ]);
  });
});

describe("named places", () => {
  test.each([
    ["{topic} Senior", ["<topic> Senior"]],
    ["{{topic}}", ["{<topic>}"]],
    ['{"a": 1} {} {a b} {a.b}', ['{"a": 1} {} {a b} {a.b}']],
    ["{a-b}{", ["<a-b>{"]],
  ] as const)("%s", (source, expected) => {
    expect(show(namedPlacesEngine, source)).toEqual(expected);
  });
});

describe("dollar names, as string.Template reads them", () => {
  test.each([
    [`$name, \${name}s`, ["<name>, <name>s"]],
    ["costs $$5 and $5", ["costs $5 and $5"]],
    ["$", ["$"]],
    [`\${a b}`, [`\${a b}`]],
  ] as const)("%s", (source, expected) => {
    expect(show(dollarNamesEngine, source)).toEqual(expected);
  });
});
