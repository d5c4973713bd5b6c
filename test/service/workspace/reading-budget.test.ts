import { expect, test } from "vitest";
import { ReadingBudget } from "../../../src/service/workspace/reading-budget.ts";

test("ends with the number of files", () => {
  const budget = new ReadingBudget({ files: 2, bytes: 1000 });
  budget.spend(0);
  expect(budget.isSpent).toBe(false);
  budget.spend(10);
  expect(budget.isSpent).toBe(true);
  expect(budget.leftOut(1234)).toBe(
    "2 files are read at most; 1,234 files were not read, exclude folders to choose which",
  );
});

test("ends with the text that is kept", () => {
  const budget = new ReadingBudget({ files: 100, bytes: 2 ** 20 });
  budget.spend(2 ** 20);
  expect(budget.isSpent).toBe(true);
  expect(budget.leftOut(1)).toBe(
    "1.00 MiB of prompts are kept at most; 1 file was not read, exclude folders to choose which",
  );
});

test("files that hold no prompt take no memory", () => {
  const budget = new ReadingBudget({ files: 100, bytes: 10 });
  for (let i = 0; i < 50; i++) budget.spend(0);
  expect(budget.isSpent).toBe(false);
});
