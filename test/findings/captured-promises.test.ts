/** What `resent-changed` promises is what the same record gives in which nothing was changed. */
import { describe, expect, it } from "vitest";
import { isShown } from "../../src/findings/finding.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { gained, policies } from "./measured.ts";

const turns = 6;
const said = (turn: number) => [
  { role: "user", content: `Question ${turn}: ${policyText(4, `q${turn}`)}` },
  { role: "assistant", content: `Answer ${turn}: ${policyText(12, `a${turn}`)}` },
];
const tool = (name: string) => ({
  type: "function",
  function: { name, description: `Looks up ${name}.`, parameters: { type: "object" } },
});
const tools = ["pages", "maps", "tides"].map(tool);
const rules = policyText(320);

interface Body {
  readonly system: string;
  readonly messages: readonly unknown[];
  readonly tools?: readonly unknown[];
}

/** Bodies of a conversation, each with what `change` makes of it. */
function record(change: (body: Body, turn: number) => Body): string {
  const bodies = Array.from({ length: turns }, (_, turn) => {
    const earlier = Array.from({ length: turn }, (_unused, past) => said(past)).flat();
    const { system, ...body } = change({ system: rules, messages: [...earlier, said(turn)[0]!] }, turn);
    const first = { role: "system", content: system };
    return { model: "gpt-5", ...body, messages: [first, ...body.messages] };
  });
  return bodies.map((body) => JSON.stringify(body)).join("\n");
}

const same = (body: Body) => body;

/** What was sent, and the same without the change. */
const cases: Readonly<Record<string, readonly [Parameters<typeof record>[0], Parameters<typeof record>[0]]>> =
  {
    "a checksum in front": [
      (body, turn) => ({ ...body, system: `sum=${turn * 7919}; version 3\n${body.system}` }),
      (body) => ({ ...body, system: `sum=0; version 3\n${body.system}` }),
    ],
    "a clock in the middle": [
      (body, turn) => ({ ...body, system: `${body.system}\nIt is 12:0${turn} now.\n${policyText(40, "z")}` }),
      (body) => ({ ...body, system: `${body.system}\nIt is 12:00 now.\n${policyText(40, "z")}` }),
    ],
    "turns that were dropped": [
      (body, turn) => ({ ...body, messages: turn < 3 ? body.messages : body.messages.slice(2) }),
      same,
    ],
    "tools in another order": [
      (body, turn) => ({ ...body, tools: turn % 2 === 0 ? tools : tools.toReversed() }),
      (body) => ({ ...body, tools }),
    ],
  };

describe.each(policies)("under %s", (policy) => {
  it.each(Object.entries(cases))("%s", (_, [sent, kept]) => {
    const run = (change: Parameters<typeof record>[0]) =>
      analyze({ "calls.jsonl": record(change) }, { policy });
    const [before, after] = [run(sent), run(kept)];
    const found = before.findings.filter(({ rule }) => rule === "resent-changed");
    // A cache that keeps nothing of it loses nothing by it.
    if (policy === "marconi" || policy === "sglang") expect(found.filter(isShown).length).toBe(1);
    for (const { message, stake, templateId: id } of found.filter(isShown)) {
      expect(message.length).toBeLessThanOrEqual(90);
      expect(message.slice(0, 40)).toMatch(/\d tokens? /);
      const measured = gained(before, after, id);
      expect(stake.tokensPerRequest - measured).toBeLessThanOrEqual(1);
      // Nor is less promised than half of it: answers that are told from what follows them are not known before.
      expect(stake.tokensPerRequest).toBeGreaterThan(measured / 2);
    }
    expect(after.findings.filter(({ rule }) => rule === "resent-changed")).toEqual([]);
  });
});
