/** Paints boxes on a canvas. Knows colours and pixels, nothing of events. */
import type { PrefixNode } from "../../src/analysis/report.ts";
import { t } from "../../src/words/l10n.ts";
import { count } from "../../src/words/numbers.ts";
import { blend, inkOn, type Rgb, toCss } from "../model/colour.ts";
import type { Icicle, Viewport } from "../model/icicle.ts";
import { isCached, labelText } from "../model/tree-rows.ts";
import { axisTicks, type VisibleBox, visibleBoxes } from "../model/visible-boxes.ts";
import { isHighContrast, themeColour, themeText } from "../theme.ts";

export interface Palette {
  readonly ground: Rgb;
  readonly ink: Rgb;
  readonly faint: Rgb;
  readonly cached: Rgb;
  readonly checkpoint: Rgb;
  readonly focus: Rgb;
  readonly font: string;
  readonly isHighContrast: boolean;
}

export function readPalette(): Palette {
  const size = Number.parseFloat(themeText("--vscode-font-size")) || 13;
  return {
    ground: themeColour("--vscode-editor-background", "#1e1e1e"),
    ink: themeColour("--vscode-foreground", "#cccccc"),
    faint: themeColour("--vscode-descriptionForeground", "#999999"),
    cached: themeColour("--vscode-charts-blue", "#3794ff"),
    checkpoint: themeColour("--vscode-charts-purple", "#b180d7"),
    focus: themeColour("--vscode-focusBorder", "#007fd4"),
    font: `${size - 1}px ${themeText("--vscode-font-family") || "sans-serif"}`,
    isHighContrast: isHighContrast(),
  };
}

export interface Scene {
  readonly icicle: Icicle;
  readonly nodes: readonly PrefixNode[];
  readonly view: Viewport;
  readonly selected: number;
  readonly hovered: number;
  /** Token positions along the top; not where edges have no length. */
  readonly hasAxis: boolean;
}

/** Height of the strip with token positions, in CSS pixels. */
export const axisHeight = 20;

export function paint(
  context: CanvasRenderingContext2D,
  scene: Scene,
  palette: Palette,
  width: number,
  height: number,
): void {
  context.fillStyle = toCss(palette.ground);
  context.fillRect(0, 0, width, height);
  context.font = palette.font;
  context.textBaseline = "middle";
  if (scene.hasAxis) paintAxis(context, scene.view, palette, width, height);
  else {
    context.fillStyle = toCss(palette.faint);
    context.fillText(t("Equal steps: widths do not show tokens"), 0, axisHeight / 2 - 2);
  }
  context.save();
  context.translate(0, axisHeight);
  const hatch = hatching(context, palette);
  const boxes = visibleBoxes(scene.icicle, scene.view, width, height - axisHeight);
  for (const box of boxes) paintBox(context, scene, palette, hatch, box);
  for (const box of boxes) paintMarks(context, scene, palette, box);
  context.restore();
}

function paintAxis(
  context: CanvasRenderingContext2D,
  view: Viewport,
  palette: Palette,
  width: number,
  height: number,
): void {
  const perToken = width / (view.end - view.start);
  for (const tick of axisTicks(view.start, view.end, Math.max(2, Math.floor(width / 90)))) {
    const x = Math.round((tick - view.start) * perToken) + 0.5;
    context.fillStyle = toCss(blend(palette.ink, palette.ground, 0.15));
    context.fillRect(x, axisHeight - 4, 1, height);
    context.fillStyle = toCss(palette.faint);
    const text = count(tick);
    const half = context.measureText(text).width / 2;
    context.fillText(text, Math.min(Math.max(x - half, 2), width - 2 * half - 2), axisHeight / 2 - 2);
  }
}

