/**
 * Numbers and units as people read them, wherever they stand: finding, hover, lens, dashboard, terminal, Markdown. One value
 * has one spelling, whatever the machine's language.
 *
 * Sizes have three significant digits in the largest unit that gives at least 1: `1.24 s`, `42.0 ms`, `1.50 GiB`. Counts
 * are whole. Shares have one decimal, and never read as nothing or everything where they are not: `< 0.1 %`, `> 99.9 %`.
 */

import { t, t as translated } from "./l10n.ts";

/** Stands where there is no number to show. */
export const nothing = "–";

const minus = "−";

/** `1,240`. */
export function count(value: number): string {
  return withSign(value, whole);
}

/** `1 request`, `1,200 requests`. Two messages, `{0} request` and `{0} requests`; what a noun stands among is a message of its own. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return translated(`{0} ${Math.round(value) === 1 ? one : many}`, count(value));
}

/** `1,234.5`: what is counted, but need not be whole. */
export function tenths(value: number): string {
  return withSign(value, tenthsOf);
}

/** `1.24`, `42.0`, `1,240`: a size without a unit, such as a ratio. */
export function decimal(value: number): string {
  return withSign(value, threeDigits);
}

/** `$1.24`, `$0.0124`, `$1,240`: US dollars. */
export function dollars(value: number): string {
  return `$${decimal(value)}`;
}

/** `83.4 %`. */
export function percent(share: number): string {
  return Number.isNaN(share) ? nothing : `${percentNumber(share)} %`;
}

/** `83.4` of 0.834, where a heading says that it is in per cent. */
export function percentNumber(share: number): string {
  return withSign(share, percentOf);
}

/** `83.4 %`; a dash where the whole is nothing. */
export function shareOf(part: number, whole: number): string {
  return whole === 0 ? nothing : percent(part / whole);
}

/** `+25.0 %`, `−75.0 %`, `±0 %`. */
export function signedPercent(share: number): string {
  return `${withSign(share, percentOf, always)} %`;
}

/** How far `after` lies from `before`: `−75.0 %`; a dash where there was nothing before. */
export function changeOf(before: number, after: number): string {
  return before === 0 ? nothing : signedPercent((after - before) / before);
}

/** `+94`, `−1,240`, `±0`. */
export function signedCount(value: number): string {
  return withSign(value, whole, always);
}

/** `+1.5`, `±0`: how far two percentages lie apart. */
export function signedPoints(points: number): string {
  return withSign(points, tenthsOf, always);
}

/** `1.50 GiB`, `812 B`; powers of 1,024. */
export function bytes(value: number): string {
  return withSign(value, bytesOf);
}

/** `1.24 s`, `42.0 ms`, `4.20 µs`. */
export function seconds(value: number): string {
  return withSign(value, (size) => (size === 0 ? "0 ms" : scaled(size, secondUnits)));
}

/** How long something lasts or is kept: `5 minutes`, `1 hour`, `8.2 minutes`, `30 seconds`. */
export function duration(value: number): string {
  const size = value >= 3600 ? 3600 : value >= 60 ? 60 : 1;
  const text = tenths(value / size).replace(/\.0$/, "");
  if (size === 3600) return text === "1" ? t("{0} hour", text) : t("{0} hours", text);
  if (size === 60) return text === "1" ? t("{0} minute", text) : t("{0} minutes", text);
  return text === "1" ? t("{0} second", text) : t("{0} seconds", text);
}

/** `12.345 ms`: where times stand in a column that is added up. */
export function addedMilliseconds(value: number): string {
  return `${withSign(value * 1000, (size) => (size === 0 ? "0" : least(size, 0.001, grouped(size.toFixed(3)))))} ms`;
}

/** `1.24 TFLOP`. */
export function flops(value: number): string {
  return withSign(value, (size) => (size === 0 ? "0 FLOP" : scaled(size, flopUnits)));
}

interface Unit {
  readonly name: string;
  readonly size: number;
}

