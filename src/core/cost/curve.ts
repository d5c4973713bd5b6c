import type { Curve } from "./gpu-spec.ts";

/** Value at `x`, straight between points on a logarithmic axis of arguments, constant outside them. */
export function interpolate(curve: Curve, x: number): number {
  const last = curve.length - 1;
  if (x <= curve[0][0]) return curve[0][1];
  if (x >= curve[last][0]) return curve[last][1];
  let right = 1;
  while (curve[right][0] < x) right += 1;
  const [x0, y0] = curve[right - 1];
  const [x1, y1] = curve[right];
  return y0 + ((y1 - y0) * Math.log(x / x0)) / Math.log(x1 / x0);
}

/** Middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
