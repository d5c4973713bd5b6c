import { expect, test } from "vitest";
import { Inbox } from "../../src/protocol/inbox.ts";

function setUp(millisecondsEach: number, onTake: (message: number) => void = () => {}) {
  let clock = 0;
  const taken: number[] = [];
  const due: (() => void)[] = [];
  const inbox = new Inbox<number>(
    (message) => {
      clock += millisecondsEach;
      taken.push(message);
      onTake(message);
    },
    { now: () => clock, later: (call) => due.push(call) },
  );
  return { inbox, taken, due, turn: () => due.shift()!() };
}

test("what comes alone is taken at once", () => {
  const { inbox, taken } = setUp(1);
  inbox.push(1);
  expect(taken).toEqual([1]);
});

test("a flood is taken in order, five milliseconds at a time", () => {
  const { inbox, taken, turn } = setUp(2);
  for (let message = 0; message < 8; message++) inbox.push(message);
  expect(taken).toEqual([0]);
  turn();
  expect(taken).toEqual([0, 1, 2, 3]);
  turn();
  turn();
  expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  inbox.push(8);
  expect(taken.at(-1)).toBe(7);
  turn();
  expect(taken.at(-1)).toBe(8);
});

test("a message that throws is over, and those behind it are taken", () => {
  const { inbox, taken, turn } = setUp(1, (message) => {
    if (message === 1) throw new Error("no");
  });
  inbox.push(0);
  inbox.push(1);
  inbox.push(2);
  expect(turn).toThrow("no");
  turn();
  expect(taken).toEqual([0, 1, 2]);
});
