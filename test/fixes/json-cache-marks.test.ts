import { expect, test } from "vitest";
import { withCacheControl } from "../../src/fixes/json-cache-marks.ts";

const request = `{
  "model": "claude",
  "system": "Be \\"brief\\".",
  "tools": [
    { "name": "search", "input_schema": { "type": "object" } }
  ],
  "messages": [
    { "role": "user", "content": "Hello" },
    { "role": "assistant", "content": [{ "type": "text", "text": "Hi" }] },
    { "role": "user", "content": [{ "type": "text", "text": "One" }, { "type": "text", "text": "Two" }] }
  ]
}
`;

/** The range of a piece of the request. */
function at(piece: string) {
  const start = request.indexOf(piece);
  if (start < 0) throw new Error(`${piece} is not there`);
  return { start, end: start + piece.length };
}

const ephemeral = { type: "ephemeral" };

test("a plain text becomes a part that bears the mark", () => {
  const marked = JSON.parse(withCacheControl(request, [at('Be \\"brief')])!);
  expect(marked.system).toEqual([{ type: "text", text: 'Be "brief".', cache_control: ephemeral }]);
  expect({ ...marked, system: 'Be "brief".' }).toEqual(JSON.parse(request));
});

test("a part and a tool bear it themselves, all in one edit", () => {
  const marked = JSON.parse(withCacheControl(request, [at("search"), at("Two")])!);
  expect(marked.tools[0]).toEqual({ ...JSON.parse(request).tools[0], cache_control: ephemeral });
  expect(marked.messages[2].content).toEqual([
    { type: "text", text: "One" },
    { type: "text", text: "Two", cache_control: ephemeral },
  ]);
  expect(marked.messages[0]).toEqual({ role: "user", content: "Hello" });
});

test("what stands around it keeps its form", () => {
  const marked = withCacheControl(request, [at("Hello")])!;
  expect(marked.split("\n").slice(0, 7)).toEqual(request.split("\n").slice(0, 7));
  expect(marked.endsWith("}\n")).toBe(true);
});

test.each([
  ["nothing to mark", request, [at("claude")]],
  ["a key, not a text", request, [at('"system"')]],
  [
    "marks that are written already",
    request.replace('"Hello"', '[{"text": "x", "cache_control": {}}]'),
    [at("search")],
  ],
  ["no place", request, []],
  ["half-typed", '{ "system": "Be', [{ start: 13, end: 15 }]],
  ["not JSON", "Be brief.", [{ start: 0, end: 2 }]],
])("%s: nothing is written", (_, text, places) => {
  expect(withCacheControl(text, places)).toBeNull();
});
