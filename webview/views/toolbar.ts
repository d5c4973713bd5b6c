/** What is asked (model, GPU, policy, capacity), and how far the answer is. */
import type { DashboardState } from "../../src/protocol/dashboard.ts";
import { t } from "../../src/words/l10n.ts";
import { count } from "../../src/words/numbers.ts";
import { el, icon, replaceChildren } from "../dom.ts";
import type { Host } from "../host.ts";
import { button, progressRing, selector, textInput } from "../ui-kit.ts";

export interface Toolbar {
  readonly element: HTMLElement;
  update(state: DashboardState): void;
}

export function createToolbar(host: Host): Toolbar {
  const choose = (setting: "model" | "gpu" | "policy" | "capacity") => (value: string) =>
    host.post({ type: "select", setting, value });
  const model = selector(t("Model"), "select-model", choose("model"));
  const gpu = selector("GPU", "select-gpu", choose("gpu"));
  const policy = selector(t("Policy"), "select-policy", choose("policy"));
  const capacity = textInput(
    t("Capacity"),
    { testId: "select-capacity", placeholder: "auto", title: t("auto, or bytes such as 20GiB") },
    (value) => choose("capacity")(value === "" ? "auto" : value),
  );
  const status = createStatus(host);
  return {
    element: el(
      "header",
      { class: "toolbar" },
      el(
        "div",
        { class: "fields", attributes: { role: "group", "aria-label": t("Scenario") } },
        model.element,
        gpu.element,
        policy.element,
        capacity.element,
      ),
      status.element,
    ),
    update(state) {
      model.update(state.choices.models, state.selected.model);
      gpu.update(state.choices.gpus, state.selected.gpu);
      policy.update(state.choices.policies, state.selected.policy);
      capacity.update(state.selected.capacity);
      status.update(state.status, state.report !== null);
    },
  };
}

/** The place is kept free while nothing runs, so that the page below never jumps. */
function createStatus(host: Host) {
  const count = el("span", { class: "status-count", attributes: { "aria-hidden": "true" } });
  const running = el(
    "div",
    { class: "status-running" },
    progressRing(),
    count,
    button({ text: t("Cancel"), appearance: "secondary", testId: "cancel" }, () =>
      host.post({ type: "cancel" }),
    ),
  );
  const idle = el("div", {
    class: "status-idle",
    text: t("Up to date"),
    attributes: { "aria-hidden": "true" },
  });
  const failed = el("div", { class: "status-failed", testId: "failed", attributes: { role: "alert" } });
  const spoken = el("span", { class: "visually-hidden", attributes: { role: "status" } });
  const element = el("div", { class: "status", testId: "status" }, idle, running, failed, spoken);
  return {
    element,
    update(status: DashboardState["status"], hasReport: boolean) {
      element.dataset["kind"] = status.kind;
      idle.hidden = status.kind !== "idle" || !hasReport;
      running.hidden = status.kind !== "running";
      failed.hidden = status.kind !== "failed";
      const words = statusWords(status);
      if (spoken.textContent !== words) spoken.textContent = words;
      if (status.kind === "running") count.textContent = progressText(status.done, status.total);
      if (status.kind === "failed") {
        const text = hasReport
          ? t("{0} The numbers below are from the last run that succeeded.", status.message)
          : status.message;
        replaceChildren(failed, icon("error"), el("span", { text }));
      } else {
        failed.replaceChildren();
      }
    },
  };
}

function statusWords(status: DashboardState["status"]): string {
  switch (status.kind) {
    case "idle":
      return t("Results are up to date.");
    case "running":
      return t("Simulating.");
    case "failed":
      return t("Simulation failed.");
    default:
      return status satisfies never;
  }
}

function progressText(done: number, total: number): string {
  return total > 0
    ? t("Simulating: {done} of {total}", { done: count(done), total: count(total) })
    : t("Simulating");
}