const secondUnits: readonly Unit[] = [
  { name: "µs", size: 1e-6 },
  { name: "ms", size: 1e-3 },
  { name: "s", size: 1 },
];
const byteUnits: readonly Unit[] = [
  { name: "KiB", size: 2 ** 10 },
  { name: "MiB", size: 2 ** 20 },
  { name: "GiB", size: 2 ** 30 },
  { name: "TiB", size: 2 ** 40 },
];
const flopUnits: readonly Unit[] = [
  { name: "MFLOP", size: 1e6 },
  { name: "GFLOP", size: 1e9 },
  { name: "TFLOP", size: 1e12 },
  { name: "PFLOP", size: 1e15 },
];

function bytesOf(size: number): string {
  if (size === 0) return "0 B";
  if (size < 1) return "< 1 B";
  const [kibibyte] = byteUnits;
  return kibibyte !== undefined && fits(size, kibibyte.size)
    ? `${whole(size)} B`
    : scaled(Math.max(size, 1024), byteUnits);
}

/** In the largest unit that gives at least 1. */
function scaled(size: number, units: readonly Unit[]): string {
  const index = units.findIndex((_, at) =>
    fits(size / units[at]!.size, (units[at + 1]?.size ?? Infinity) / units[at]!.size),
  );
  const { name, size: one } = units[index]!;
  // What would have been rounded up to 1,000 of the unit before.
  const inUnit = index === 0 ? size / one : Math.max(1, size / one);
  return `${threeDigits(inUnit)} ${name}`;
}

/** Whether it stays below the limit when it is rounded. */
function fits(size: number, limit: number): boolean {
  return size < limit - 0.5;
}

/** Fewer digits below 0.1, where three decimals are all there is, and more above 1,000. */
function threeDigits(size: number): string {
  if (size >= 99.95) return whole(size);
  if (size >= 9.995) return size.toFixed(1);
  if (size >= 0.9995) return size.toFixed(2);
  return size === 0 ? "0" : least(size, 0.001, size.toFixed(3));
}

function tenthsOf(size: number): string {
  return Number.isInteger(size) ? whole(size) : least(size, 0.1, grouped(size.toFixed(1)));
}

/** Shares are computed: what is nothing or everything may lie this far from it. */
const imprecision = 1e-9;

function percentOf(share: number): string {
  if (share < imprecision) return "0";
  if (Math.abs(share - 1) < imprecision) return "100";
  const value = share * 100;
  return value > 99.9 && value < 100 ? "> 99.9" : least(value, 0.1, grouped(value.toFixed(1)));
}

/** `text` where the size is not smaller than the smallest that it can show. */
function least(size: number, smallest: number, text: string): string {
  return size < smallest ? `< ${smallest}` : text;
}

function whole(size: number): string {
  return grouped(Math.round(size).toFixed(0));
}

/** Thousands apart; not by the machine's language, nor by what its ICU knows. */
function grouped(digits: string): string {
  const [integer = "", ...fraction] = digits.split(".");
  return [integer.replace(/\B(?=(\d{3})+$)/g, ","), ...fraction].join(".");
}

interface Signs {
  readonly zero: string;
  readonly plus: string;
}

const whereNegative: Signs = { zero: "", plus: "" };
const always: Signs = { zero: "±", plus: "+" };

/** `text` is given a size without its sign. */
function withSign(value: number, text: (size: number) => string, signs = whereNegative): string {
  if (Number.isNaN(value)) return nothing;
  const size = Math.abs(value);
  const shown = size === Infinity ? "∞" : text(size);
  if (/^0\b(?!\.)/.test(shown)) return signs.zero + shown;
  const sign = value < 0 ? minus : signs.plus;
  const [, bound, digits] = /^([<>]) (.*)$/.exec(shown) ?? [];
  if (bound === undefined) return sign + shown;
  // Below zero, what is nearer to it is larger.
  return `${value >= 0 ? bound : bound === "<" ? ">" : "<"} ${sign}${digits}`;
}
