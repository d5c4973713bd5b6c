import { describe, expect, test } from "vitest";
import { engineNameFor } from "../../src/prompt/engines.ts";
import { noTools } from "../../src/prompt/format.ts";
import { latexGroups, withoutLatexGroups } from "../../src/prompt/latex.ts";
import { parseDocument } from "../../src/prompt/registry.ts";

test.each([
  [String.raw`\boxed{answer}`, [6]],
  [String.raw`\frac{question}{input}`, [5, 15]],
  [String.raw`\sqrt[n]{x}`, [8]],
  [String.raw`\frac{\sqrt{a}}{b}`, [5, 11, 15]],
  [String.raw`\operatorname*{x} {y}`, [14]],
  [String.raw`\text{Q: {question}}`, [5]],
  [String.raw`\n{name}`, []],
  [String.raw`\boxed {answer} {a}{b}`, []],
  [String.raw`\frac{open {b}`, [5]],
] as const)("groups of %s", (text, expected) => {
  expect([...latexGroups(text)].sort((a, b) => a - b)).toEqual(expected);
  expect(withoutLatexGroups(text)).toHaveLength(text.length);
});

/** The names of the holes of all templates of a document. */
function holes(path: string, text: string): readonly string[] {
  return parseDocument({ path, text }, noTools).value.flatMap(({ segments }) =>
    segments.flatMap((segment) => (segment.kind === "hole" ? [segment.name] : [])),
  );
}

describe("groups of LaTeX commands are text, and places beside them are places", () => {
  const single = String.raw`Solve {question}. Answer with \boxed{answer} and \frac{input}{result}.`;
  const doubled = String.raw`Solve {question}. Answer with \boxed{{answer}}.`;

  test.each(["prompts/solve.txt", "prompts/solve.md"])("in %s", (path) => {
    expect(holes(path, single)).toEqual(["question"]);
    expect(holes(path, doubled)).toEqual(["question"]);
    expect(holes(path, String.raw`Solve {{question}}. Answer with \boxed{{answer}}.`)).toEqual(["question"]);
    expect(holes(path, String.raw`Show \text{the task: {question} now}.`)).toEqual(["question"]);
  });

  test("where the engine is told by the text", () => {
    expect(engineNameFor(single)).toBe("named-places");
    expect(engineNameFor(doubled)).toBe("str-format");
    expect(engineNameFor(String.raw`Answer with \boxed{answer}.`)).toBe("plain");
    expect(engineNameFor(String.raw`Answer {{ question }} with \boxed{answer}.`)).toBe("jinja");
  });
});
