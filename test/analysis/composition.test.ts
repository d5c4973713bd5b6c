import { describe, expect, it } from "vitest";
import { analyze } from "../support/analyze.ts";

function composed(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const report = analyze(files, { sessions: 1, turns: 1 });
  return Object.fromEntries(
    report.templates.map(({ id, composition: { basis, reason, parts } }) => [
      id,
      `${basis} ${reason}: ${parts.map(({ kind, target }) => (target === null ? kind : `${kind} ${target}`)).join(" + ")}`,
    ]),
  );
}

describe("composition", () => {
  it.each([
    ["prompts/a.j2", "Answer {{ question }}.", "inferred as one message of the user: question"],
    [
      "prompts/a.j2",
      "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{{ question }}",
      "inferred as one message of the user: history + question",
    ],
    [
      "prompts/a.j2",
      "system:\nHelp.\nuser:\nHi\nassistant:\nYes?\nuser:\n{{ question }}\n",
      "inferred by the messages of the template: system + examples + question",
    ],
    [
      "prompts/a.j2",
      "system:\nHelp.\n{% for m in messages %}\nuser:\n{{ m.content }}\n{% endfor %}\nuser:\n{{ question }}\n",
      "inferred by the messages of the template: system + history + question",
    ],
    ["AGENTS.md", "Be kind.", "inferred as instructions in front of a conversation: system + history"],
  ])("%s: %s", (path, text, expected) => {
    expect(composed({ [path]: text })[path]).toBe(expected);
  });

  it("is what promptcache.json declares, and nothing for its parts", () => {
    const config = {
      applications: { help: { system: "prompts/a.j2", history: {}, question: "prompts/b.j2" } },
    };
    const files = {
      "prompts/a.j2": "Help.",
      "prompts/b.j2": "{{ question }}",
      "promptcache.json": JSON.stringify(config),
    };
    expect(composed(files)).toEqual({
      "prompts/a.j2": "inferred a part of other templates: ",
      "prompts/b.j2": "inferred a part of other templates: ",
      "app:help": "declared by promptcache.json: system prompts/a.j2 + history + question prompts/b.j2",
    });
  });
});
