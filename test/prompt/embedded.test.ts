import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCurly } from "../../src/prompt/curly/segments.ts";
import { dollarNamesEngine } from "../../src/prompt/dollar-names.ts";
import {
  composeEmbedded,
  type EmbeddedText,
  EmbeddedTextBuilder,
  type Engine,
  embeddedSlice,
  outerRange,
  plainEngine,
  readEmbedded,
  sliceEmbedded,
} from "../../src/prompt/embedded.ts";
import { readJinja } from "../../src/prompt/jinja/segments.ts";
import { walkSegments } from "../../src/prompt/segments.ts";
import { semanticKernelEngine } from "../../src/prompt/semantic-kernel.ts";
import { namedPlacesEngine, strFormatEngine } from "../../src/prompt/str-format.ts";
import type { Segment, Template } from "../../src/prompt/template.ts";
import { brokenPromises } from "../support/check-template.ts";
import { printSegments } from "../support/print-segments.ts";

const path = "outer.txt";

/** A language of one rule: `%41` stands for `A`, by its code; `~` and blanks at the start of a line say nothing. */
function decode(source: string, start: number, end: number): EmbeddedText {
  const builder = new EmbeddedTextBuilder(source);
  for (let at = start; at < end; ) {
    const code = /^%([0-9A-F]{2})/.exec(source.slice(at, end));
    if (code !== null) builder.unit(String.fromCharCode(Number.parseInt(code[1]!, 16)), at, at + 3);
    else if (source[at] !== "~") builder.slice(at, at + 1);
    at += code === null ? 1 : 3;
  }
  return builder.build({ start, end });
}

const engines: Readonly<Record<string, Engine>> = {
  plain: plainEngine,
  jinja: readJinja,
  handlebars: (at, source, range, declared) =>
    readCurly(at, source, range, "handlebars", undefined, declared),
  mustache: (at, source, range, declared) => readCurly(at, source, range, "mustache", undefined, declared),
  "str.format": strFormatEngine,
  "named places": namedPlacesEngine,
  "dollar names": dollarNamesEngine,
  "semantic kernel": semanticKernelEngine,
};

function templateOf(
  embedded: EmbeddedText,
  engine: Engine,
): { template: Template; broken: readonly string[] } {
  const { value, problems } = readEmbedded(path, embedded, engine);
  const template: Template = {
    id: path,
    path,
    format: "test",
    name: path,
    range: embedded.range,
    usage: "request",
    segments: value.segments,
    samples: new Map(),
  };
  const document = { path, text: embedded.source };
  return { template, broken: brokenPromises(document, { value: [template], problems }) };
}

test("holes and text lie in the outer document", () => {
  const source = '"~Hello %7B%7Bname}},~ you"';
  const { template, broken } = templateOf(decode(source, 1, source.length - 1), readJinja);
  expect(broken).toEqual([]);
  expect(printSegments(template.segments)).toMatchInlineSnapshot(`
    ""Hello "
    {name} [session]
    ", you""
  `);
  const [hello, hole, you] = template.segments;
  expect(source.slice(hello!.range.start, hello!.range.end)).toBe("Hello ");
  expect(source.slice(hole!.range.start, hole!.range.end)).toBe("%7B%7Bname}}");
  expect(source.slice(you!.range.start, you!.range.end)).toBe(",~ you");
  expect(hello!.kind === "text" && hello!.sourceOffsets).toBe(undefined);
  expect(you!.kind === "text" && [...you!.sourceOffsets!]).toEqual([20, 22, 23, 24, 25, 26]);
});

test("problems lie in the outer document", () => {
  const source = "~~{% if %78 ~%}a";
  const { problems } = readEmbedded(path, decode(source, 0, source.length), readJinja);
  expect(problems.length).toBeGreaterThan(0);
  expect(source.slice(problems[0]!.range.start, problems[0]!.range.end)).toBe("{% if %78 ~%}");
});

test("an empty text stands at its place", () => {
  const empty = decode("ab~~cd", 2, 4);
  expect(outerRange(empty, { start: 0, end: 0 })).toEqual({ start: 2, end: 2 });
  expect(readEmbedded(path, empty, readJinja).value.segments).toEqual([]);
});

