import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../../../src/config/settings.ts";
import { createTokenizerLoader } from "../../../src/hosts/node/vocabulary-files.ts";
import { Vocabularies } from "../../../src/hosts/web-worker/vocabularies.ts";

const folder = join(import.meta.dirname, "../../../media/vocabularies");

test("a vocabulary is read once, before it is used, and gives the ids that Node gives", async () => {
  const read: string[] = [];
  const vocabularies = new Vocabularies((file) => {
    read.push(file);
    return readFile(join(folder, file));
  });
  expect(() => vocabularies.get("cl100k")).toThrow("is used before it was loaded");
  await vocabularies.load("cl100k");
  await vocabularies.load("cl100k");
  expect(read).toHaveLength(1);
  const text = "Prefix caching — naïve 你好 👋🏽\n\n  12345";
  const ids = vocabularies.get("cl100k").encode(text);
  expect(ids.length).toBeGreaterThan(8);
  expect(ids).toEqual(createTokenizerLoader(folder)("cl100k").encode(text));
});

test("a tokenizer file is refused in words for the user", async () => {
  const vocabularies = new Vocabularies(() => Promise.reject(new Error("nothing is read")));
  const refused = vocabularies.load("/home/me/tokenizer.json");
  await expect(refused).rejects.toThrow(UserError);
  await expect(refused).rejects.toThrow(/in a browser no tokenizer files are read: set .*cl100k/);
});
