/** The drawing of the prefix tree: pointer and keyboard in, boxes out. One repaint per frame at most. */
import type { PrefixNode } from "../../src/analysis/report.ts";
import { t } from "../../src/words/l10n.ts";
import { el } from "../dom.ts";
import {
  type Direction,
  hitTest,
  type Icicle,
  neighbour,
  type Viewport,
  viewportOf,
} from "../model/icicle.ts";
import { isMotionReduced, onTheme } from "../theme.ts";
import { axisHeight, type Palette, paint, readPalette } from "./icicle-paint.ts";

export interface IcicleCanvasEvents {
  /** -1 when the pointer has left. */
  hover(box: number): void;
  select(box: number): void;
  zoom(box: number): void;
}

const directions: Readonly<Record<string, Direction>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** How long a zoom takes, in milliseconds, unless motion is unwanted. */
const zoomTime = 180;

export function createIcicleCanvas(events: IcicleCanvasEvents) {
  const canvas = el("canvas", {
    class: "icicle",
    testId: "icicle",
    attributes: { tabindex: "0", role: "img" },
  });
  const context = canvas.getContext("2d")!;
  let palette: Palette = readPalette();
  let icicle: Icicle | null = null;
  let nodes: readonly PrefixNode[] = [];
  let hasAxis = true;
  let selected = -1;
  let hovered = -1;
  let zoomed = 0;
  let view: Viewport = { start: 0, end: 1, top: 0, bottom: 1 };
  let frame = 0;

  const repaint = () => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };

  function draw(): void {
    frame = 0;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (icicle === null || width === 0) return;
    const ratio = window.devicePixelRatio;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(context, { icicle, nodes, view, selected, hovered, hasAxis }, palette, width, height);
  }

  function show(target: Viewport): void {
    const from = view;
    const started = performance.now();
    if (isMotionReduced()) {
      view = target;
      repaint();
      return;
    }
    const step = (now: number) => {
      const done = Math.min(1, (now - started) / zoomTime);
      view = between(from, target, 1 - (1 - done) ** 3);
      draw();
      if (done < 1 && target === destination) requestAnimationFrame(step);
    };
    destination = target;
    requestAnimationFrame(step);
  }
  let destination = view;

  function boxAt(event: MouseEvent): number {
    if (icicle === null) return -1;
    const along = view.start + (event.offsetX / canvas.clientWidth) * (view.end - view.start);
    const share = (event.offsetY - axisHeight) / (canvas.clientHeight - axisHeight);
    return hitTest(icicle, along, view.top + share * (view.bottom - view.top));
  }

  function hover(box: number): void {
    if (box === hovered) return;
    hovered = box;
    canvas.classList.toggle("is-over-box", box > 0);
    events.hover(box);
    repaint();
  }

  function press(event: KeyboardEvent): void {
    if (icicle === null) return;
    const direction = directions[event.key];
    if (direction !== undefined) {
      events.select(selected > 0 ? neighbour(icicle, selected, direction) : icicle.firstChild[0]!);
    } else if (event.key === "Enter" && selected > 0) events.zoom(selected);
    else if (event.key === "Escape" || event.key === "Backspace") {
      events.zoom(Math.max(0, icicle.parent[zoomed]!));
    } else if (event.key === "Home") events.select(icicle.firstChild[0]!);
    else return;
    event.preventDefault();
  }

  canvas.addEventListener("mousemove", (event) => hover(boxAt(event)));
  canvas.addEventListener("mouseleave", () => hover(-1));
  canvas.addEventListener("click", (event) => {
    const box = boxAt(event);
    if (box <= 0) return;
    // The first click says what a box is, the second one goes into it.
    if (box === selected) events.zoom(box === zoomed ? Math.max(0, icicle!.parent[box]!) : box);
    else events.select(box);
  });
  canvas.addEventListener("keydown", press);
  new ResizeObserver(repaint).observe(canvas);
  onTheme(() => {
    palette = readPalette();
    repaint();
  });

  return {
    element: canvas,
    /** Shows another tree, zoomed to a box; 0 for the whole. */
    update(
      next: Icicle,
      nextNodes: readonly PrefixNode[],
      withAxis: boolean,
      zoomTo: number,
      summary: string,
    ) {
      icicle = next;
      nodes = nextNodes;
      hasAxis = withAxis;
      hovered = -1;
      zoomed = zoomTo;
      view = viewportOf(next, zoomTo);
      destination = view;
      canvas.setAttribute(
        "aria-label",
        t(
          "Prefix tree, drawn. {0} Arrow keys move, Enter zooms in, Escape zooms out; the list beside it holds the same.",
          summary,
        ),
      );
      repaint();
    },
    select(box: number) {
      selected = box;
      repaint();
    },
    zoom(box: number) {
      if (icicle === null) return;
      zoomed = box;
      show(viewportOf(icicle, box));
    },
  };
}

function between(from: Viewport, to: Viewport, part: number): Viewport {
  const mix = (a: number, b: number) => a + (b - a) * part;
  return {
    start: mix(from.start, to.start),
    end: mix(from.end, to.end),
    top: mix(from.top, to.top),
    bottom: mix(from.bottom, to.bottom),
  };
}
