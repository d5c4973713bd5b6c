import { expect, test } from "vitest";
import { formatFor, formats } from "../../src/prompt/registry.ts";
import { knownBuilders, knownLanguages, knownPrompts } from "../../src/show/known-prompts.ts";

const named = [...knownPrompts.matchAll(/(?<=[ (])\.[a-z0-9]+/g)].map(([ending]) => ending);

test("every ending that is named is read, in any folder or in one of prompts", () => {
  expect(named.length).toBeGreaterThan(10);
  for (const ending of named) {
    const format = formatFor(`folder/file${ending}`) ?? formatFor(`prompts/file${ending}`);
    expect(format, ending).not.toBeNull();
  }
});

test("every language of the registry is named, and every format can be found by what is named", () => {
  for (const language of knownLanguages) expect(knownPrompts).toContain(language);
  expect(knownLanguages).toEqual(
    expect.arrayContaining([
      "Python",
      "TypeScript",
      "JavaScript",
      "Go",
      "Java",
      "Kotlin",
      "C#",
      "Rust",
      "Ruby",
      "PHP",
    ]),
  );
  const files = [
    ...named.flatMap((ending) => [`folder/file${ending}`, `prompts/file${ending}`]),
    ...["skprompt.txt", "AGENTS.md"],
    ...["a.yaml", "a.json", "a.toml", "a.jsonl", "workflow.json"],
  ];
  const unnamed = formats.filter(
    ({ name, wrapsPrompts, matches }) =>
      wrapsPrompts !== true &&
      !files.some(matches) &&
      !name.split(" and ").every((part) => knownLanguages.includes(part)),
  );
  expect(unnamed.map(({ name }) => name)).toEqual([]);
});

test("builders whose exports are read are named, and what is not read is not", () => {
  for (const builder of knownBuilders) expect(knownPrompts).toContain(builder);
  expect(knownPrompts).toMatch(/^Known are files that end in \.j2, .*calls\.$/);
  expect(knownPrompts).not.toContain("undefined");
});
