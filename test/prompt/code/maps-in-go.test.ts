/** A loop of Go over a map runs in another order each time: what it writes is another text in every call. */
import { expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { walkSegments } from "../../../src/prompt/segments.ts";
import type { ScopeClaim, Segment } from "../../../src/prompt/template.ts";
import { parseTools } from "../../support/parse-tools.ts";

const inGo = (body: string, { module = "", parameter = "facts []string" } = {}) =>
  `package a\nimport (\n"sort"\n"strings"\n)\n${module}\nfunc Ask(ctx context.Context, c openai.Client, ${parameter}, q string) {\n${body}\nc.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Model: "m", Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage(system), openai.UserMessage(q)}})\n}\n`;
const overFacts =
  'system := "You answer for the shop.\\n"\nfor _, f := range facts {\nsystem += "- " + f + "\\n"\n}';
const written = '{"opening": "We open at nine.", "parking": "There is a car park."}';

function loopsIn(segments: readonly Segment[]): readonly ScopeClaim[] {
  return [...walkSegments(segments)].flatMap((segment) => {
    if (segment.kind === "include") return loopsIn(segment.resolved?.segments ?? []);
    return segment.kind === "block" ? [segment.scope] : [];
  });
}

const loopsOf = (text: string) =>
  parseDocument({ path: "a.go", text }, parseTools).value.flatMap(({ segments }) => loopsIn(segments));

const unordered = { scope: "request", basis: "inferred", reason: expect.stringContaining("no fixed order") };

test.each([
  [
    "a variable of the module",
    overFacts,
    { module: `var facts = map[string]string${written}`, parameter: "x int" },
  ],
  ["a variable", `facts := map[string]string${written}\n${overFacts}`, { parameter: "x int" }],
  ["one that is made", `facts := make(map[string]string)\n${overFacts}`, { parameter: "x int" }],
  ["a parameter", overFacts, { parameter: "facts map[string]string" }],
  [
    "a field",
    overFacts.replace("range facts", "range shop.Facts"),
    { module: "type Shop struct {\nFacts map[string]string\n}", parameter: "shop Shop" },
  ],
  ["its values", overFacts.replace("range facts", "range maps.Values(facts)"), {}],
  [
    "a list that is filled and joined",
    'lines := []string{"You answer for the shop."}\nfor _, f := range facts {\nlines = append(lines, "- "+f)\n}\nsystem := strings.Join(lines, "\\n")',
    { parameter: "facts map[string]string" },
  ],
])("draws its order: %s", (_, body, around) => {
  expect(loopsOf(inGo(body, around))).toEqual([unordered]);
});

test.each([
  ["a list", overFacts, {}],
  ["a list of a module with a map", overFacts, { module: `var rules = map[string]string${written}` }],
  [
    "a list that is sorted after it is filled",
    'lines := []string{"You answer for the shop."}\nfor _, f := range facts {\nlines = append(lines, "- "+f)\n}\nsort.Strings(lines)\nsystem := strings.Join(lines, "\\n")',
    { parameter: "facts map[string]string" },
  ],
])("has a fixed order: %s", (_, body, around) => {
  const [loop, ...others] = loopsOf(inGo(body, around));
  expect(others).toEqual([]);
  expect(loop?.reason).not.toContain("order");
});
