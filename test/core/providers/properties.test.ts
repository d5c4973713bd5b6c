/** Random requests over few tokens, so that prefixes meet often: bills balance, and agree with the plain matchers. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Breakpoints, type BreakpointsOptions } from "../../../src/core/providers/breakpoints.ts";
import { providers } from "../../../src/core/providers/catalogue.ts";
import { createMatcher, type ProviderTerms, termsOf } from "../../../src/core/providers/choose.ts";
import { PrefixRounded } from "../../../src/core/providers/prefix-rounded.ts";
import { providerFates } from "../../../src/core/providers/provider-fates.ts";
import { type Matcher, type ProviderRequest, ProviderServed } from "../../../src/core/providers/request.ts";
import { WholeUnits } from "../../../src/core/providers/whole-units.ts";
import {
  commonPrefix,
  type NaiveBill,
  naiveBreakpoints,
  naivePrefixRounded,
  naiveWholeUnits,
} from "./naive-matchers.ts";

const short = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 24 });
const raw = fc.record({
  pause: fc.integer({ min: 0, max: 9 }),
  prompt: short,
  answer: fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 4 }),
  blocks: fc.array(fc.integer({ min: 1, max: 24 }), { maxLength: 8 }),
  runs: fc.array(fc.integer({ min: 1, max: 24 }), { maxLength: 8 }),
  marks: fc.array(fc.record({ end: fc.integer({ min: 1, max: 24 }), isLong: fc.boolean() }), {
    maxLength: 5,
  }),
  answerStartSeconds: fc.integer({ min: 0, max: 4 }),
});
type Raw = typeof raw extends fc.Arbitrary<infer Value> ? Value : never;
const traces = fc.array(raw, { minLength: 1, maxLength: 30 });

function requestsOf(trace: readonly Raw[], isLongAllowed = true): ProviderRequest[] {
  let arrivalSeconds = 0;
  return trace.map(({ pause, prompt, answer, blocks, runs, marks, answerStartSeconds }) => {
    arrivalSeconds += pause;
    const inside = (end: number) => end <= prompt.length;
    const byEnd = new Map(marks.filter(({ end }) => inside(end)).map((mark) => [mark.end, mark]));
    const blockEnds = [...new Set(blocks.filter(inside))].sort((a, b) => a - b);
    return {
      arrivalSeconds,
      promptTokens: Int32Array.from(prompt),
      outputTokens: Int32Array.from(answer),
      blockEnds,
      withinToolRuns: blockEnds.filter((end) => runs.includes(end)),
      markers: [...byEnd.values()].map(({ end, isLong }) => ({ end, isLong: isLong && isLongAllowed })),
      answerStartSeconds,
    };
  });
}

function serve(matcher: Matcher, request: ProviderRequest): ProviderServed {
  const served = new ProviderServed();
  matcher.serve(request, served);
  return served;
}

function expectSame(
  fast: Matcher,
  plain: (request: ProviderRequest) => NaiveBill,
  trace: readonly Raw[],
): void {
  for (const request of requestsOf(trace)) {
    const { readTokens, writtenTokens } = serve(fast, request);
    expect([readTokens, writtenTokens]).toEqual(plain(request));
  }
}

const prefixOptions = fc.record({
  stepTokens: fc.integer({ min: 1, max: 5 }),
  minimumTokens: fc.integer({ min: 0, max: 8 }),
  idleSeconds: fc.integer({ min: 0, max: 40 }),
});
const breakpointOptions = fc.record({
  maxBreakpoints: fc.integer({ min: 1, max: 4 }),
  lookbackPositions: fc.integer({ min: 1, max: 6 }),
  lookbackFrom: fc.constant("eachMarker" as const),
  countsToolRunsOnce: fc.boolean(),
  automaticMarker: fc.constant("never" as const),
  isRenewedByReads: fc.boolean(),
  isMinimumPerMarker: fc.constant(false),
  readableFrom: fc.constant("answerStart" as const),
  minimumTokens: fc.integer({ min: 0, max: 8 }),
  lifetimeSeconds: fc.integer({ min: 0, max: 40 }),
  longLifetimeSeconds: fc.integer({ min: 40, max: 90 }),
});
const unitOptions = fc.record({
  writesAt: fc.subarray(["inputEnd", "outputEnd", "commonPrefix", "interval"] as const),
  intervalTokens: fc.option(fc.integer({ min: 1, max: 9 })),
  minimumTokens: fc.integer({ min: 0, max: 8 }),
  idleSeconds: fc.integer({ min: 0, max: 40 }),
});

describe("fast and plain matchers bill alike", () => {
  it("prefixRounded", () => {
    fc.assert(
      fc.property(prefixOptions, traces, (options, trace) =>
        expectSame(new PrefixRounded(options), naivePrefixRounded(options), trace),
      ),
      { numRuns: 400, seed: 8 },
    );
  });

  it("breakpoint", () => {
    fc.assert(
      fc.property(breakpointOptions, traces, (options, trace) =>
        expectSame(new Breakpoints(options), naiveBreakpoints(options), trace),
      ),
      { numRuns: 600, seed: 8 },
    );
  });

  it("unit", () => {
    fc.assert(
      fc.property(unitOptions, traces, (options, trace) =>
        expectSame(new WholeUnits(options), naiveWholeUnits(options), trace),
      ),
      { numRuns: 400, seed: 8 },
    );
  });
});

/** The provider's rules with a minimum and a step that short prompts can reach. */
function scaled(terms: ProviderTerms): ProviderTerms {
  const { matcher } = terms.provider;
  const small =
    matcher.kind === "prefixRounded" ? { ...matcher, stepTokens: Math.min(matcher.stepTokens, 3) } : matcher;
  return {
    ...terms,
    minimumTokens: Math.min(terms.minimumTokens, 4),
    provider: { ...terms.provider, matcher: small },
  };
}

