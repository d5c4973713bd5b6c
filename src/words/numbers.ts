/** Numbers as people read them. One locale, so that texts are the same everywhere. */

/** `1,240`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `83 %`; a decimal where rounding would say "none" or "all" of what is neither. */
export function percent(share: number): string {
  const value = share * 100;
  const needsDecimal = (value > 0 && value < 1) || (value > 99 && value < 100);
  if (!needsDecimal) return `${Math.round(value)} %`;
  const shown = Math.min(99.9, Math.max(0.1, value));
  return `${shown.toFixed(1)} %`;
}

/** `1.5 GiB`; powers of 1,024. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let scaled = value;
  let unit = 0;
  while (Math.abs(scaled) >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${unit === 0 ? count(scaled) : threeDigits(scaled)} ${units[unit]}`;
}

/** `42.0 ms`, `1.24 s`; always three digits, because they mostly stand beside each other. */
export function seconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0 ms";
  // Rounding must not give four digits.
  if (size < 0.0009995) return `${(value * 1e6).toPrecision(3)} µs`;
  if (size < 0.9995) return `${(value * 1000).toPrecision(3)} ms`;
  return size < 999.5 ? `${value.toPrecision(3)} s` : `${count(value)} s`;
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return count(value);
  return String(Number(value.toFixed(size >= 10 ? 1 : 2)));
}

/** `83 %`, or `0 %` of nothing. */
export function shareOf(part: number, whole: number): string {
  return percent(whole > 0 ? part / whole : 0);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? one : many}`;
}
