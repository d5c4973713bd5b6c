/** Histories in generated workloads, with the chat templates that models really have. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatTokens } from "../../src/core/tokens/common-prefix.ts";
import { builtInChatTemplates } from "../../src/prompt/chat/built-in.ts";
import { ChatTemplate } from "../../src/prompt/chat/chat-template.ts";
import type { Template } from "../../src/prompt/template.ts";
import { generateWorkload } from "../../src/workload/generate.ts";
import type { Workload } from "../../src/workload/workload.ts";
import { configOf, hole, loop, marker, template, when, wordTokenizer } from "./support.ts";

const settings = { seed: 5, sessions: 2, turns: 5 };

const chatTemplates = new Map(
  builtInChatTemplates.map((source) => {
    const compiled = ChatTemplate.compile(source);
    return [source.id, "template" in compiled ? compiled.template : null];
  }),
);

function generate(application: Template, config: object, chat: string): Workload {
  const chatTemplate = chatTemplates.get(chat) ?? null;
  const options = { settings, config: configOf(config), tokenizer: wordTokenizer, chatTemplate };
  return generateWorkload([application], options);
}

/** How many requests do not begin with the one before them in their conversation, and its answer. */
function departures({ requests }: Workload): number {
  const before = new Map<number, Int32Array>();
  let count = 0;
  for (const { session, promptTokens, outputTokens } of requests) {
    const sent = before.get(session);
    if (sent?.some((token, index) => promptTokens[index] !== token)) count++;
    before.set(session, concatTokens(promptTokens, outputTokens));
  }
  return count;
}

const messages = loop(
  "messages",
  "session",
  [
    when(
      'm.role == "user"',
      "session",
      [marker("user"), hole("m.content", "session")],
      [marker("assistant"), hole("m.content", "session")],
    ),
  ],
  { item: "m", isHistory: true },
);
const ending = [marker("user"), hole("question", "request")];
const applications: Readonly<Record<string, Template>> = {
  "a hole": template("a.j2", [marker("system"), "Help.", hole("history", "session", "history"), ...ending]),
  "a loop": template("a.j2", [marker("system"), "Help.", messages, ...ending]),
  "a history that ends with the question": template("a.j2", [
    marker("system"),
    "Help.",
    hole("history", "session", "history"),
  ]),
  instructions: template("AGENTS.md", ["Help."], { usage: "instructions" }),
};
const cases = Object.keys(applications).flatMap((name) =>
  [...chatTemplates.keys()].map((chat) => [name, chat] as const),
);

describe("histories in a workload", () => {
  it.each(cases)("that only grow begin with what was sent before: %s, %s", (name, chat) => {
    expect(departures(generate(applications[name]!, {}, chat))).toBe(0);
    // The last message may be longer than the value of the hole.
    const wrapped = applications[name]!;
    const segments = wrapped.segments.flatMap((segment) =>
      segment.kind === "hole" && segment.name === "question"
        ? [{ kind: "text" as const, range: segment.range, text: "In short: " }, segment]
        : [segment],
    );
    const asSent = { workload: { history: { questions: "as-sent" } } };
    expect(departures(generate({ ...wrapped, segments }, asSent, chat))).toBe(0);
  });

  it("that are cut leave it whenever the window moves", () => {
    const policy = fc.record({
      keep: fc.constantFrom("turns", "summary"),
      last: fc.nat(3),
      every: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(policy, fc.constantFrom(...cases), ({ keep, last, every }, [name, chat]) => {
        const cuts = [1, 2, 3, 4].map((turns) => Math.max(0, Math.floor(turns / every) * every - last));
        const moves = cuts.filter((cut, index) => cut !== (cuts[index - 1] ?? 0)).length;
        const history = { keep, last, every };
        const workload = generate(applications[name]!, { workload: { history } }, chat);
        expect(departures(workload)).toBe(moves * settings.sessions);
        expect(workload.rewritten.reduce((sum, flag) => sum + flag, 0)).toBe(moves * settings.sessions);
      }),
      { seed: 7, numRuns: 60 },
    );
  });
});
