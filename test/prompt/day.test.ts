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
  ["DateTime.now().toISODate()", "day"],
  ["moment().format('LL')", "day"],
  ["moment().format('dddd, D. MMMM YYYY')", "day"],
  ["format(new Date(), 'PPP')", "day"],
  ["dayjs().startOf('day').format()", "day"],
  ["new Intl.DateTimeFormat('en').format(new Date())", "day"],
  ["new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date())", "day"],
  ["new Date().toLocaleString('en-US', { dateStyle: 'full' })", "day"],
  ["{datetime.datetime.now():%d.%m.%Y}", "day"],
  ["{datetime.datetime.now():%d.%m.%Y %H:%M}", "volatile"],
  ["moment().format('LLL')", "volatile"],
  ["moment().format('LT')", "volatile"],
  ["moment().format('YYYY-MM-DD HH')", "volatile"],
  ["format(new Date(), 'PPPp')", "volatile"],
  ["new Intl.DateTimeFormat('en', { timeStyle: 'short' }).format(new Date())", "volatile"],
  ["new Intl.DateTimeFormat('en', { ...options }).format(new Date())", "volatile"],
  ["new Date().toLocaleString('en-US', { dateStyle: 'full', timeStyle: 'short' })", "volatile"],
  ["new Date().toLocaleString('en-US', { timeZone: 'UTC' })", "volatile"],
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
