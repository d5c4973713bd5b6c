/** One line of a benchmark: ours beside the reference, measured in the same run. */
export interface BenchRow {
  readonly name: string;
  readonly ours: number;
  /** `null` where there is nothing to compare with. */
  readonly reference: number | null;
  /** How many times better ours is; above 1 is good, whatever the unit. */
  readonly ratio: number | null;
  readonly unit: "M tokens/s" | "MB/s" | "ms";
  /** Ours; `null` where no requests are served. */
  readonly requestsPerSecond: number | null;
}

export function benchRow(
  name: string,
  unit: BenchRow["unit"],
  ours: number,
  reference: number | null,
  requestsPerSecond: number | null = null,
): BenchRow {
  const isHigherBetter = unit !== "ms";
  const ratio = reference === null ? null : isHigherBetter ? ours / reference : reference / ours;
  return { name, ours, reference, ratio, unit, requestsPerSecond };
}

export function formatRows(rows: readonly BenchRow[]): string {
  const cells = [
    ["", "ours", "reference", "ratio", "unit", "requests/s"],
    ...rows.map(({ name, ours, reference, ratio, unit, requestsPerSecond }) => [
      name,
      formatted(ours),
      reference === null ? "" : formatted(reference),
      ratio === null ? "" : `${ratio.toFixed(1)}x`,
      unit,
      requestsPerSecond === null ? "" : requestsPerSecond.toFixed(0),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number): string =>
    column === 0 || column === 4 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return cells.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** Two decimals, and as many more as a small number needs to say anything. */
function formatted(value: number): string {
  return value !== 0 && Math.abs(value) < 0.1 ? value.toPrecision(2) : value.toFixed(2);
}
