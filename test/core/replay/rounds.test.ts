/** A workload that is sent again with other conversations: what comes again, and what is new. */
import { describe, expect, it } from "vitest";
import { Served } from "../../../src/core/cache/cache-system.ts";
import type { PolicyContext } from "../../../src/core/policies/policy.ts";
import { findPolicy } from "../../../src/core/policies/registry.ts";
import type { Request } from "../../../src/core/replay/request.ts";
import { type Rounds, roundSteps } from "../../../src/core/replay/rounds.ts";
import { serveRequest } from "../../../src/core/replay/serve-request.ts";
import { SpanBook } from "../../../src/core/replay/span-book.ts";
import { drain } from "../../../src/core/steps.ts";
import { randomWorkload } from "../../support/random-workload.ts";
import { ReplayText } from "../../support/replay-text.ts";
import { tinyCosts } from "../../support/tiny-costs.ts";

const rounds = 3;

/** Holes are new in each round, static text is not. */
function roundsOf(text: ReplayText, needsTokens: boolean): Rounds {
  const { requests, segments } = text;
  return drain(
    roundSteps({
      requests,
      spans: drain(new SpanBook(1).update(requests)),
      rounds,
      periodSeconds: 100,
      isNew: (request, run) => /[a-z]/.test(segments[requests[request]!.runs!.segments[run]!]!),
      isLastTokenNew: () => false,
      needsTokens,
    }),
  );
}

/** For each token of the prompt `=` where the request of the first round had it too, and `*` where it is new. */
function newness(first: Request, later: Request): string {
  return Array.from(later.promptTokens, (token, at) => (token === first.promptTokens[at] ? "=" : "*")).join(
    "",
  );
}

describe("rounds of a workload", () => {
  const text = new ReplayText("SYS=S×4 / name=ann / TAIL=t×3 | o p\nSYS=S×4 / name=bob / TAIL=t×3 | o q");

  it("keep static text and have other values, other answers and later times", () => {
    const { requests } = roundsOf(text, true);
    expect(requests).toHaveLength(6);
    expect(newness(requests[0]!, requests[2]!)).toBe("====*===");
    expect(newness(requests[2]!, requests[4]!)).toBe("====*===");
    const outputs = [0, 2, 4].map((index) => requests[index]!.outputTokens[0]!);
    expect(new Set(outputs).size).toBe(3);
    expect(requests[3]!.arrivalSeconds - requests[1]!.arrivalSeconds).toBe(100);
    expect(new Set(requests.map(({ session }) => session)).size).toBeGreaterThan(2);
  });

  it("share in spans what they share in tokens, and nothing behind the first new value", () => {
    const { spans } = roundsOf(text, false);
    const shared = (a: number, b: number) => {
      const [one, other] = [spans.requests[a]!.sequence, spans.requests[b]!.sequence];
      const apart = one.findIndex((span, at) => span !== other[at]);
      return apart === 0 ? 0 : spans.spans.ends[one[apart - 1]!];
    };
    expect([shared(0, 1), shared(0, 2), shared(2, 3), shared(1, 5)]).toEqual([4, 4, 4, 4]);
  });

  it("send a conversation again from its own beginning", () => {
    const turns = new ReplayText("SYS=S×4 / q=a | b\nSYS=S×4 / q=a / old=b / next=c | d");
    const { requests } = roundsOf(turns, true);
    const [first, second] = [requests[2]!, requests[3]!];
    expect([...second.promptTokens.subarray(0, 6)]).toEqual([...first.promptTokens, ...first.outputTokens]);
  });
});

describe("a replay of rounds over tokens reuses what one over spans does", () => {
  const seeds = Array.from({ length: 30 }, (_, index) => index + 1);
  it.each(seeds)("seed %d", (seed) => {
    const text = new ReplayText(randomWorkload(seed, 30, [3, 20]));
    const context: PolicyContext = { cost: tinyCosts.hybrid, capacityBytes: 4000, engineBlockTokens: 4 };
    const policy = findPolicy("sglang-radix")!;
    const overSpans = roundsOf(text, false);
    const bySpans = reused(overSpans, policy.create({ ...context, spans: overSpans.spans.spans }));
    const byTokens = reused(roundsOf(text, true), policy.create(context));
    expect(bySpans.reduce((sum, tokens) => sum + tokens)).toBeGreaterThan(0);
    expect(byTokens).toEqual(bySpans);
  });
});

function reused({ requests, spans }: Rounds, cache: Parameters<typeof serveRequest>[1]): number[] {
  const served = new Served();
  return requests.map((_, index) => {
    served.begin();
    serveRequest({ requests, spans }, cache, index, served);
    return served.reusedTokens;
  });
}
