import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addedMilliseconds,
  bytes,
  changeOf,
  count,
  decimal,
  flops,
  percent,
  percentNumber,
  plural,
  seconds,
  shareOf,
  signedPercent,
  signedPoints,
  tenths,
} from "../../src/words/numbers.ts";

const spellings: Readonly<
  Record<string, readonly [spell: (value: number) => string, ...[number, string][]]>
> = {
  count: [
    count,
    [0, "0"],
    [0.4, "0"],
    [999.6, "1,000"],
    [1240, "1,240"],
    [1_234_567, "1,234,567"],
    [-1240, "−1,240"],
    [-0.4, "0"],
    [1e15, "1,000,000,000,000,000"],
    [Number.POSITIVE_INFINITY, "∞"],
    [Number.NaN, "–"],
  ],
  tenths: [tenths, [0, "0"], [0.04, "< 0.1"], [0.25, "0.3"], [3, "3"], [3.04, "3.0"], [1234.5, "1,234.5"]],
  decimal: [
    decimal,
    [0, "0"],
    [0.0004, "< 0.001"],
    [0.5, "0.500"],
    [0.9996, "1.00"],
    [2.456, "2.46"],
    [9.996, "10.0"],
    [99.96, "100"],
    [1234, "1,234"],
    [-2.456, "−2.46"],
  ],
  percent: [
    percent,
    [0, "0 %"],
    [1e-12, "0 %"],
    [0.0004, "< 0.1 %"],
    [0.001, "0.1 %"],
    [0.004, "0.4 %"],
    [0.8349, "83.5 %"],
    [0.83, "83.0 %"],
    [0.999, "99.9 %"],
    [0.99901, "> 99.9 %"],
    [1 - 1e-12, "100 %"],
    [1, "100 %"],
    [1.25, "125.0 %"],
    [12.5, "1,250.0 %"],
    [-0.1234, "−12.3 %"],
    [-0.0004, "> −0.1 %"],
    [-0.9999, "< −99.9 %"],
    [Number.NaN, "–"],
  ],
  signedPercent: [
    signedPercent,
    [0, "±0 %"],
    [0.25, "+25.0 %"],
    [-0.75, "−75.0 %"],
    [0.0001, "< +0.1 %"],
    [-0.0001, "> −0.1 %"],
  ],
  signedPoints: [
    signedPoints,
    [0, "±0"],
    [1.46, "+1.5"],
    [-0.3, "−0.3"],
    [0.02, "< +0.1"],
    [-0.02, "> −0.1"],
  ],
  bytes: [
    bytes,
    [0, "0 B"],
    [0.3, "< 1 B"],
    [512, "512 B"],
    [1023, "1,023 B"],
    [1023.6, "1.00 KiB"],
    [1536, "1.50 KiB"],
    [16_384, "16.0 KiB"],
    [1_047_552, "1,023 KiB"],
    [1_048_500, "1.00 MiB"],
    [77_000_000, "73.4 MiB"],
    [8 * 2 ** 30, "8.00 GiB"],
    [640 * 2 ** 30, "640 GiB"],
    [3 * 2 ** 50, "3,072 TiB"],
    [-2048, "−2.00 KiB"],
  ],
  seconds: [
    seconds,
    [0, "0 ms"],
    [1e-10, "< 0.001 µs"],
    [0.0000042, "4.20 µs"],
    [0.00025, "250 µs"],
    [0.0009994, "999 µs"],
    [0.0009996, "1.00 ms"],
    [0.00456, "4.56 ms"],
    [0.042, "42.0 ms"],
    [0.181, "181 ms"],
    [0.9996, "1.00 s"],
    [1.24, "1.24 s"],
    [75, "75.0 s"],
    [3600, "3,600 s"],
    [-0.2, "−200 ms"],
  ],
  addedMilliseconds: [
    addedMilliseconds,
    [0, "0 ms"],
    [1e-8, "< 0.001 ms"],
    [0.015, "15.000 ms"],
    [1.2345678, "1,234.568 ms"],
  ],
  flops: [
    flops,
    [0, "0 FLOP"],
    [2.5e6, "2.50 MFLOP"],
    [3.1e11, "310 GFLOP"],
    [1.2345e13, "12.3 TFLOP"],
    [2e15, "2.00 PFLOP"],
  ],
};

const rows = Object.entries(spellings).flatMap(([name, [spell, ...pairs]]) =>
  pairs.map(([value, text]) => ({ name, spell, value, text })),
);

