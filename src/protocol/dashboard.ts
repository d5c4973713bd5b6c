/** Messages between the extension host and the dashboard. The host parses what a page sends; the page trusts the host. */
import type { TextRange } from "../prompt/text.ts";
import { type DrawnReport, type PartId, partIds } from "./report-parts.ts";

export interface Choice {
  readonly id: string;
  readonly label: string;
}

/** What is looked at, whole and never a delta. */
export interface DashboardState {
  readonly report: DrawnReport | null;
  readonly choices: {
    readonly models: readonly Choice[];
    readonly gpus: readonly Choice[];
    readonly policies: readonly Choice[];
  };
  /** The settings in force. */
  readonly selected: {
    readonly model: string;
    readonly gpu: string;
    readonly policy: string;
    readonly capacity: string;
  };
  readonly status:
    | { readonly kind: "idle" }
    | { readonly kind: "running"; readonly done: number; readonly total: number }
    | { readonly kind: "failed"; readonly message: string };
}

export type ToDashboard =
  | {
      readonly type: "state";
      readonly state: Omit<DashboardState, "report">;
      /** Left out where it is the one that was sent before; its part is the text of the pieces before this message. */
      readonly report?: (Omit<DrawnReport, "part"> & { readonly part: PartId }) | null;
    }
  /** Of the text of a part. */
  | { readonly type: "piece"; readonly isFirst: boolean; readonly text: string };

export type FromDashboard =
  /** The page listens, and shows this part. */
  | { readonly type: "ready"; readonly part: PartId }
  | { readonly type: "show"; readonly part: PartId }
  | {
      readonly type: "select";
      readonly setting: "model" | "gpu" | "policy" | "capacity";
      readonly value: string;
    }
  | { readonly type: "open"; readonly path: string; readonly range: TextRange }
  | { readonly type: "cancel" };

/** Gives the message, or `null` when the value is none: a page is not trusted. */
export function parseFromDashboard(value: unknown): FromDashboard | null {
  if (typeof value !== "object" || value === null) return null;
  const message = value as Record<string, unknown>;
  switch (message["type"]) {
    case "ready":
    case "show":
      return parseShow(message["type"], message["part"]);
    case "cancel":
      return { type: "cancel" };
    case "select":
      return parseSelect(message);
    case "open":
      return parseOpen(message);
    default:
      return null;
  }
}

function parseShow(type: "ready" | "show", value: unknown): FromDashboard | null {
  const part = partIds.find((id) => id === value);
  return part === undefined ? null : { type, part };
}

function parseSelect(message: Record<string, unknown>): FromDashboard | null {
  const { setting, value } = message;
  if (typeof value !== "string") return null;
  if (setting !== "model" && setting !== "gpu" && setting !== "policy" && setting !== "capacity") return null;
  return { type: "select", setting, value };
}

function parseOpen(message: Record<string, unknown>): FromDashboard | null {
  const path = message["path"];
  const range = message["range"];
  if (typeof path !== "string" || typeof range !== "object" || range === null) return null;
  const { start, end } = range as Record<string, unknown>;
  if (!isOffset(start) || !isOffset(end) || end < start) return null;
  return { type: "open", path, range: { start, end } };
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
