import { describe, expect, test } from "vitest";
import { readJinja } from "../../src/prompt/jinja/segments.ts";
import { splitAtMessageTags } from "../../src/prompt/message-tags.ts";
import { semanticKernelEngine } from "../../src/prompt/semantic-kernel.ts";
import { printSegments } from "../support/print-segments.ts";

function show(source: string): readonly string[] {
  const { value, problems } = semanticKernelEngine("x", source, { start: 0, end: source.length });
  return [
    ...printSegments(value.segments).split("\n"),
    ...problems.map(({ range }) => `! ${source.slice(range.start, range.end)}`),
  ];
}

describe("Semantic Kernel's templates", () => {
  test.each([
    ["a {{$topic}} b", ['"a "', "{topic} [request]", '" b"']],
    ["{{ $history }}", ["{history history} [session]"]],
    ["{{time.Date}}", ["{call time.Date} [day]"]],
    ["{{time.Now}}", ["{call time.Now} [volatile]"]],
    ["{{time.TimeZoneName}}", ["{call time.TimeZoneName} [tenant]"]],
    ["{{recall $user_name}}", ["{call recall} [session]"]],
    ["{{weather.today city='Bonn' unit=$unit}}", ["{call weather.today} [volatile]"]],
    ["{{Plugin.fn 'a }} b' $input}}!", ["{call Plugin.fn} [request]", '"!"']],
    ["say {{'it\\'s'}} twice", [`"say it's twice"`]],
    ["{{ }} and { } stay", ['"{{ }} and { } stay"']],
    ["{{ a b }}", ["{call a} [request]"]],
    ["{{ =x }}", ['"{{ =x }}"', "! {{ =x }}"]],
    ["Hi {{$na\nmore", ['"Hi "', "{na} [request]", '"\\nmore"', "! {{$na"]],
    ["{{", ['"{{"', "! {{"]],
    ["{{$a {{$b}}", ["{a} [request]", '" "', "{b} [request]", "! {{$a "]],
  ] as const)("%s", (source, expected) => {
    expect(show(source)).toEqual(expected);
  });

  test("a literal is text of the run around it, and the tag is where it is written", () => {
    const { value } = semanticKernelEngine("x", "a{{'b'}}c", { start: 0, end: 9 });
    expect(value.segments).toEqual([
      { kind: "text", range: { start: 0, end: 9 }, text: "abc", sourceOffsets: Int32Array.of(0, 1, 8, 9) },
    ]);
  });

  test("scopes that are declared count for values and for functions that are given them", () => {
    const source = "{{$a}}{{f $a}}";
    const declared = new Map([["a", "tenant"]] as const);
    const { value } = semanticKernelEngine("x", source, { start: 0, end: source.length }, declared);
    expect(printSegments(value.segments)).toBe("{a} [tenant!]\n{call f} [tenant!]");
  });

  test.each(["{{", "{{'", '{{ "x{{x" ', "{{$a ", "{{ a '{{' "])(
    "%s, repeated, is read to its end",
    (piece) => {
      const source = piece.repeat(20_000);
      expect(show(source).length).toBeGreaterThan(0);
    },
  );
});

describe("message tags", () => {
  const split = (source: string) => {
    const { value } = readJinja("x", source, { start: 0, end: source.length });
    return printSegments(splitAtMessageTags(value.segments)).split("\n");
  };

  test.each([
    ["no tags at all", ['"no tags at all"']],
    [
      '<message role="system">\n  Be kind.\n</message>\n<message role="user">{{ question }}</message>\n',
      ["<system>", '"Be kind."', "<user>", "{question} [request]"],
    ],
    ['lead <message role="assistant">a</message> tail', ['"lead "', "<assistant>", '"a"', '"tail"']],
    ["<message role='user' name=\"x\">a", ["<user>", '"a"']],
    ["<message role=", ['"<message role="']],
    [
      '{% for m in history %}<message role="{{ m.role }}">{{ m.content }}</message>{% endfor %}',
      [
        "for each turn of m in history [session]",
        '  if m.role == "user" [session]',
        "    <user>",
        "  else",
        "    <assistant>",
        "  {m.content} [session]",
      ],
    ],
  ] as const)("%s", (source, expected) => {
    expect(split(source)).toEqual(expected);
  });

  test.each(['<message role="a" ', "</message", " ", "<message role='"])(
    "%s, repeated, is read to its end",
    (piece) => {
      expect(split(piece.repeat(50_000)).length).toBe(1);
    },
  );
});
