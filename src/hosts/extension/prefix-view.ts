/** The view of shared prefixes in the side bar: asked for while it is visible, and again after each whole answer. */
import {
  commands,
  type Disposable,
  EventEmitter,
  type LogOutputChannel,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  window,
  workspace,
} from "vscode";
import { isSameValue } from "../../core/same-value.ts";
import type { PrefixItem } from "../../protocol/editor.ts";
import { templateAt } from "../../show/report-lookup.ts";
import { shiftBetween } from "../../show/text-shift.ts";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { Debounce, type Waits } from "./debounce.ts";
import { DisposableStore } from "./disposables.ts";
import { showInformation } from "./notices.ts";
import { openRange } from "./open-range.ts";

/** Nobody reads a list at every pause between two keys. */
const waits: Waits = { pauseMilliseconds: 300, longestMilliseconds: 2000 };

const icons: Readonly<Record<PrefixItem["kind"], ThemeIcon>> = {
  prefix: new ThemeIcon("list-tree"),
  prompt: new ThemeIcon("comment"),
  alone: new ThemeIcon("circle-slash"),
  rest: new ThemeIcon("ellipsis"),
  error: new ThemeIcon("error", new ThemeColor("problemsErrorIcon.foreground")),
  warning: new ThemeIcon("warning", new ThemeColor("problemsWarningIcon.foreground")),
  information: new ThemeIcon("info", new ThemeColor("problemsInfoIcon.foreground")),
};

export class PrefixView implements Disposable {
  readonly #store = new DisposableStore();
  readonly #analysis: Analysis;
  readonly #changed = this.#store.add(new EventEmitter<void>());
  readonly #debounce = this.#store.add(new Debounce(waits, () => void this.#refresh()));
  readonly #view: TreeView<PrefixItem>;
  /** `null` until somebody looks. */
  #items: readonly PrefixItem[] | null = null;
  /** Whether there may be another answer than the one that is shown. */
  #isStale = true;

  constructor(analysis: Analysis, log: LogOutputChannel) {
    this.#analysis = analysis;
    this.#view = this.#store.add(
      window.createTreeView<PrefixItem>("promptCacheLens.prefixes", {
        showCollapseAll: true,
        treeDataProvider: {
          onDidChangeTreeData: this.#changed.event,
          getChildren: (item) =>
            item === undefined ? this.#firstLevel() : this.#childrenOf(this.#indexOf(item)),
          getTreeItem: (item) => this.#treeItem(item),
          getParent: (item) => this.#items?.[item.parent],
        },
      }),
    );
    this.#store.add(this.#view.onDidChangeVisibility(() => this.#schedule()));
    this.#store.add(analysis.onDidAnswer(() => this.#outdate()));
    this.#store.add(
      analysis.onDidAnalyse((change) => {
        // Another folder is in focus, or there is nothing to show any more.
        if (change === null) this.#outdate();
      }),
    );
    this.#store.add(
      // Whoever binds a key to it gives no place.
      commands.registerCommand("promptCacheLens.openPrefix", (place: PrefixItem["place"] | undefined) =>
        place ? openRange(analysis, place.path, place.range, log) : undefined,
      ),
    );
  }

  /** Shows, and selects, the prompt at the cursor. */
  async revealPrompt(): Promise<void> {
    const editor = window.activeTextEditor;
    const at = editor === undefined ? null : this.#analysis.at(editor.document.uri);
    if (editor === undefined || at === null || workspace.workspaceFolders === undefined) {
      void showInformation(t("There is no prompt of this workspace here that was analysed."));
      return;
    }
    const offset = editor.document.offsetAt(editor.selection.active);
    const analysed = shiftBetween(editor.document.getText(), at.text)({ start: offset, end: offset });
    if (this.#isStale) await this.#refresh();
    const prompts = (this.#items ?? []).flatMap((item) =>
      item.kind === "prompt" && item.place !== null ? [{ ...item.place, item }] : [],
    );
    const found = templateAt({ templates: prompts }, at.path, analysed?.start ?? offset);
    if (found === null) void showInformation(t("The view of shared prefixes lists no prompt of this file."));
    else await this.#view.reveal(found.item, { select: true, focus: true, expand: true });
  }

  dispose(): void {
    this.#store.dispose();
  }

  #outdate(): void {
    this.#isStale = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#view.visible && this.#isStale) this.#debounce.schedule();
  }

  async #refresh(): Promise<void> {
    if (await this.#load()) this.#changed.fire();
  }

  /** Gives whether there is something else to show. */
  async #load(): Promise<boolean> {
    this.#isStale = false;
    const { analysed } = this.#analysis;
    const told = analysed && (await this.#analysis.ask(analysed.folder, { kind: "prefixes" }));
    const items = analysed === null ? [] : told?.kind === "prefixes" ? told.value : null;
    if (items === null) {
      // A newer answer is on its way.
      this.#isStale = true;
      return false;
    }
    const folders = workspace.workspaceFolders ?? [];
    const name = folders.find(({ uri }) => uri.toString() === analysed?.folder)?.name;
    this.#view.description = folders.length > 1 && name !== undefined ? name : "";
    if (isSameValue(items, this.#items)) return false;
    this.#items = items;
    return true;
  }

  async #firstLevel(): Promise<PrefixItem[]> {
    if (this.#items === null) await this.#load();
    return this.#childrenOf(-1);
  }

  #childrenOf(parent: number): PrefixItem[] {
    return (this.#items ?? []).filter((item) => item.parent === parent);
  }

  #indexOf(item: PrefixItem): number {
    return this.#items?.indexOf(item) ?? -1;
  }

  #treeItem(item: PrefixItem): TreeItem {
    const node = new TreeItem(item.label, this.#stateOf(item));
    node.id = item.id;
    node.description = item.description;
    node.tooltip = new MarkdownString(item.tooltip);
    node.accessibilityInformation = { label: item.spoken };
    node.iconPath = icons[item.kind];
    if (item.place !== null) {
      node.command = { command: "promptCacheLens.openPrefix", title: t("Open"), arguments: [item.place] };
    }
    return node;
  }

  /** What shares no prefix is open where there is nothing else. */
  #stateOf(item: PrefixItem): TreeItemCollapsibleState {
    if (this.#childrenOf(this.#indexOf(item)).length === 0) return TreeItemCollapsibleState.None;
    const isOpen = item === this.#items?.[0] || (item.parent < 0 && item.kind === "prefix");
    return isOpen ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
  }
}
