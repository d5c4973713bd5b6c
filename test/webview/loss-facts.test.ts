import { expect, test } from "vitest";
import { ledgerRow } from "../../webview/model/ledger-rows.ts";
import { lossFacts } from "../../webview/model/loss-facts.ts";
import { fixtureReport } from "./fixture-report.ts";

const report = fixtureReport();

test("what is known of lost tokens, as sentences in the ledger's order", () => {
  expect(lossFacts(report.totals.losses)).toEqual([
    {
      fate: "diverged",
      text: "32,258 tokens of 164 requests behind customer_name in prompts/support.j2",
      place: { path: "prompts/support.j2", range: { start: 120, end: 140 } },
    },
    {
      fate: "noCheckpoint",
      text: "In 4 requests: the nearest one kept was 550 tokens short (median); 1 had none",
      place: null,
    },
    {
      fate: "evicted",
      text: "Went 42 requests (18.5 s) after they were last sent, 7 (3.20 s) before they were lacked (medians); most of them for review",
      place: null,
    },
  ]);
});

test("a template has facts of the fates that its tokens have, and of no others", () => {
  for (const { ledger, losses } of report.templates.map((template) =>
    ledgerRow(template, { ...report, smallestPrefixTokens: null }),
  )) {
    const known = new Set(lossFacts(losses).map(({ fate }) => fate));
    for (const fate of ["diverged", "noCheckpoint", "evicted"] as const) {
      expect(known.has(fate)).toBe(ledger[fate] > 0);
    }
  }
});

test("a value of which nothing is known is to be declared, not to blame", () => {
  const place = { path: "a.j2", range: { start: 0, end: 4 }, name: "frob", requests: 2, tokens: 40 };
  const [fact] = lossFacts({ diverged: [{ ...place, isUnknown: true }], evicted: null, noCheckpoint: null });
  expect(fact?.text).toBe(
    "40 tokens of 2 requests behind frob in a.j2, of which nothing is known: declare how often it changes",
  );
});
