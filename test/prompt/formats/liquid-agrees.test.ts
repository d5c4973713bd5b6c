import fc from "fast-check";
import { Liquid } from "liquidjs";
import { describe, expect, test } from "vitest";
import { readLiquid } from "../../../src/prompt/liquid/segments.ts";
import type { Segment } from "../../../src/prompt/template.ts";

/** What renders when every value is `@` and every list has one item. */
function ofSegments(segments: readonly Segment[]): string {
  return segments
    .map((segment) => {
      if (segment.kind === "text") return segment.text;
      if (segment.kind === "block") return ofSegments(segment.body);
      if (segment.kind === "include") return ofSegments(segment.resolved?.segments ?? []);
      return segment.kind === "hole" ? "@" : "";
    })
    .join("");
}

const engine = new Liquid();
const values = { x: "@", y: ["@"], z: "@", i: "@" };

function theirs(source: string): string | null {
  try {
    return String(engine.parseAndRenderSync(source, values));
  } catch {
    return null;
  }
}

function ours(source: string): string {
  return ofSegments(readLiquid("x.liquid", source, { start: 0, end: source.length }).value.segments);
}

const pieces = [
  "a",
  " ",
  "\n",
  "  ",
  "\n\n",
  "\r\n",
  "é",
  "{# a #}",
  "'",
  '"',
  "{",
  "}",
  "{{ x }}",
  "{{- x }}",
  "{{ x -}}",
  "{{- x -}}",
  "{{x}}",
  "{{ 'lit' }}",
  '{{ "q\\"" }}',
  "{{ z | upcase }}",
  "{% if x %}",
  "{%- if x -%}",
  "{% else %}",
  "{% elsif x %}",
  "{% endif %}",
  "{%- endif %}",
  "{% unless x %}",
  "{% endunless %}",
  "{% for i in y %}",
  "{%- for i in y -%}",
  "{% endfor %}",
  "{{ i }}",
  "{% raw %}",
  "{% endraw %}",
  "{% comment %}",
  "{% endcomment %}",
  "{%- endcomment -%}",
  "{% # note %}",
  "{%- # note -%}",
  "{% capture c %}",
  "{% endcapture %}",
  "{% assign v = 'w' %}",
  "{% echo x %}",
];

describe("text is what liquidjs renders", () => {
  test.each([
    "{% unless x %}a{% else %}b{% endunless %}",
    "a {%- if x -%} b {%- else -%} c {%- endif -%} d",
    "{% raw %} {{ x }}{% if %} {% endraw %} b",
    "a {%- comment -%} b {%- endcomment -%} c",
    "{% capture c %} a {{ x }}{% endcapture %}[{{ c }}]",
    "{% case x %} {% when '@' %}1{% else %}2{% endcase %}",
    "{% for i in y limit: 1 %}<{{ i }}>{% endfor %}\n",
  ])("%s", (source) => {
    expect(theirs(source)).not.toBeNull();
    expect(ours(source)).toBe(theirs(source));
  });

  test("of any sequence of tags and blanks that liquidjs accepts", () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 9 }), (parts) => {
        const source = parts.join("");
        const expected = theirs(source);
        if (expected === null) return;
        accepted++;
        expect(ours(source)).toBe(expected);
      }),
      { numRuns: 6000, seed: 31_337 },
    );
    expect(accepted).toBeGreaterThan(800);
  });
});