/** Strokes for what is not cached, so that the difference does not hang on colour. */
function hatching(context: CanvasRenderingContext2D, palette: Palette): CanvasPattern | null {
  const tile = document.createElement("canvas");
  tile.width = 8;
  tile.height = 8;
  const pen = tile.getContext("2d");
  if (pen === null) return null;
  pen.strokeStyle = toCss(blend(palette.ink, palette.ground, palette.isHighContrast ? 0.5 : 0.2));
  pen.beginPath();
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

function paintBox(
  context: CanvasRenderingContext2D,
  scene: Scene,
  palette: Palette,
  hatch: CanvasPattern | null,
  box: VisibleBox,
): void {
  const { x, y } = box;
  // A hairline of ground between neighbours, as long as there is room for it.
  const width = box.width > 3 ? box.width - 1 : Math.max(box.width, 0.5);
  const height = box.height > 3 ? box.height - 1 : box.height;
  const node = box.isRun ? undefined : scene.nodes[scene.icicle.node[box.box]!];
  if (node === undefined) {
    context.fillStyle = toCss(blend(palette.ink, palette.ground, 0.22));
    context.fillRect(x, y, width, height);
    return;
  }
  const share = node.requests === 0 ? 0 : node.hits / node.requests;
  const fill = isCached(node)
    ? blend(palette.cached, palette.ground, 0.3 + 0.6 * share)
    : blend(palette.ink, palette.ground, 0.06);
  context.fillStyle = toCss(fill);
  context.fillRect(x, y, width, height);
  if (!isCached(node) && hatch !== null && height > 2) {
    context.fillStyle = hatch;
    context.fillRect(x, y, width, height);
  }
  // Of many thin boxes, borders would leave nothing but borders.
  if (palette.isHighContrast && height > 4 && width > 4) {
    context.strokeStyle = toCss(palette.ink);
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, Math.max(0, width - 1), Math.max(0, height - 1));
  }
  if (height >= 14 && width >= 30) paintLabel(context, palette, node, fill, { x, y, width, height });
}

function paintLabel(
  context: CanvasRenderingContext2D,
  palette: Palette,
  node: PrefixNode,
  fill: Rgb,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): void {
  const text = labelText(node.label);
  const room = box.width - 12 - (node.checkpoints > 0 ? 8 : 0);
  const letter = context.measureText("n").width * 0.94;
  const letters = Math.floor(room / letter);
  if (letters < 3) return;
  const shown = text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.width - 2, box.height);
  context.clip();
  if (!isCached(node)) {
    // Text on hatching is hard to read: clear the ground behind it.
    context.fillStyle = toCss(fill);
    context.fillRect(box.x + 3, box.y + box.height / 2 - 8, context.measureText(shown).width + 6, 16);
  }
  context.fillStyle = isCached(node) ? inkOn(fill) : toCss(palette.ink);
  context.fillText(shown, box.x + 6, box.y + box.height / 2 + 0.5);
  context.restore();
}

/** What lies over the boxes: checkpoints, the selected box, the one under the pointer. */
function paintMarks(
  context: CanvasRenderingContext2D,
  scene: Scene,
  palette: Palette,
  box: VisibleBox,
): void {
  if (box.isRun) return;
  const node = scene.nodes[scene.icicle.node[box.box]!]!;
  const right = box.x + box.width;
  if (node.checkpoints > 0 && box.height >= 2) {
    context.fillStyle = toCss(palette.checkpoint);
    context.fillRect(right - 3, box.y, 2, box.height - 1);
    if (box.height >= 12) paintDiamond(context, palette, right - 2, box.y + box.height / 2);
  }
  const isSelected = box.box === scene.selected;
  if (!isSelected && box.box !== scene.hovered) return;
  context.lineWidth = isSelected ? 2 : 1;
  context.strokeStyle = toCss(isSelected && palette.isHighContrast ? palette.focus : palette.ink);
  context.strokeRect(box.x + 1, box.y + 1, Math.max(1, box.width - 3), Math.max(1, box.height - 3));
}

function paintDiamond(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number): void {
  context.beginPath();
  context.moveTo(x - 5, y);
  context.lineTo(x, y - 5);
  context.lineTo(x + 5, y);
  context.lineTo(x, y + 5);
  context.closePath();
  context.fill();
  context.strokeStyle = toCss(palette.ground);
  context.lineWidth = 1;
  context.stroke();
}
