import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { allMessages, bundleOf, bundlePath } from "../../scripts/l10n.mjs";

const { messages, problems } = await allMessages();

it("every message is a literal with all its places filled, said when somebody reads it, not while a module is loaded", () => {
  expect(problems).toEqual([]);
});

it("the bundle for translators is as new as the sources: npm run l10n", () => {
  expect(messages.length).toBeGreaterThan(100);
  expect(readFileSync(bundlePath, "utf8")).toBe(bundleOf(messages));
});
