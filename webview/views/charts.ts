/** The charts, by uPlot: over the requests, what the cache holds and how much it has saved so far; and reuse by the length of a prefix. */
import uPlot from "uplot";
import { t } from "../../src/words/l10n.ts";
import { bytes, count, percent } from "../../src/words/numbers.ts";
import { el } from "../dom.ts";
import { blend, toCss } from "../model/colour.ts";
import { byteTicks, type MemorySeries } from "../model/memory-series.ts";
import type { PrefixSeries } from "../model/shared-prefix.ts";
import { onTheme, themeColour, themeText } from "../theme.ts";

const height = 220;

interface Inks {
  readonly ink: string;
  readonly grid: string;
  readonly font: string;
  readonly kv: string;
  readonly kvFill: string;
  readonly checkpoint: string;
  readonly checkpointFill: string;
  readonly capacity: string;
  readonly hits: string;
  readonly hitsFill: string;
}

function readInks(): Inks {
  const ground = themeColour("--vscode-editor-background", "#1e1e1e");
  const faint = (name: string, fallback: string) => toCss(blend(themeColour(name, fallback), ground, 0.35));
  const full = (name: string, fallback: string) => toCss(themeColour(name, fallback));
  return {
    ink: full("--vscode-descriptionForeground", "#999999"),
    grid: toCss(blend(themeColour("--vscode-foreground", "#cccccc"), ground, 0.12)),
    font: `11px ${themeText("--vscode-font-family") || "sans-serif"}`,
    kv: full("--vscode-charts-blue", "#3794ff"),
    kvFill: faint("--vscode-charts-blue", "#3794ff"),
    checkpoint: full("--vscode-charts-purple", "#b180d7"),
    checkpointFill: faint("--vscode-charts-purple", "#b180d7"),
    capacity: full("--vscode-charts-red", "#f14c4c"),
    hits: full("--vscode-charts-green", "#89d185"),
    hitsFill: faint("--vscode-charts-green", "#89d185"),
  };
}

/** Draws into a box whose width it follows; drawn again from scratch when the theme changes. */
function createChart<Series>(
  testId: string,
  label: string,
  plan: (series: Series, inks: Inks) => { options: Omit<uPlot.Options, "width">; data: uPlot.AlignedData },
) {
  const element = el("div", { class: "chart", testId, attributes: { role: "img", "aria-label": label } });
  let plot: uPlot | null = null;
  let shown: Series | null = null;

  function draw(): void {
    plot?.destroy();
    plot = null;
    if (shown === null || element.clientWidth === 0) return;
    const { options, data } = plan(shown, readInks());
    plot = new uPlot({ ...options, width: element.clientWidth }, data, element);
  }
  new ResizeObserver(() => {
    if (element.clientWidth === 0) return;
    if (plot === null) draw();
    else plot.setSize({ width: element.clientWidth, height });
  }).observe(element);
  onTheme(draw);
  return {
    element,
    update(series: Series) {
      shown = series;
      draw();
    },
  };
}

export function createBytesChart() {
  return createChart<MemorySeries>(
    "memory-chart",
    t("Cache contents over the requests, in bytes"),
    (series, inks) => {
      const value =
        (column: readonly number[]) => (_: uPlot, __: number | null, ___: number, at: number | null) =>
          bytes(column[at ?? column.length - 1] ?? 0);
      const isDense = series.request.length > 60;
      return {
        options: {
          ...common(inks, bytes, [0, series.topBytes], 66, byteTicks(series.topBytes)),
          series: [
            requestLegend(series),
            {
              label: "KV",
              stroke: inks.kv,
              fill: inks.kvFill,
              width: 2,
              points: { show: !isDense, size: 4 },
              value: value(series.kvBytes),
            },
            {
              label: t("Checkpoints"),
              stroke: inks.checkpoint,
              fill: inks.checkpointFill,
              width: 2,
              dash: [6, 3],
              points: { show: !isDense, size: 4 },
              value: value(series.checkpointBytes),
            },
            {
              label: t("Capacity"),
              show: series.isCapacityShown,
              stroke: inks.capacity,
              width: 1,
              dash: [2, 4],
              points: { show: false },
              value: () => bytes(series.capacityBytes),
            },
          ],
        },
        data: [
          [...series.request],
          [...series.totalBytes],
          [...series.checkpointBytes],
          series.request.map(() => series.capacityBytes),
        ],
      };
    },
  );
}

