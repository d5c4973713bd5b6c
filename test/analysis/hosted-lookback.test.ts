/** Where a marked prefix ends, and which later request reads it: at the block that is marked, 20 positions back. */
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const policy = "anthropic:claude-sonnet-4-5";
const mark = { cache_control: { type: "ephemeral" } };
const rules = policyText(120);

type Block = Readonly<Record<string, unknown>>;
const text = (said: string): Block => ({ type: "text", text: said });
const call = (at: number): Block => ({
  ...{ type: "tool_use", id: `t${at}`, name: "read_page" },
  input: { page: `page ${at} of the handbook` },
});
const result = (at: number): Block => ({
  ...{ type: "tool_result", tool_use_id: `t${at}` },
  content: [text(`Page ${at}, first part.`), text("And a second one.")],
});
const numbered = (count: number, block: (at: number) => Block) =>
  Array.from({ length: count }, (_, at) => block(at));

/** The system message and these turns, of which the last block of the last one is marked. */
function body(...turns: readonly (readonly Block[])[]): string {
  const messages = turns.map((content, turn) => {
    const isLast = turn === turns.length - 1;
    return {
      role: turn % 2 === 0 ? "user" : "assistant",
      content: isLast ? content.with(-1, { ...content.at(-1), ...mark }) : content,
    };
  });
  return JSON.stringify({ model: "claude-sonnet-4-5", max_tokens: 100, system: rules, messages });
}

const report = (first: string, second: string, toolRuns: "each" | "once" = "each"): Report =>
  analyze({ "log/1.json": first, "log/2.json": second }, { ...defaultSettings, policy, toolRuns });

const question = [text("What does the handbook say of the north gate, and since when?")];

describe("a mark that moves with the conversation", () => {
  const first = body(question);
  const next = body(question, [text("It is shut at eight.")], [text("And the south gate?")]);

  it("is read by the next turn up to the end of the block that was marked, and no token further", () => {
    const lone = analyze({ "log/1.json": first }, { ...defaultSettings, policy }).totals.promptTokens;
    const { ledger } = report(first, next).totals;
    // Behind the block: the end of the message, and what asks for the answer.
    const behind = "<|end_of_message|> line <|start_of_message|> assistant <|start_of_content|>";
    expect(lone - ledger.reused).toBe(behind.split(" ").length);
    expect(lone).toBeGreaterThan(1024);
  });

  it("is read in simulated conversations as well, whoever writes the mark", () => {
    const code = `def answer(client, history, question):
    return client.messages.create(
        model="claude-sonnet-4-5",
        system="""${rules}""",
        messages=history + [{"role": "user", "content": [{"type": "text", "text": question, "cache_control": {"type": "ephemeral"}}]}],
    )
`;
    const settings = { ...defaultSettings, policy, sessions: 1, turns: 5 };
    const { totals } = analyze({ "answer.py": code }, settings, parseTools);
    // All of the prompt before, but for the answer that follows it and what stands around the two.
    const steps = totals.promptTokens - totals.ledger.reused - totals.ledger.cold;
    expect(steps).toBeLessThan(totals.promptTokens * 0.05);
    expect(totals.ledger.reused).toBeGreaterThan(4 * 1024);
  });
});

describe("blocks of tools", () => {
  const wide = (calls: number) => body(question, numbered(calls, call), numbered(calls, result));
  const reused = (calls: number, toolRuns?: "each" | "once") => {
    const { totals, findings } = report(body(question), wide(calls), toolRuns);
    return { reused: totals.ledger.reused, rules: findings.map(({ rule }) => rule) };
  };

  it("count each, those of one message as well: nine calls and their results are in reach, ten are not", () => {
    expect(reused(9).reused).toBeGreaterThan(1024);
    expect(reused(10).reused).toBe(0);
  });

  it("count once where the user says so", () => {
    expect(reused(30, "once").reused).toBe(reused(1).reused);
    expect(reused(30, "each").reused).toBe(0);
  });

  it("count once only where they stand side by side", () => {
    const turns = Array.from({ length: 12 }, (_, at) => [[call(at)], [result(at)]]).flat();
    const { ledger } = report(body(question), body(question, ...turns), "once").totals;
    expect(ledger.reused).toBe(0);
  });

  it("are said to count so, beside how it could be otherwise", () => {
    const said = (toolRuns: "each" | "once") =>
      report(body(question), wide(10), toolRuns)
        .assumptions.map((each) => each.text)
        .join("\n");
    expect(said("each")).toContain('the setting toolRuns = "once" counts');
    expect(said("once")).toContain("A run of tool calls side by side is one place");
  });
});
