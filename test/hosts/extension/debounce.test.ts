import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Debounce } from "../../../src/hosts/extension/debounce.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function setUp() {
  const calls: number[] = [];
  const start = Date.now();
  const waits = { pauseMilliseconds: 100, longestMilliseconds: 250 };
  return { calls, debounce: new Debounce(waits, () => calls.push(Date.now() - start)) };
}

test("a burst is over after a pause", () => {
  const { calls, debounce } = setUp();
  debounce.schedule();
  vi.advanceTimersByTime(60);
  debounce.schedule();
  vi.advanceTimersByTime(1000);
  expect(calls).toEqual([160]);
  debounce.schedule();
  vi.advanceTimersByTime(1000);
  expect(calls).toEqual([160, 1160]);
});

test("changes without a pause are taken all the same", () => {
  const { calls, debounce } = setUp();
  for (let change = 0; change < 10; change++) {
    debounce.schedule();
    vi.advanceTimersByTime(60);
  }
  // The second burst begins with the change at 300 ms.
  expect(calls).toEqual([250, 550]);
});

test("what is cancelled is not called, and the next change ends its wait", () => {
  const { calls, debounce } = setUp();
  debounce.schedule();
  debounce.cancel();
  vi.advanceTimersByTime(1000);
  expect(calls).toEqual([]);
  debounce.schedule();
  vi.advanceTimersByTime(0);
  expect(calls).toEqual([1000]);
  debounce.schedule();
  debounce.dispose();
  vi.advanceTimersByTime(1000);
  expect(calls).toEqual([1000]);
});
