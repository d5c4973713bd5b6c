import { describe, expect, test } from "vitest";
import type { Headroom } from "../../src/analysis/report.ts";
import { headlines } from "../../webview/model/headline.ts";
import { headroomRows, headroomScale } from "../../webview/model/headroom.ts";
import { emptyFixtureReport, fixtureReport, sumOf } from "./fixture-report.ts";

const { totals, templates } = fixtureReport();

describe("the line", () => {
  test("goes from no prompt token to all of them", () => {
    const scale = headroomScale(totals)!;
    expect(scale.reused).toBe(totals.tokenHitRate);
    expect(scale.marks.map(({ id }) => id)).toEqual(["clairvoyant", "unlimited", "ideal"]);
    expect(scale.marks.at(-1)!.share).toBe(scale.ideal);
    for (const { share } of scale.marks) {
      expect(share).toBeGreaterThanOrEqual(scale.reused);
      expect(share).toBeLessThanOrEqual(scale.ideal);
    }
  });

  test("is told in words", () => {
    expect(headroomScale(totals)!.text).toBe(
      "75.7 % with a clairvoyant cache in the same memory (a reference, not a bound), 74.0 % with unlimited memory, 77.3 % with ideal checkpoints; the other 22.7 % only a better prompt could save",
    );
  });

  test("is not there where nothing was sent", () => {
    const { totals: none } = emptyFixtureReport();
    expect(headroomScale(none)).toBeNull();
  });

  test("has no marks for caches that are not known", () => {
    const hosted: Headroom = {
      ...totals.headroom,
      clairvoyantTokens: null,
      unlimitedTokens: null,
      memoryGainTokens: null,
      admissionGainTokens: null,
    };
    const owner = { ledger: totals.ledger, headroom: hosted };
    expect(headroomScale(owner)!.marks.map(({ id }) => id)).toEqual(["ideal"]);
    expect(headroomRows(owner).caches.map(({ id }) => id)).toEqual(["reused", "ideal"]);
    expect(headroomRows(owner).gains.map(({ id }) => id)).toEqual(["prompt"]);
  });
});

describe("the figures", () => {
  test("name every cache and every difference", () => {
    const { caches, gains } = headroomRows(totals);
    expect(caches.map(({ id, share }) => [id, share])).toEqual([
      ["reused", "72.0 %"],
      ["clairvoyant", "75.7 %"],
      ["unlimited", "74.0 %"],
      ["ideal", "77.3 %"],
    ]);
    expect(gains.map(({ id, tokens }) => [id, tokens])).toEqual([
      ["memory", "4,934"],
      ["admission", "8,002"],
      ["prompt", "56,126"],
    ]);
    expect(gains.at(-1)!.meaning).toContain("behind another prefix 57.5 %");
  });

  test("of the templates add up to those of all", () => {
    const ideal = templates.reduce((sum, { headroom }) => sum + headroom.idealTokens, 0);
    expect(ideal).toBe(totals.headroom.idealTokens);
    for (const { headroom, ledger } of templates) {
      expect(headroom.idealTokens + headroom.promptGainTokens).toBe(sumOf(ledger));
    }
  });

  test("leave out reasons without tokens", () => {
    const title = templates.find(({ id }) => id === "title")!;
    expect(headroomRows(title).gains.at(-1)!.meaning).toBe("Of this: new text 100 %.");
  });
});

test("the card of the hit rate says what is ideal, and says nothing where nothing was sent", () => {
  const card = (report: Parameters<typeof headlines>[0]) =>
    headlines(report).find(({ id }) => id === "tokenHitRate")!;
  expect(card(fixtureReport()).outlook).toBe(
    "72.0 % from an empty cache, where 77.3 % is ideal for any prefix cache",
  );
  expect(card(emptyFixtureReport())).toMatchObject({ outlook: null, meter: null });
});
