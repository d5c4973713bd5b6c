/** Captured requests up to their schedule: which conversation each belongs to, when it is sent, and how many fit. */
import { describe, expect, it, test } from "vitest";
import { CapturedConversations } from "../../src/prompt/conversations.ts";
import { parseDocument } from "../../src/prompt/registry.ts";
import { capturedSchedule, plannedCapture } from "../../src/workload/captured-traffic.ts";

const traffic = { tenants: 1, thinkSeconds: 30, arrivalsPerSecond: 1, outputTokens: 1 };

const body = (...said: readonly string[]) => ({
  model: "m",
  messages: said.map((content, at) => ({ role: at % 2 === 0 ? "user" : "assistant", content })),
});

function conversationsOf(files: Readonly<Record<string, readonly unknown[]>>) {
  const templates = Object.entries(files).flatMap(
    ([path, values]) =>
      parseDocument({ path, text: values.map((value) => JSON.stringify(value)).join("\n") }).value,
  );
  return new CapturedConversations().of(templates);
}

const idsOf = (files: Parameters<typeof conversationsOf>[0]) =>
  conversationsOf(files).map(({ captured }) => captured!.map(({ path, range }) => [path, range.start > 60]));

const scheduleOf = (files: Parameters<typeof conversationsOf>[0], most?: number) =>
  capturedSchedule(
    conversationsOf(files).map((template) => plannedCapture(template, template.captured!)),
    traffic,
    most,
  );

describe("a request belongs to a conversation", () => {
  const sizes = (...values: readonly unknown[]) =>
    conversationsOf({ "a.jsonl": values }).map(({ captured }) => captured!.length);
  const long = "Where do I find the log of the night porter, please?";

  it.each<[string, readonly unknown[], readonly number[]]>([
    ["that it goes on from", [body("A"), body("A", "b", "C")], [2]],
    ["whose first question is its own", [body("A"), body("B")], [1, 1]],
    [
      "that is the longest of those",
      [body("A"), body("A", "b", "C"), body("A", "x", "Y"), body("A", "b", "C", "d", "E")],
      [4],
    ],
    ["of which a long message is still there", [body("A", "b", long), body(long, "d", "E")], [2]],
    ["but not for a short one that anybody says", [body("A", "b", "Yes"), body("Yes", "d", "E")], [1, 1]],
    [
      "that its record names",
      [
        { session_id: 1, request: body("A") },
        { session_id: 1, request: body("B") },
      ],
      [2],
    ],
    [
      "and to no other that is named",
      [
        { session_id: 1, request: body("A") },
        { session_id: 2, request: body("A") },
      ],
      [1, 1],
    ],
  ])("%s", (_, values, expected) => {
    expect(sizes(...values)).toEqual(expected);
  });

  it("across files, in the order of the numbers in their names", () => {
    expect(idsOf({ "r10.jsonl": [body("A", "b", "C")], "r9.jsonl": [body("A")] })).toEqual([
      [
        ["r9.jsonl", false],
        ["r10.jsonl", false],
      ],
    ]);
  });

  it("with the answer that the record holds, or that the next request sends back", () => {
    const [first] = conversationsOf({
      "a.jsonl": [
        body("A"),
        { request: body("A", "b", "C"), response: { choices: [{ message: { content: "d" } }] } },
        body("A", "b", "C", "d", "E"),
      ],
    });
    expect(first!.captured!.map(({ answer }) => answer)).toEqual(["b", "d", null]);
  });
});

describe("requests are sent", () => {
  it("at their times, from the first one on", () => {
    const at = (ts: number, ...said: readonly string[]) => ({ ts, request: body(...said) });
    const { times, timeless } = scheduleOf({
      "a.jsonl": [at(1_750_000_100, "A"), at(1_750_000_000, "B"), at(1_750_000_160, "A", "b", "C")],
    });
    expect(times.map((each) => [...each])).toEqual([[0], [100, 160]]);
    expect(timeless).toBe(0);
  });

  it("a pause apart where no time is known", () => {
    const { times, timeless } = scheduleOf({ "a.jsonl": [body("A"), body("B"), body("A", "b", "C")] });
    expect(times).toEqual([[0, 60], [30]]);
    expect(timeless).toBe(3);
  });

  it("as many as can be afforded, and one at least", () => {
    const text = "word ".repeat(400);
    const values = [body(`A ${text}`), body(`B ${text}`), body(`C ${text}`)];
    expect(scheduleOf({ "a.jsonl": values }, 1100)).toMatchObject({ requests: 2, leftOut: 1 });
    expect(scheduleOf({ "a.jsonl": values }, 1)).toMatchObject({ requests: 1, leftOut: 2 });
  });
});

test("a file that ends anywhere is read, and every place lies in it", () => {
  const tool = {
    role: "assistant",
    content: [{ type: "tool_use", id: "t", name: "find", input: { page: 7 } }],
  };
  const whole = [
    {
      ts: "2026-06-16T09:00:11Z",
      request: {
        ...body("A \\ \u{1F980}\n", "b", "C"),
        system: [{ type: "text", text: "S", cache_control: { type: "ephemeral" } }],
        tools: [{ name: "find" }],
      },
    },
    {
      request: {
        body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "{{ A }}" }, tool] }),
      },
    },
  ]
    .map((value) => JSON.stringify(value))
    .join("\r\n");
  let requests = 0;
  for (let end = 0; end <= whole.length; end++) {
    const text = whole.slice(0, end);
    const { value, problems } = parseDocument({ path: "a.jsonl", text });
    requests = Math.max(requests, value.length);
    const ranges = [...value, ...problems, ...value.flatMap(({ segments }) => segments)].map(
      ({ range }) => range,
    );
    expect(ranges.filter((range) => range.start < 0 || range.end > end || range.start > range.end)).toEqual(
      [],
    );
  }
  expect(requests).toBe(2);
});
