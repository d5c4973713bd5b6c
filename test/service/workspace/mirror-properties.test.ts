/** Whatever happened on the way, a session holds in the end what a fresh one reads, and its report is a fresh one. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTokenizerLoader } from "../../../src/hosts/node/vocabulary-files.ts";
import { sessionLife } from "../../support/session-life.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../../media/vocabularies"));

/** `npm run fuzz` has 10,000 operations on one session. */
test.each(Array.from({ length: 24 }, (_, seed) => seed))("seed %i", async (seed) => {
  let comparisons = 0;
  for await (const { operation, session, fresh } of sessionLife({
    ...{ seed, operations: 40, compareEvery: 20, tokenizer },
  })) {
    expect(Object.keys(fresh.files).length).toBeGreaterThan(0);
    expect(fresh.report).not.toBeNull();
    expect(session, `after ${operation} operations`).toEqual(fresh);
    comparisons++;
  }
  expect(comparisons).toBe(2);
});
