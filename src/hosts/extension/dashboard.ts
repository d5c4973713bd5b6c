/** The dashboard: one panel, which is sent what it shows and whose messages are parsed. */
import {
  type Disposable,
  env,
  type LogOutputChannel,
  l10n,
  Uri,
  ViewColumn,
  type Webview,
  type WebviewPanel,
  window,
} from "vscode";
import { assertNever } from "../../core/invariant.ts";
import { type DashboardState, parseFromDashboard, type ToDashboard } from "../../protocol/dashboard.ts";
import { messagesOf } from "../../protocol/dashboard-messages.ts";
import type { PartId } from "../../protocol/report-parts.ts";
import { choicesOf } from "../../show/choice-items.ts";
import { dashboardHtml } from "../../show/dashboard-html.ts";
import { t } from "../../words/l10n.ts";
import type { Analysis } from "./analysis.ts";
import { clock } from "./debounce.ts";
import { DisposableStore } from "./disposables.ts";
import { messageOf, showError } from "./notices.ts";
import { openRange } from "./open-range.ts";
import { chooseValue } from "./pickers.ts";
import type { SettingsStore } from "./settings.ts";

const viewType = "promptCacheLens.dashboard";

export interface DashboardOptions {
  readonly analysis: Analysis;
  readonly settings: SettingsStore;
  readonly log: LogOutputChannel;
  readonly extensionUri: Uri;
}

export class Dashboard implements Disposable {
  readonly #store = new DisposableStore();
  readonly #options: DashboardOptions;
  #panel: WebviewPanel | null = null;
  /** What the page shows; nothing is sent before it says so. */
  #shown: PartId | null = null;
  /** The report that the page has; it has none before it says what it shows. */
  #sent: DashboardState["report"] | undefined;
  /** What is left to be sent of it. */
  #outbox: Iterator<ToDashboard, void> | null = null;

  constructor(options: DashboardOptions) {
    this.#options = options;
    const { analysis, settings } = options;
    this.#store.add(analysis.onDidAnalyse(() => this.#send()));
    this.#store.add(analysis.onDidReport(() => this.#send()));
    this.#store.add(analysis.onDidChangeStatus(() => this.#send()));
    this.#store.add(settings.onDidChange(() => this.#send()));
    this.#store.add(
      window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: async (panel) => {
          this.#panel?.dispose();
          this.#adopt(panel);
        },
      }),
    );
  }

  show(): void {
    if (this.#panel !== null) {
      this.#panel.reveal();
      return;
    }
    this.#adopt(window.createWebviewPanel(viewType, t("Prompt Cache Dashboard"), ViewColumn.Active));
  }

  dispose(): void {
    this.#panel?.dispose();
    this.#store.dispose();
  }

  #adopt(panel: WebviewPanel): void {
    this.#panel = panel;
    this.#shown = null;
    const listeners = new DisposableStore();
    const { webview } = panel;
    panel.onDidDispose(() => {
      listeners.dispose();
      if (this.#panel === panel) this.#panel = null;
      this.#send();
    });
    listeners.add(webview.onDidReceiveMessage((message: unknown) => this.#receive(message)));
    // A hidden page is thrown away; when it is shown again it says `ready` anew, but a page that was kept does not.
    listeners.add(panel.onDidChangeViewState(() => this.#send()));
    const dist = Uri.joinPath(this.#options.extensionUri, "dist");
    const media = Uri.joinPath(this.#options.extensionUri, "media");
    panel.iconPath = Uri.joinPath(media, "icon.png");
    webview.options = { enableScripts: true, localResourceRoots: [dist, media] };
    webview.html = pageOf(webview, dist);
  }

  #send(): void {
    const part = this.#panel?.visible === true ? this.#shown : null;
    this.#options.analysis.look(part);
    if (this.#panel === null || part === null) return;
    const { report } = this.#options.analysis;
    if (report === this.#sent) {
      this.#post({ type: "state", state: stateOf(this.#options.analysis) });
      return;
    }
    this.#sent = report;
    const outbox = messagesOf(stateOf(this.#options.analysis), report);
    this.#outbox = outbox;
    this.#sendNext(outbox);
  }

  /** One message per turn; none of a report that another one has replaced. */
  #sendNext(outbox: Iterator<ToDashboard, void>): void {
    if (this.#outbox !== outbox) return;
    const { done, value } = outbox.next();
    if (done === true) return;
    // The last one: what it says of the state may have changed since the first.
    this.#post(value.type === "state" ? { ...value, state: stateOf(this.#options.analysis) } : value);
    clock.later(() => this.#sendNext(outbox));
  }

  #post(message: ToDashboard): void {
    void this.#panel?.webview.postMessage(message);
  }

  #receive(value: unknown): void {
    const { analysis, settings, log } = this.#options;
    const message = parseFromDashboard(value);
    if (message === null) {
      log.warn("The dashboard sent something that is no message; it is ignored.");
      return;
    }
    switch (message.type) {
      case "ready":
        this.#sent = undefined;
        this.#shown = message.part;
        this.#send();
        // The choices come from the worker, which may not have started.
        if (analysis.knownCatalogue === null)
          void analysis.catalogue().then(
            () => this.#send(),
            () => {},
          );
        return;
      case "show":
        this.#shown = message.part;
        analysis.look(message.part);
        return;
      case "select":
        chooseValue(analysis, settings, message.setting, message.value).catch((error: unknown) => {
          showError(t("The setting was not changed. {0}", messageOf(error)));
          // The page shows what was asked for: back to what is in force.
          this.#send();
        });
        return;
      case "open":
        void openRange(analysis, message.path, message.range, log);
        return;
      case "cancel":
        analysis.cancel();
        return;
      default:
        assertNever(message);
    }
  }
}

function stateOf(analysis: Analysis): Omit<DashboardState, "report"> {
  const catalogue = analysis.knownCatalogue;
  const { model, gpu, policy, capacity } = analysis.settings;
  return {
    choices: catalogue === null ? { models: [], gpus: [], policies: [] } : choicesOf(catalogue),
    selected: { model, gpu, policy, capacity },
    status: analysis.status,
  };
}

function pageOf(webview: Webview, dist: Uri): string {
  const address = (name: string) => webview.asWebviewUri(Uri.joinPath(dist, name)).toString();
  return dashboardHtml({
    script: address("webview.js"),
    style: address("webview.css"),
    cspSource: webview.cspSource,
    nonce: newNonce(),
    styleNonce: newNonce(),
    language: env.language,
    translation: l10n.bundle,
  });
}

/** Said nowhere else, so that a page can run no script but ours. */
function newNonce(): string {
  return [...crypto.getRandomValues(new Uint8Array(18))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
