/** Numbers as the dashboard writes them: one place, so that the same value reads the same everywhere. */

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Stands where there is nothing to say. */
export const nothing = "–";

export function formatCount(value: number): string {
  return whole.format(value);
}

/** `1 request`, `2 requests`. */
export function formatPlural(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** A rate from 0 to 1 as a percentage with one decimal; never rounds up to 100 or down to 0. */
export function formatPercent(rate: number): string {
  if (!Number.isFinite(rate)) return nothing;
  const percent = rate * 100;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  if (percent < 100 && percent > 99.9) return "> 99.9 %";
  return `${percent.toFixed(1)} %`;
}

/** Part over whole as a percentage; `–` when the whole is zero. */
export function formatShare(part: number, total: number): string {
  return total === 0 ? nothing : formatPercent(part / total);
}

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes in the largest binary unit that leaves at least 1, with three significant digits. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = Math.abs(bytes);
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  const sign = bytes < 0 ? "−" : "";
  return `${sign}${unit === 0 ? whole.format(value) : significant(value)} ${byteUnits[unit]}`;
}

/** Seconds as ms below one second, as s above, with three significant digits. */
export function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? "−" : "";
  if (size === 0) return "0 ms";
  if (size >= 1) return `${sign}${significant(size)} s`;
  const milliseconds = size * 1000;
  if (milliseconds < 0.01) return `${sign}< 0.01 ms`;
  return `${sign}${significant(milliseconds)} ms`;
}

/** How far `after` lies from `before`, as a signed percentage without decimals. */
export function formatChange(before: number, after: number): string {
  if (before === 0) return nothing;
  const percent = Math.round(((after - before) / before) * 100);
  if (percent === 0) return "±0 %";
  return `${percent > 0 ? "+" : "−"}${whole.format(Math.abs(percent))} %`;
}

/** Three significant digits, but never fewer than the whole part has. */
function significant(value: number): string {
  if (value >= 100) return whole.format(value);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
