import { expect, test } from "vitest";
import {
  formatBytes,
  formatChange,
  formatCount,
  formatPercent,
  formatPlural,
  formatSeconds,
  formatShare,
} from "../../webview/model/format.ts";

test.each([
  [0, "0"],
  [999, "999"],
  [78_650, "78,650"],
  [1_234_567, "1,234,567"],
])("count %d is %s", (value, text) => expect(formatCount(value)).toBe(text));

test.each([
  [0, "0.0 %"],
  [0.612, "61.2 %"],
  [1, "100.0 %"],
  [0.0004, "< 0.1 %"],
  [0.99999, "> 99.9 %"],
  [Number.NaN, "–"],
])("rate %d is %s", (value, text) => expect(formatPercent(value)).toBe(text));

test.each([
  [0, "0 B"],
  [1023, "1,023 B"],
  [16_384, "16.0 KiB"],
  [51_806_208, "49.4 MiB"],
  [4 * 2 ** 30, "4.00 GiB"],
  [640 * 2 ** 30, "640 GiB"],
  [3 * 2 ** 50, "3,072 TiB"],
  [-2048, "−2.00 KiB"],
])("%d bytes are %s", (value, text) => expect(formatBytes(value)).toBe(text));

test.each([
  [0, "0 ms"],
  [0.000001, "< 0.01 ms"],
  [0.00456, "4.56 ms"],
  [0.0483, "48.3 ms"],
  [0.1634, "163 ms"],
  [1.5, "1.50 s"],
  [75, "75.0 s"],
  [-0.2, "−200 ms"],
])("%d seconds are %s", (value, text) => expect(formatSeconds(value)).toBe(text));

test("shares and changes of nothing are a dash", () => {
  expect(formatShare(3, 0)).toBe("–");
  expect(formatShare(1, 4)).toBe("25.0 %");
  expect(formatChange(0, 1)).toBe("–");
  expect(formatChange(200, 50)).toBe("−75 %");
  expect(formatChange(200, 250)).toBe("+25 %");
  expect(formatChange(200, 200)).toBe("±0 %");
});

test("one is singular", () => {
  expect(formatPlural(1, "request")).toBe("1 request");
  expect(formatPlural(0, "request")).toBe("0 requests");
  expect(formatPlural(1200, "entry", "entries")).toBe("1,200 entries");
});