/** For every unit of static text its offset in the text that the engine read. */
function unitOffsets(segments: readonly Segment[]): readonly number[] {
  return [...walkSegments(segments)].flatMap((segment) => {
    if (segment.kind !== "text") return [];
    const { range, text, sourceOffsets } = segment;
    return Array.from({ length: text.length }, (_, unit) => sourceOffsets?.[unit] ?? range.start + unit);
  });
}

describe("round trip", () => {
  const piece = fc.constantFrom(
    ..."a|b |\n|~|%41|%0A|{{x}}|{{ x|upper }}|%7B{y}}|{% if x %}|{% else %}|{% endif %}|{{#x}}|{{/x}}|{{>p}}".split(
      "|",
    ),
    ..."{x}|{{|}}|{|}|{x!r:{w}}|$x|$$|{% for a in b %}|{% endfor %}|{{'%5Cn'}}|{# c #}".split("|"),
    "{% macro m() %}",
    "{% endmacro %}",
    "{{ m() }}",
    "{{$x}}",
    "{{a.b $x 'y'}}",
    "{{'%7B'}}",
    "%0D\n",
  );

  test.each(Object.entries(engines))("%s: every unit is mapped to what says it", (_name, engine) => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), fc.nat(3), (pieces, lead) => {
        const source = `${"<".repeat(lead)}${pieces.join("")}>`;
        const embedded = decode(source, lead, source.length - 1);
        const { template, broken } = templateOf(embedded, engine);
        expect(broken).toEqual([]);
        const { text, starts, ends } = embedded;
        const inner = unitOffsets(engine(path, text, { start: 0, end: text.length }).value.segments);
        expect(unitOffsets(template.segments)).toEqual(inner.map((offset) => starts[offset]));
        for (const offset of inner) {
          expect(decode(source, starts[offset]!, ends[offset]!).text).toBe(text[offset]);
        }
      }),
      { numRuns: 400, seed: 71_823 },
    );
  });

  test("the same segments as from the text itself, but for their ranges", () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 14 }),
        fc.constantFrom(...Object.keys(engines)),
        (pieces, name) => {
          const source = pieces.join("");
          const embedded = decode(source, 0, source.length);
          const direct = engines[name]!(path, embedded.text, { start: 0, end: embedded.text.length });
          const mapped = readEmbedded(path, embedded, engines[name]!);
          expect(printSegments(mapped.value.segments)).toBe(printSegments(direct.value.segments));
          expect(mapped.problems.map(({ message }) => message)).toEqual(
            direct.problems.map(({ message }) => message),
          );
        },
      ),
      { numRuns: 400, seed: 92_511 },
    );
  });

  test("text that is a slice gives the engine's own ranges", () => {
    const source = "before {{ a }} and {% if b %}c{% endif %} after";
    const range = { start: 7, end: source.length - 6 };
    const embedded = embeddedSlice(source, range);
    expect(readEmbedded(path, embedded, readJinja).value.segments).toEqual(
      readJinja(path, source, range).value.segments,
    );
  });

  test("text in text in a document is where it is written", () => {
    const source = "<%34%31~%2541b%34%32>";
    const outer = decode(source, 1, source.length - 1);
    expect(outer.text).toBe("41%41b42");
    const inner = decode(outer.text, 2, outer.text.length);
    const both = composeEmbedded(outer, inner);
    expect(both.text).toBe("Ab42");
    const written = [...both.text].map((_, unit) => source.slice(both.starts[unit], both.ends[unit]));
    expect(written).toEqual(["%2541", "b", "%34", "%32"]);
    expect(both.range).toEqual({ start: source.indexOf("%25"), end: source.length - 1 });
  });

  test("a slice of a text is the text of a slice", () => {
    const source = "ab%41~cd%42~e";
    const embedded = decode(source, 0, source.length);
    for (let from = 0; from <= embedded.text.length; from++) {
      for (let to = from; to <= embedded.text.length; to++) {
        const slice = sliceEmbedded(embedded, from, to);
        expect(slice.text).toBe(embedded.text.slice(from, to));
        expect(slice.range).toEqual(outerRange(embedded, { start: from, end: to }));
      }
    }
  });
});
