import { expect, test } from "vitest";
import { asDay } from "../../src/prompt/day.ts";
import { inferred } from "../../src/prompt/scope-inference.ts";

const clock = inferred("volatile", "the clock");

test.each([
  ['datetime.now().strftime("%Y-%m-%d")', "day"],
  ["datetime.now().isoformat()[:10]", "day"],
  ["datetime.now().date()", "day"],
  ["datetime.now().year", "day"],
  ["now:%d %B %Y", "day"],
  ['new Date().toISOString().split("T")[0]', "day"],
  ["new Date().toISOString().slice(0, 10)", "day"],
  ["new Date().toLocaleDateString('en-US')", "day"],
  ["new Date().getFullYear()", "day"],
  ["dayjs().format('YYYY-MM-DD')", "day"],
  ['strftime_now("%d %b %Y")', "day"],
  ["now | date: '%Y-%m-%d'", "day"],
  ['datetime.now().strftime("%Y-%m-%d %H:%M")', "volatile"],
  ["datetime.now().isoformat()", "volatile"],
  ["new Date().toISOString()", "volatile"],
  ["new Date().toISOString().slice(0, 16)", "volatile"],
  ["new Date().toLocaleString()", "volatile"],
  ["dayjs().format('YYYY-MM-DD HH:mm')", "volatile"],
  ["time.time()", "volatile"],
  ["uuid4()", "volatile"],
])("%s is %s", (expression, scope) => {
  expect(asDay(clock, expression).scope).toBe(scope);
});

test("what is declared, and what is no clock, stays", () => {
  const declared = { scope: "volatile", basis: "declared", reason: "declared" } as const;
  expect(asDay(declared, "new Date().toDateString()")).toBe(declared);
  const request = inferred("request", "a question");
  expect(asDay(request, "question.date()")).toBe(request);
});
