/** Where prompts share a prefix and where they part: the drawing, the list, and the details of one node. */
import type { PrefixNode } from "../../src/analysis/report.ts";
import type { ReportOverview, ReportParts } from "../../src/protocol/report-parts.ts";
import { t } from "../../src/words/l10n.ts";
import { el, icon, replaceChildren } from "../dom.ts";
import type { Host } from "../host.ts";
import { buildIcicle, type Icicle, type IcicleScale } from "../model/icicle.ts";
import {
  buildPrefixTree,
  labelText,
  nodeFacts,
  nodeSummary,
  type PrefixTree,
  treeSummary,
} from "../model/tree-rows.ts";
import { button } from "../ui-kit.ts";
import { createIcicleCanvas } from "./icicle-canvas.ts";
import { approximationNotice } from "./notice.ts";
import { createTreeList } from "./tree-list.ts";

export interface TreeNavigation {
  readonly node: string | null;
  readonly scale: IcicleScale;
}

export function createTreeView(host: Host, start: TreeNavigation, onNavigate: (to: TreeNavigation) => void) {
  let navigation = start;
  let tree: PrefixTree | null = null;
  let icicle: Icicle | null = null;
  /** Key of the node that is zoomed into; `null` for the whole tree. */
  let zoomedKey: string | null = null;
  let names: ReadonlyMap<string, string> = new Map();
  let summaryText = "";

  const notice = approximationNotice();
  const spoken = el("p", {
    class: "visually-hidden",
    testId: "tree-live",
    attributes: { "aria-live": "polite" },
  });
  const summary = el("p", { class: "scenario" });
  const details = el("div", { class: "details", testId: "node-details" });
  const canvas = createIcicleCanvas({
    hover: (box) => showDetails(box > 0 ? icicle!.node[box]! : selectedNode()),
    select: (box) => select(icicle!.node[box]!),
    zoom: zoomToBox,
  });
  const zoom = (node: number) => zoomToBox(icicle!.boxOfNode[node]!);
  const list = createTreeList({ select, zoom });
  const scale = scaleSwitch(start.scale, (next) => {
    navigation = { ...navigation, scale: next };
    onNavigate(navigation);
    if (tree !== null) drawTree(tree);
  });
  const zoomOut = button({ text: t("Show all"), appearance: "secondary", testId: "zoom-out" }, () =>
    zoomToBox(0),
  );

  function selectedNode(): number {
    return navigation.node === null ? -1 : (tree?.indexOfKey.get(navigation.node) ?? -1);
  }

  function zoomToBox(box: number): void {
    zoomedKey = box > 0 ? tree!.keys[icicle!.node[box]!]! : null;
    canvas.zoom(box);
  }

  function select(node: number): void {
    if (tree === null || node < 0) return;
    navigation = { ...navigation, node: tree.keys[node]! };
    onNavigate(navigation);
    showSelected();
    spoken.textContent = nodeSummary(tree.nodes[node]!);
  }

  function showSelected(): void {
    const node = selectedNode();
    canvas.select(node < 0 ? -1 : icicle!.boxOfNode[node]!);
    list.select(node);
    showDetails(node);
  }

  function showDetails(node: number): void {
    const shown = tree?.nodes[node];
    const open = (source: NonNullable<PrefixNode["source"]>) =>
      host.post({ type: "open", path: source.path, range: { start: source.offset, end: source.offset } });
    replaceChildren(details, ...(shown === undefined ? [hint()] : nodeDetails(shown, names, open)));
  }

  function drawTree(next: PrefixTree): void {
    icicle = buildIcicle(next.nodes, navigation.scale);
    const zoomed = zoomedKey === null ? undefined : next.indexOfKey.get(zoomedKey);
    const zoomTo = zoomed === undefined ? 0 : icicle.boxOfNode[zoomed]!;
    canvas.update(icicle, next.nodes, navigation.scale === "tokens", zoomTo, summaryText);
    showSelected();
  }

  const picture = el("div", { class: "tree-picture" }, canvas.element, legend(), details);
  return {
    element: el(
      "section",
      { class: "stack" },
      el("h2", { text: t("Where prompts share a prefix, and where they part") }),
      notice.element,
      el("div", { class: "row" }, summary, scale, zoomOut),
      el("div", { class: "tree-columns" }, picture, list.element),
      spoken,
    ),
    update(overview: ReportOverview, part: ReportParts["tree"]) {
      notice.update(overview);
      names = new Map(part.names);
      tree = buildPrefixTree(part.nodes);
      summaryText = treeSummary(part.nodes, overview.memory);
      summary.textContent = t("{0} Left to right: tokens of the prompt. Height: requests.", summaryText);
      list.update(tree);
      drawTree(tree);
    },
  };
}

function scaleSwitch(start: IcicleScale, onChange: (scale: IcicleScale) => void): HTMLElement {
  const choices = [
    { id: "tokens", text: t("True lengths"), title: t("Widths are token counts") },
    {
      id: "steps",
      text: t("Equal steps"),
      title: t("Every edge is equally wide, so that short ones can be seen"),
    },
  ] as const;
  const buttons = choices.map(({ id, text, title }) => {
    const one = el("button", {
      class: "switch",
      text,
      title,
      testId: `scale-${id}`,
      attributes: { type: "button", "aria-pressed": String(id === start) },
    });
    one.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === one));
      onChange(id);
    });
    return one;
  });
  return el(
    "div",
    { class: "switches", attributes: { role: "group", "aria-label": t("Scale") } },
    ...buttons,
  );
}

function legend(): HTMLElement {
  return el(
    "ul",
    { class: "tree-legend", attributes: { "aria-label": t("Legend") } },
    el("li", {}, el("span", { class: "swatch tree-hit" }), t("cached, often hit")),
    el("li", {}, el("span", { class: "swatch tree-cached" }), t("cached, rarely hit")),
    el("li", {}, el("span", { class: "swatch tree-uncached" }), t("not cached")),
    el("li", {}, icon("checkpoint"), t("checkpoint")),
  );
}

function hint(): HTMLElement {
  return el("p", {
    class: "hint",
    text: t("Select a node for its numbers. Select it again, or press Enter, to zoom in; Escape zooms out."),
  });
}

function nodeDetails(
  node: PrefixNode,
  names: ReadonlyMap<string, string>,
  open: (source: NonNullable<PrefixNode["source"]>) => void,
): HTMLElement[] {
  const { source } = node;
  const facts = nodeFacts(node, names).map(({ name, value }) =>
    el("div", {}, el("dt", { text: name }), el("dd", { text: value })),
  );
  const go =
    source === null
      ? null
      : button(
          { text: t("Open in editor"), appearance: "secondary", testId: "open-node", title: source.path },
          () => open(source),
        );
  return [
    el(
      "div",
      { class: "details-head" },
      el("code", { class: "details-label", text: labelText(node.label) }),
      go,
    ),
    el("dl", { class: "facts" }, ...facts),
  ];
}
