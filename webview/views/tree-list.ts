/**
 * The prefix tree as a list that can be read and walked without seeing the drawing.
 * Only the rows in sight exist, so ten thousand open nodes cost as much as twenty.
 */

import { t } from "../../src/words/l10n.ts";
import { count } from "../../src/words/numbers.ts";
import { el, icon, replaceChildren } from "../dom.ts";
import {
  expandedTo,
  initiallyExpanded,
  isCached,
  labelText,
  nodeSummary,
  type PrefixTree,
  type TreeRow,
  treeStep,
  visibleRows,
} from "../model/tree-rows.ts";

export interface TreeListEvents {
  select(node: number): void;
  zoom(node: number): void;
}

/** Rows drawn above and below what is in sight. */
const margin = 6;
const rowsAtFirst = 60;

export function createTreeList(events: TreeListEvents) {
  const space = el("div", { class: "tree-space" });
  const element = el(
    "div",
    {
      class: "tree",
      testId: "tree-list",
      attributes: { role: "tree", tabindex: "0", "aria-label": t("Prefix tree") },
    },
    space,
  );
  let tree: PrefixTree | null = null;
  let expanded = new Set<string>();
  let rows: readonly TreeRow[] = [];
  let rowOf = new Map<number, number>();
  let selected = -1;
  let rowHeight = 22;

  function layOut(): void {
    if (tree === null) return;
    rows = visibleRows(tree, expanded);
    rowOf = new Map(rows.map((row, at) => [row.node, at]));
    space.style.height = `${rows.length * rowHeight}px`;
    draw();
  }

  function draw(): void {
    if (tree === null) return;
    const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - margin);
    const count = Math.ceil((element.clientHeight || 400) / rowHeight) + 2 * margin;
    const shown = rows.slice(first, first + count).map((row, i) => treeRow(tree!, row, first + i));
    // The focused row has to exist for a screen reader, wherever the list was scrolled to.
    const at = rowOf.get(selected);
    if (at !== undefined && (at < first || at >= first + count)) shown.push(treeRow(tree, rows[at]!, at));
    replaceChildren(space, ...shown);
    if (at === undefined) element.removeAttribute("aria-activedescendant");
    else element.setAttribute("aria-activedescendant", rowId(selected));
  }

  function treeRow(from: PrefixTree, row: TreeRow, at: number): HTMLElement {
    const node = from.nodes[row.node]!;
    const line = el(
      "div",
      {
        class: row.node === selected ? "tree-row is-selected" : "tree-row",
        testId: "tree-row",
        attributes: {
          role: "treeitem",
          id: rowId(row.node),
          "aria-level": String(row.level),
          "aria-posinset": String(row.position),
          "aria-setsize": String(row.siblings),
          "aria-selected": String(row.node === selected),
          "aria-label": nodeSummary(node),
          ...(row.isExpanded === null ? {} : { "aria-expanded": String(row.isExpanded) }),
        },
      },
      el("span", { class: "twisty", attributes: { "data-expanded": String(row.isExpanded ?? "none") } }),
      el("span", {
        class: isCached(node) ? "dot is-cached" : "dot",
        title: isCached(node) ? "cached" : t("not cached"),
      }),
      el("span", { class: "tree-label", text: labelText(node.label), title: node.label }),
      node.checkpoints > 0 ? icon("checkpoint") : null,
      el("span", { class: "tree-count", text: count(node.tokens), title: t("tokens of this edge") }),
      el("span", { class: "tree-count", text: `×${count(node.requests)}`, title: "requests" }),
    );
    line.style.transform = `translateY(${at * rowHeight}px)`;
    line.style.height = `${rowHeight}px`;
    line.style.paddingInlineStart = `${4 + Math.min(row.level - 1, 12) * 10}px`;
    line.addEventListener("click", (event) => {
      const isTwisty = (event.target as Element).classList.contains("twisty");
      if (isTwisty && row.isExpanded !== null) toggle(row.node, !row.isExpanded);
      else events.select(row.node);
    });
    line.addEventListener("dblclick", () => events.zoom(row.node));
    return line;
  }

  function toggle(node: number, open: boolean): void {
    const key = tree!.keys[node]!;
    if (open) expanded.add(key);
    else expanded.delete(key);
    layOut();
  }

  function press(event: KeyboardEvent): void {
    if (tree === null) return;
    if (event.key === "Enter" && selected >= 0) events.zoom(selected);
    else {
      const page = Math.max(1, Math.floor(element.clientHeight / rowHeight) - 1);
      const step = treeStep(tree, rows, rowOf.get(selected) ?? -1, event.key, page);
      if (step === null) return;
      if (step.kind === "select") events.select(step.node);
      else toggle(step.node, step.kind === "expand");
    }
    event.preventDefault();
  }

  function reveal(node: number): void {
    const at = rowOf.get(node);
    if (at === undefined) return;
    const top = at * rowHeight;
    const bottom = top + rowHeight - element.clientHeight;
    if (element.scrollTop > top) element.scrollTop = top;
    else if (element.scrollTop < bottom) element.scrollTop = bottom;
  }

  element.addEventListener("keydown", press);
  element.addEventListener("scroll", draw, { passive: true });
  new ResizeObserver(draw).observe(element);

  return {
    element,
    /** Shows another tree; what was expanded stays so where the new tree has the same node. */
    update(next: PrefixTree) {
      const isFirst = tree === null;
      tree = next;
      const kept = new Set([...expanded].filter((key) => next.indexOfKey.has(key)));
      expanded = isFirst || kept.size === 0 ? initiallyExpanded(next, rowsAtFirst) : kept;
      const size = Number.parseFloat(getComputedStyle(element).fontSize) || 13;
      rowHeight = Math.round(size * 1.7);
      selected = -1;
      layOut();
    },
    select(node: number) {
      selected = node;
      if (tree !== null && node >= 0 && !rowOf.has(node)) {
        expanded = expandedTo(tree, expanded, node);
        layOut();
      }
      reveal(node);
      draw();
    },
  };
}

function rowId(node: number): string {
  return `tree-node-${node}`;
}