export function createHitChart() {
  return createChart<MemorySeries>(
    "hit-chart",
    t("Share of prompt tokens reused so far, over the requests"),
    (series, inks) => ({
      options: {
        ...common(inks, (inPercent) => `${inPercent} %`, [0, 100], 48, [0, 25, 50, 75, 100]),
        series: [
          requestLegend(series),
          {
            label: t("Tokens reused so far"),
            stroke: inks.hits,
            fill: inks.hitsFill,
            width: 2,
            points: { show: false },
            value: (_, inPercent) => percent((inPercent ?? series.hitPercent.at(-1) ?? 0) / 100),
          },
        ],
      },
      data: [[...series.request], [...series.hitPercent]],
    }),
  );
}

export function createPrefixChart() {
  return createChart<PrefixSeries>("prefix-chart", "", (series, inks) => {
    const plan = common(inks, (inPercent) => `${inPercent} %`, [0, 112], 48, [0, 25, 50, 75, 100]);
    const last = series.prefixTokens.length - 1;
    return {
      options: {
        ...plan,
        scales: { ...plan.scales, x: { time: false, range: () => [0, series.endTokens] } },
        cursor: { ...plan.cursor, sync: { key: "prefix" } },
        series: [
          { label: t("Shared prefix"), value: (_, tokens) => count(tokens ?? series.endTokens) },
          {
            label: t("Share reused"),
            stroke: inks.hits,
            fill: inks.hitsFill,
            width: 2,
            points: { show: false },
            value: (_, inPercent) => percent((inPercent ?? series.hitPercent[last] ?? 0) / 100),
          },
          {
            label: t("Stable prefixes"),
            stroke: inks.checkpoint,
            paths: () => null,
            points: { show: true, size: 9, width: 2, stroke: inks.checkpoint, fill: inks.checkpointFill },
            value: (_, __, ___, at) => (at === null ? count(series.marks) : (series.markNames[at] ?? "")),
          },
          {
            label: t("Smallest that can hit"),
            show: series.smallestPrefixTokens !== null,
            stroke: inks.capacity,
            width: 1,
            dash: [2, 4],
            points: { show: false },
            value: () => count(series.smallestPrefixTokens ?? 0),
          },
        ],
        hooks: { draw: [(plot) => drawSmallest(plot, series, inks)] },
      },
      data: [
        [...series.prefixTokens],
        [...series.hitPercent],
        [...series.markPercent],
        series.prefixTokens.map(() => null),
      ],
    };
  });
}

/** A line from top to bottom, which no series can be. */
function drawSmallest(plot: uPlot, { smallestPrefixTokens: tokens }: PrefixSeries, inks: Inks): void {
  if (tokens === null) return;
  const x = Math.round(plot.valToPos(tokens, "x", true));
  const { left, width, top, height: tall } = plot.bbox;
  if (x > left + width) return;
  const pen = plot.ctx;
  pen.save();
  pen.strokeStyle = inks.capacity;
  pen.lineWidth = 2 * uPlot.pxRatio;
  pen.setLineDash([4 * uPlot.pxRatio, 4 * uPlot.pxRatio]);
  pen.beginPath();
  pen.moveTo(x, top);
  pen.lineTo(x, top + tall);
  pen.stroke();
  pen.restore();
}

function common(
  inks: Inks,
  format: (value: number) => string,
  range: [number, number],
  size: number,
  places: number[],
): Omit<uPlot.Options, "width" | "series"> {
  const axis = {
    stroke: inks.ink,
    font: inks.font,
    grid: { stroke: inks.grid, width: 1 },
    ticks: { show: false },
  };
  return {
    height,
    scales: { x: { time: false }, y: { range: () => range } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        values: (_, ticks) => ticks.map((tick) => wholeTick(tick)),
      },
      { ...axis, size, splits: () => places, values: (_, ticks) => ticks.map(format) },
    ],
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: "memory" } },
    legend: { live: true },
  };
}

/** While nothing is pointed at, the legend says what holds at the end. */
function requestLegend(series: MemorySeries): uPlot.Series {
  return { label: t("Request"), value: (_, at) => count(at ?? series.request.at(-1) ?? 0) };
}

/** Requests are counted, so there is nothing between two of them. */
function wholeTick(tick: number): string {
  return Number.isInteger(tick) ? count(tick) : "";
}
