/** Calls that were really made: the identities that their counters satisfy, and the same counters from the simulation. */
import { describe, expect, it } from "vitest";
import { createMatcher, findProvider, termsOf } from "../../../src/core/providers/choose.ts";
import { inputCost } from "../../../src/core/providers/money.ts";
import { type BilledTokens, ProviderServed } from "../../../src/core/providers/request.ts";
import { billedOf, distinctCalls, promptTokensOf } from "../../support/usage.ts";
import { facts, hasTraces, type RecordedSession, traceLines } from "./facts.ts";

/** A stranger's clone has no reference facts: vercel/eve#595, and the TraceLab sessions of 2026-06-01 and 2026-03-21. */
const eve = {
  id: "eve-595",
  input: [3, 8149, 3547, 8144, 16433, 9911, 23482],
  output: [228, 214, 226, 174, 169, 176, 1396],
  cacheRead: [0, 4179, 4401, 12755, 16519, 24828, 41421],
  cacheWrite: [4179, 222, 8354, 3764, 8309, 16593, 10078],
};
const claude = {
  id: "tracelab-claude",
  uncached: [2892, 2, 2, 2, 2, 2, 131, 2, 2, 2],
  cacheWrite: [2163, 6358, 2852, 2539, 458, 1287, 1896, 507, 2229, 797],
  cacheRead: [27217, 29380, 35738, 38590, 41129, 41587, 42874, 44770, 45277, 47506],
  output: [931, 1016, 2475, 117, 1275, 273, 232, 2162, 90, 852],
};
const codex = {
  id: "tracelab-codex",
  input: [9324, 9917, 10058, 10152, 10472, 10436, 11636, 11727, 12097],
  cacheRead: [6912, 9600, 9856, 3456, 10240, 9216, 10624, 10368, 9216],
  output: [444, 94, 59, 233, 294, 262, 198, 279, 49],
};

function billedCalls(session: RecordedSession): BilledTokens[] {
  const input = session.uncached ?? session.input ?? [];
  return input.map((inputTokens, call) =>
    billedOf(
      { inputTokens, readTokens: session.cacheRead[call]!, writtenTokens: session.cacheWrite?.[call] ?? 0 },
      session.cacheWrite !== undefined,
    ),
  );
}

/** Each call reads what the call before has read and written. */
function expectChain(calls: readonly BilledTokens[]): void {
  for (let call = 1; call < calls.length; call++) {
    const before = calls[call - 1]!;
    expect(calls[call]!.readTokens, `call ${call}`).toBe(before.readTokens + before.writtenTokens);
  }
}

/**
 * The session again: one text that only grows, each call marked where the recorded one was, the first part stored by
 * somebody before. Counters are all that was recorded, so any text of these lengths will do.
 */
function simulate(
  calls: readonly BilledTokens[],
  model: string,
  arrivals?: readonly number[],
): BilledTokens[] {
  const provider = findProvider("anthropic")!;
  const matcher = createMatcher(termsOf(provider, { model }));
  const text = Int32Array.from({ length: Math.max(...calls.map(promptTokensOf)) }, (_, index) => index);
  const none = new Int32Array(0);
  const markedEnds = calls.map((call) => call.readTokens + call.writtenTokens);
  const first = calls[0]!.readTokens;
  const served = new ProviderServed();
  const warm = { arrivalSeconds: arrivals?.[0] ?? 0, promptTokens: text.slice(0, first), outputTokens: none };
  matcher.serve({ ...warm, markers: [{ end: first }] }, served);
  return calls.map((call, index) => {
    const promptTokens = text.slice(0, promptTokensOf(call));
    const blockEnds = [first, ...markedEnds].filter((end) => end > 0 && end <= promptTokens.length);
    const arrivalSeconds = arrivals?.[index] ?? index;
    const markers = [{ end: markedEnds[index]! }];
    matcher.serve({ arrivalSeconds, promptTokens, outputTokens: none, blockEnds, markers }, served);
    return { ...billed(served) };
  });
}

function billed(served: BilledTokens): BilledTokens {
  const { readTokens, writtenTokens, writtenLongTokens, plainTokens } = served;
  return { readTokens, writtenTokens, writtenLongTokens, plainTokens };
}

describe("vercel/eve#595: a marker one turn behind", () => {
  const calls = billedCalls(eve);

  it("reads what was read and written before, and writes the last turn's input and answer", () => {
    expectChain(calls);
    for (let turn = 1; turn < calls.length; turn++) {
      expect(calls[turn]!.writtenTokens).toBe(eve.input[turn - 1]! + eve.output[turn - 1]! - 9);
    }
  });

  it("comes out of the simulation, turn by turn", () => {
    expect(simulate(calls, "claude-opus-4-6")).toEqual(calls);
  });

  it("would have cost less with a marker at the end of each prompt", () => {
    const terms = termsOf(findProvider("anthropic")!, { model: "claude-opus-4-6" });
    const late = calls.reduce((sum, call) => sum + inputCost(call, terms), 0);
    let end = 0;
    const inTime = calls.map((call) => {
      const readTokens = end;
      end = promptTokensOf(call);
      return { readTokens, writtenTokens: end - readTokens, writtenLongTokens: 0, plainTokens: 0 };
    });
    const better = inTime.reduce((sum, call) => sum + inputCost(call, terms), 0);
    expect(Math.round(late)).toBe(144_453);
    expect(Math.round(better)).toBe(108_755);
  });
});

