/** Which boxes of an icicle can be seen in a viewport, in pixels. */
import type { Icicle, Viewport } from "./icicle.ts";

export interface VisibleBox {
  /** The box; for a run of siblings too thin to be drawn one by one, the parent of the run. */
  readonly box: number;
  readonly isRun: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Boxes thinner than this, in pixels, are drawn together with their neighbours. */
const thinnest = 0.3;

export function visibleBoxes(icicle: Icicle, view: Viewport, width: number, height: number): VisibleBox[] {
  const perToken = width / (view.end - view.start);
  const perShare = height / (view.bottom - view.top);
  const x = (along: number) => (along - view.start) * perToken;
  const y = (across: number) => (across - view.top) * perShare;
  const shown: VisibleBox[] = [];
  const open = [0];
  for (let box = open.pop(); box !== undefined; box = open.pop()) {
    const first = icicle.firstChild[box]!;
    const last = first + icicle.children[box]!;
    let run: { readonly from: number; to: number; reach: number } | undefined;
    for (let child = first; child < last; child++) {
      const top = y(icicle.top[child]!);
      const bottom = y(icicle.bottom[child]!);
      if (bottom <= 0 || top >= height || x(icicle.start[child]!) >= width) continue;
      if (bottom - top < thinnest) {
        run ??= { from: top, to: bottom, reach: 0 };
        run.to = bottom;
        run.reach = Math.max(run.reach, icicle.reach[child]!);
        continue;
      }
      const left = x(icicle.start[child]!);
      const right = x(icicle.end[child]!);
      if (right > 0) shown.push(clip(child, false, left, right, top, bottom, width, height));
      if (icicle.children[child]! > 0) open.push(child);
    }
    // Siblings are sorted by size, so those too thin to see are the last ones.
    if (run !== undefined && x(run.reach) > 0) {
      shown.push(clip(box, true, x(icicle.end[box]!), x(run.reach), run.from, run.to, width, height));
    }
  }
  return shown;
}

/** Clips along and across, so that labels start inside the picture. */
function clip(
  box: number,
  isRun: boolean,
  left: number,
  right: number,
  top: number,
  bottom: number,
  width: number,
  height: number,
): VisibleBox {
  const x = Math.max(0, left);
  const y = Math.max(0, top);
  return { box, isRun, x, y, width: Math.min(width, right) - x, height: Math.min(height, bottom) - y };
}

/** Token positions to mark on the axis: at most `most`, at round numbers. */
export function axisTicks(start: number, end: number, most: number): number[] {
  const span = end - start;
  if (!(span > 0) || most < 1) return [];
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const whole = Math.max(1, Math.round(step));
  const ticks: number[] = [];
  for (let tick = Math.ceil(start / whole) * whole; tick <= end; tick += whole) ticks.push(tick);
  return ticks;
}