describe.each(providers.map((provider) => [provider.id, scaled(termsOf(provider))] as const))(
  "%s",
  (_, terms) => {
    it("bills every prompt token once, and explains every token that it had seen", () => {
      fc.assert(
        fc.property(traces, (trace) => {
          const matcher = createMatcher(terms);
          for (const request of requestsOf(trace)) {
            const served = serve(matcher, request);
            const { readTokens, writtenTokens, writtenLongTokens, plainTokens, matchedTokens, losses } =
              served;
            expect(readTokens + writtenTokens + plainTokens).toBe(request.promptTokens.length);
            expect(
              Math.min(readTokens, writtenTokens, writtenLongTokens, plainTokens),
            ).toBeGreaterThanOrEqual(0);
            expect(writtenLongTokens).toBeLessThanOrEqual(writtenTokens);
            expect([losses[0]?.start ?? readTokens, losses.at(-1)?.end ?? readTokens]).toEqual([
              readTokens,
              matchedTokens,
            ]);
            let end = 0;
            for (const span of providerFates(served)) {
              expect(span.start).toBe(end);
              end = span.end;
            }
            expect(end).toBe(request.promptTokens.length);
          }
        }),
        { numRuns: 60, seed: 8 },
      );
    });

    it("reads nothing that was not sent before", () => {
      fc.assert(
        fc.property(traces, (trace) => {
          const matcher = createMatcher(terms);
          const sent: Int32Array[] = [];
          for (const request of requestsOf(trace)) {
            const known = Math.max(0, ...sent.map((tokens) => commonPrefix(tokens, request.promptTokens)));
            const served = serve(matcher, request);
            expect(served.matchedTokens).toBe(known);
            expect(served.readTokens).toBeLessThanOrEqual(known);
            sent.push(Int32Array.from([...request.promptTokens, ...request.outputTokens]));
          }
        }),
        { numRuns: 60, seed: 8 },
      );
    });

    const lifetime = Math.max(terms.lifetimeSeconds, terms.longLifetimeSeconds);
    if (lifetime === Number.POSITIVE_INFINITY) return;
    it("reads nothing after its lifetime", () => {
      fc.assert(
        fc.property(traces, (trace) => {
          const matcher = createMatcher(terms);
          const requests = requestsOf(trace);
          for (const request of requests) serve(matcher, request);
          const later = requests.at(-1)!.arrivalSeconds + lifetime + 1;
          for (const request of requests) {
            const aged = createMatcher(terms);
            for (const before of requests) serve(aged, before);
            expect(serve(aged, { ...request, arrivalSeconds: later }).readTokens).toBe(0);
            expect(aged.storedEnds(request.promptTokens, later + lifetime + 1)).toEqual([]);
          }
        }),
        { numRuns: 20, seed: 8 },
      );
    });
  },
);

describe("lookback", () => {
  it("never reads less when it is longer, on any trace with one lifetime", () => {
    fc.assert(
      fc.property(breakpointOptions, traces, (drawn, trace) => {
        const options: BreakpointsOptions = { ...drawn, isRenewedByReads: true };
        const near = new Breakpoints(options);
        const far = new Breakpoints({ ...options, lookbackPositions: options.lookbackPositions + 2 });
        for (const request of requestsOf(trace, false)) {
          expect(serve(far, request).readTokens).toBeGreaterThanOrEqual(serve(near, request).readTokens);
        }
      }),
      { numRuns: 600, seed: 8 },
    );
  });
});