describe("TraceLab, Claude", () => {
  it("reads what was read and written before; the simulation bills the same", () => {
    const calls = billedCalls(claude);
    expectChain(calls);
    expect(simulate(calls, "claude-opus-4-8")).toEqual(calls);
  });

  it("counts its prompts with the cached tokens, which input_tokens leaves out", () => {
    expect(billedCalls(claude).map(promptTokensOf)).toEqual([
      32272, 35740, 38592, 41131, 41589, 42876, 44901, 45279, 47508, 48305,
    ]);
  });
});

describe("TraceLab, Codex", () => {
  it("reports multiples of 128 of 1,024 or more, inside the input tokens", () => {
    for (const call of billedCalls(codex)) {
      expect(call.readTokens % 128).toBe(0);
      expect(call.readTokens).toBeGreaterThanOrEqual(1024);
      expect(call.plainTokens).toBeGreaterThan(0);
    }
    expect(billedCalls(codex).map(promptTokensOf)).toEqual(codex.input);
  });

  it("never reads more than the simulation of a text that only grows; four times exactly one step less", () => {
    const matcher = createMatcher(termsOf(findProvider("openai-classic")!, { model: "gpt-5.4" }));
    const served = new ProviderServed();
    const ends = codex.input.map((input, call) => input + codex.output[call]!);
    const text = Int32Array.from({ length: Math.max(...ends) }, (_, index) => index);
    const reads = codex.input.map((input, call) => {
      const [promptTokens, outputTokens] = [text.slice(0, input), text.slice(input, ends[call])];
      matcher.serve({ arrivalSeconds: call, promptTokens, outputTokens }, served);
      return served.readTokens;
    });
    expect(reads.slice(1)).toEqual([9728, 9984, 10112, 10368, 10368, 10752, 11648, 11904]);
    const steps = reads.map((read, call) => (read - codex.cacheRead[call]!) / 128).slice(1);
    expect(steps).toEqual([1, 1, 52, 1, 9, 1, 10, 21]);
  });

  it("reads parts of answers: more than the prompt before held", () => {
    const beyond = codex.cacheRead.flatMap((read, call) =>
      read > (codex.input[call - 1] ?? read) ? [call] : [],
    );
    expect(beyond).toEqual([1, 4, 6]);
  });
});

describe("recorded sessions of the reference facts", () => {
  it("are the ones above", () => {
    const recorded = new Map(facts.recordedSessions.map((session) => [session.id, session]));
    expect([...recorded.keys()]).toEqual([eve.id, claude.id, codex.id]);
    for (const session of [eve, claude, codex]) expect(recorded.get(session.id)).toMatchObject(session);
  });
});

interface ClaudeRecord {
  readonly timestamp: string;
  readonly message: {
    readonly id?: string;
    readonly model?: string;
    readonly usage?: Readonly<Record<string, number>>;
  };
}

interface CodexRecord {
  readonly payload: {
    readonly type: string;
    readonly info?: Readonly<
      Record<"last_token_usage" | "total_token_usage", Readonly<Record<string, number>>>
    >;
  };
}

describe.skipIf(!hasTraces)("recorded calls in the shared traces", () => {
  const records = traceLines<ClaudeRecord>("claude-transcript.reduced.jsonl").filter(
    ({ message }) => message.usage,
  );

  it("Claude: ten calls in more records, with real arrival times through the simulation", () => {
    const calls = distinctCalls(records, ({ message }) => message.id!);
    expect([records.length > calls.length, calls.length]).toEqual([true, 10]);
    const bills = calls.map(({ message: { usage } }) =>
      billedOf(
        {
          inputTokens: usage!["input_tokens"]!,
          readTokens: usage!["cache_read_input_tokens"]!,
          writtenTokens: usage!["cache_creation_input_tokens"]!,
        },
        true,
      ),
    );
    expect(bills).toEqual(billedCalls(claude));
    const arrivals = calls.map(({ timestamp }) => Date.parse(timestamp) / 1000);
    expect(simulate(bills, calls[0]!.message.model!, arrivals)).toEqual(bills);
  });

  it("Codex: the last calls add up to the totals, cached tokens inside the input", () => {
    const events = traceLines<CodexRecord>("codex-rollout.reduced.jsonl").filter(
      ({ payload }) => payload.type === "token_count",
    );
    let [input, cached] = [0, 0];
    for (const { payload } of events) {
      const { last_token_usage: last, total_token_usage: total } = payload.info!;
      input += last["input_tokens"]!;
      cached += last["cached_input_tokens"]!;
      expect([total["input_tokens"], total["cached_input_tokens"]]).toEqual([input, cached]);
      expect(last["total_tokens"]).toBe(last["input_tokens"]! + last["output_tokens"]!);
      expect(last["cached_input_tokens"]! % 128).toBe(0);
    }
    expect(events.map(({ payload }) => payload.info!.last_token_usage["cached_input_tokens"])).toEqual(
      codex.cacheRead,
    );
  });
});
