/** The other side of the dashboard: whoever makes the reports and can open files. */
import type { DashboardState, FromDashboard, ToDashboard } from "../src/protocol/dashboard.ts";
import { DashboardMessages } from "../src/protocol/dashboard-messages.ts";
import { translationName } from "../src/show/dashboard-html.ts";
import type { Translation } from "../src/words/l10n.ts";

export interface Host {
  post(message: FromDashboard): void;
  /** Calls the listener with every complete state, the whole life of the page long. */
  onState(listener: (state: DashboardState) => void): void;
  /** What the page stored of itself; `undefined` at first. */
  getState(): unknown;
  setState(state: unknown): void;
}

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare const acquireVsCodeApi: (() => VsCodeApi) | undefined;

/** The editor where there is one, else the page itself. May be called once per page. */
export function findHost(): Host {
  return typeof acquireVsCodeApi === "function" ? vsCodeHost(acquireVsCodeApi()) : pageHost();
}

function vsCodeHost(api: VsCodeApi): Host {
  return {
    post: (message) => api.postMessage(message),
    onState: listenToWindow,
    getState: () => api.getState(),
    setState: (state) => api.setState(state),
  };
}

/** What the host wrote into the page, so that nothing is drawn in another language first; none in a plain page. */
export function translationOf(page: Document): Translation | undefined {
  const element = page.querySelector<HTMLMetaElement>(`meta[name="${translationName}"]`);
  return element === null ? undefined : JSON.parse(element.content);
}

/** Name of the event by which the dashboard speaks to the page that it stands in. */
export const pageEvent = "prompt-cache-lens";
const storageKey = "prompt-cache-lens/dashboard";

/** A plain page: messages go out as events of the window and come in by `window.postMessage`. */
function pageHost(): Host {
  return {
    post: (message) => window.dispatchEvent(new CustomEvent(pageEvent, { detail: message })),
    onState: listenToWindow,
    getState() {
      const stored = sessionStorage.getItem(storageKey);
      return stored === null ? undefined : JSON.parse(stored);
    },
    setState: (state) => sessionStorage.setItem(storageKey, JSON.stringify(state)),
  };
}

function listenToWindow(listener: (state: DashboardState) => void): void {
  const messages = new DashboardMessages();
  window.addEventListener("message", ({ data }: MessageEvent<ToDashboard>) => {
    if (data?.type !== "state" && data?.type !== "piece") return;
    const state = messages.take(data);
    if (state !== null) listener(state);
  });
}
