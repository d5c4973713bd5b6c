import { describe, expect, test } from "vitest";
import { BoundedJinja } from "../../../src/prompt/chat/bounded-jinja.ts";
import { formatDate } from "../../../src/prompt/chat/fixed-date.ts";

const steps = 100_000;

function render(source: string, variables = {}) {
  const compiled = BoundedJinja.compile(source);
  return "error" in compiled ? compiled : compiled.jinja.render(variables, steps);
}

describe("templates that do not end", () => {
  const doubling =
    "{% set s = namespace(t='ab') %}{% for i in range(60) %}{% set s.t = s.t ~ s.t %}{% endfor %}";
  test.each([
    ["a loop over a billion numbers", "{% for i in range(1000000000) %}x{% endfor %}", /list of more than/],
    ["a billion numbers that nobody looks at", "{{ range(0, 10 ** 9, 2) | length }}", /list of more than/],
    [
      "loops in loops",
      "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}",
      /too long/,
    ],
    [
      "loops in loops with nothing in them",
      "{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}",
      /too long/,
    ],
    [
      "loops over what was given, in loops",
      "{% for a in m %}{% for b in m %}{% for c in m if c %}{% endfor %}{% endfor %}{% endfor %}",
      /too long/,
    ],
    [
      "loops over keys, in loops",
      "{% for a in m %}{% for b in m %}{% for c in o %}{% endfor %}{% endfor %}{% endfor %}",
      /too long/,
    ],
    ["a text that doubles", doubling, /too long|text of more than/],
    [
      "a text that doubles and is asked for something",
      `${doubling}{{ 'x' in s.t }}`,
      /too long|text of more than/,
    ],
    [
      "a list that doubles",
      "{% set s = namespace(t=[1]) %}{% for i in range(60) %}{% set s.t = s.t + s.t %}{% endfor %}",
      /list|too long/,
    ],
    [
      "a macro that calls itself",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      /without end|too long|not a function/,
    ],
    ["an indentation of a billion", "{{ {'a': 1} | tojson(indent=1000000000) }}", /without end|text of more/],
    ["brackets without end", `{{ ${"(".repeat(50_000)}1${")".repeat(50_000)} }}`, /./],
    ["more than anyone writes", "x".repeat(200_001), /200001 characters/],
  ])("%s", (_, source, reason) => {
    const m = Array.from({ length: 1000 }, (_, index) => index + 1);
    const o = Object.fromEntries(m.map((key) => [`k${key}`, key]));
    expect(render(source, { m, o })).toEqual({ error: expect.stringMatching(reason) });
  });
});

test("a template that did not end is not tried again; one that raised is", () => {
  const compiled = BoundedJinja.compile(
    "{% if n > 9 %}{% for i in range(n) %}x{% endfor %}{% elif n > 1 %}{{ raise_exception('No.') }}{% endif %}ok",
  );
  if ("error" in compiled) throw new Error(compiled.error);
  const { jinja } = compiled;
  expect(jinja.render({ n: 2 }, steps)).toEqual({ error: "No." });
  expect(jinja.render({ n: 1 }, steps)).toEqual({ text: "ok" });
  const tooMuch = { error: expect.stringMatching(/list of more than/) };
  expect(jinja.render({ n: 10 ** 9 }, steps)).toEqual(tooMuch);
  expect(jinja.render({ n: 1 }, steps)).toEqual(tooMuch);
});

test("what raises, and what cannot be read, is an error in words", () => {
  expect(render("{{ raise_exception('Only one system message.') }}")).toEqual({
    error: "Only one system message.",
  });
  expect(render("{% if %}")).toEqual({ error: expect.stringMatching(/./) });
  expect(render("{{ 1 + }}")).toEqual({ error: expect.stringMatching(/./) });
  expect(render("{% include 'x' %}")).toEqual({ error: expect.stringMatching(/./) });
});

test("nothing of the outside world can be named", () => {
  for (const name of ["process", "globalThis", "require", "self", "cycler", "constructor", "__proto__"]) {
    expect(render(`{{ ${name} is defined }}`)).toEqual({ text: "false" });
  }
  expect(render("{{ ''.constructor is defined }}{{ [].constructor is defined }}")).toEqual({
    text: "falsefalse",
  });
});

test("range is Python's", () => {
  const source =
    "{{ range(3) | join }} {{ range(1, 4) | join }} {{ range(5, 0, -2) | join }} {{ range(2, 2) | length }}";
  expect(render(source)).toEqual({ text: "012 123 531 0" });
  expect(render("{{ range(1, 5, 0) | join }}")).toEqual({ error: expect.stringMatching(/step/) });
  expect(render("{{ range('9') | join }}")).toEqual({ error: expect.stringMatching(/whole numbers/) });
});

test("strip is Python's", () => {
  const variables = { text: "\n\n a \n\u{1F600}\n" };
  for (const [source, text] of [
    ["{{ text.strip('\\n') }}", " a \n\u{1F600}"],
    ["{{ text.lstrip('\\n') }}", " a \n\u{1F600}\n"],
    ["{{ text.rstrip('\\n\u{1F600}') }}", "\n\n a "],
    ["{{ text.strip() }}", "a \n\u{1F600}"],
    ["{{ text.strip(none) }}", "a \n\u{1F600}"],
    ["{{ 'xyx'.strip('x').strip('') }}", "y"],
    ["{{ '\\n'.strip('\\n') }}", ""],
  ] as const) {
    expect(render(source, variables)).toEqual({ text });
  }
  expect(render("{{ nothing.strip('x') }}")).toEqual({ error: expect.stringMatching(/./) });
});

test("renderings do not know of each other", () => {
  const compiled = BoundedJinja.compile("{% if not x is defined %}{% set x = 1 %}new{% endif %}");
  if ("error" in compiled) throw new Error(compiled.error);
  expect(compiled.jinja.render({}, steps)).toEqual({ text: "new" });
  expect(compiled.jinja.render({}, steps)).toEqual({ text: "new" });
});

test("the date is always the same", () => {
  expect(formatDate("%d %b %Y, %A %-m %H:%M %q %%")).toBe("26 Jul 2024, Friday 7 12:00 %q %");
  expect(render("{{ strftime_now('%Y-%m-%d') }}")).toEqual({ text: "2024-07-26" });
});

test("a trial with fewer steps leaves the template as it is", () => {
  const compiled = BoundedJinja.compile("{% for i in range(500) %}{{ i }}{% endfor %}");
  if ("error" in compiled) throw new Error(compiled.error);
  const { jinja } = compiled;
  expect(jinja.render({}, 10_000, { trialSteps: 100 }).error).toContain("goes on for too long");
  expect(jinja.render({}, 10_000).error).toBeUndefined();
  expect(jinja.spentSteps).toBeGreaterThan(1000);
});