describe("numbers", () => {
  it.each(rows)("$name($value) is $text", ({ spell, value, text }) => expect(spell(value)).toBe(text));

  it("shares and changes of nothing are a dash", () => {
    expect([shareOf(3, 0), shareOf(1, 4), shareOf(0, 4)]).toEqual(["–", "25.0 %", "0 %"]);
    expect([changeOf(0, 1), changeOf(200, 50), changeOf(200, 250)]).toEqual(["–", "−75.0 %", "+25.0 %"]);
  });

  it("one is singular, also where it was rounded", () => {
    expect([plural(1, "request"), plural(0, "request"), plural(1.2, "token")]).toEqual([
      "1 request",
      "0 requests",
      "1 token",
    ]);
    expect(plural(1200, "entry", "entries")).toBe("1,200 entries");
  });

  it("are spelled in one way, whatever the machine's language: no function of the platform is asked", () => {
    const original = Number.prototype.toLocaleString;
    Number.prototype.toLocaleString = () => "1.240,5";
    try {
      expect([count(1240.4), tenths(1240.5), bytes(1023)]).toEqual(["1,240", "1,240.5", "1,023 B"]);
    } finally {
      Number.prototype.toLocaleString = original;
    }
  });
});

const positive = fc.oneof(
  fc.double({ min: 1e-12, max: 1e15, noNaN: true }),
  fc
    .integer({ min: -11, max: 14 })
    .chain((power) => fc.double({ min: 0.9, max: 1.1, noNaN: true }).map((x) => x * 10 ** power)),
  fc
    .integer({ min: 0, max: 45 })
    .chain((power) => fc.double({ min: 0.99, max: 1.01, noNaN: true }).map((x) => x * 2 ** power)),
);

/** The value that a text stands for; a bound stands for what lies beyond it. */
function meant(text: string): number {
  const units: Readonly<Record<string, number>> = {
    "": 1,
    "%": 0.01,
    B: 1,
    KiB: 2 ** 10,
    MiB: 2 ** 20,
    GiB: 2 ** 30,
    TiB: 2 ** 40,
    µs: 1e-6,
    ms: 1e-3,
    s: 1,
    FLOP: 1,
    MFLOP: 1e6,
    GFLOP: 1e9,
    TFLOP: 1e12,
    PFLOP: 1e15,
  };
  const [, bound, digits, unit] =
    /^([<>] )?([\d,.]+) ?(\S*)$/.exec(text) ?? expect.fail(`cannot read ${text}`);
  const value = Number(digits!.replaceAll(",", "")) * units[unit!]!;
  return bound === undefined ? value : bound === "< " ? value * 0.999 : value * 1.0001;
}

const scales = { bytes, seconds, flops, decimal, percent, percentNumber, tenths, count, addedMilliseconds };

describe.each(Object.entries(scales))("%s", (_, spell) => {
  it("says more of what is more", () => {
    fc.assert(
      fc.property(positive, positive, (a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a];
        expect(meant(spell(less))).toBeLessThanOrEqual(meant(spell(more)) * (1 + 1e-12));
      }),
    );
  });

  it("writes a negative as the positive with a sign, and never 0.0", () => {
    fc.assert(
      fc.property(positive, (value) => {
        const text = spell(value);
        expect(text).not.toMatch(/^[+−]?0\.0+( |$)/);
        const flipped = text.replace(/^[<>]/, (bound) => (bound === "<" ? ">" : "<"));
        expect(spell(-value)).toBe(/^0( |$)/.test(text) ? text : flipped.replace(/^([<>] )?/, "$1−"));
      }),
    );
  });
});

describe.each(Object.entries({ bytes, seconds, flops, decimal }))("%s", (name, spell) => {
  it("have three digits, and never four by rounding", () => {
    fc.assert(
      fc.property(positive, (value) => {
        const text = spell(value);
        const [digits = "", unit] = text.split(" ");
        // Below and above all units there are fewer and more digits; whole bytes are counted, and a KiB has 1,024 of them.
        const isCounted = unit === "B" || text.startsWith("<") || /^0\./.test(digits);
        const isLast = ["TiB", "s", "PFLOP"].includes(unit ?? "") || name === "decimal";
        if (isCounted || (isLast && value >= 1000)) return;
        const most = name === "bytes" ? 1023 : 999;
        expect(Number(digits.replaceAll(",", ""))).toBeLessThanOrEqual(Math.max(most, isLast ? 1000 : 0));
        if (!digits.includes(",")) expect(digits.replace(".", "")).toMatch(/^\d{3}$/);
      }),
    );
  });

  it("is what it stands for, to half of its last digit", () => {
    fc.assert(
      fc.property(positive, (value) => {
        const text = spell(value);
        if (text.startsWith("<") || /^0/.test(text) || / B$/.test(text)) return;
        expect(Math.abs(meant(text) - value) / value).toBeLessThanOrEqual(0.00501);
      }),
    );
  });
});
