/** From templates to requests: seeded sessions and turns, hole values by scope. The types; start reading at generate.ts. */
import type { Request } from "../core/replay/request.ts";
import type { ScopeClaim } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import type { HistoryInForce } from "./history-in-force.ts";

/** Where a run of prompt tokens comes from. `PromptRuns.segments` points here. */
export interface SourceSegment {
  /** Index into the list of templates the workload was made of. */
  readonly template: number;
  /** Document of the range; another one than the template's inside an include. */
  readonly path: string;
  readonly range: TextRange;
  /** `chat` stands for what the chat template writes around the messages; its range is empty, as it stands nowhere. */
  readonly kind: "text" | "hole" | "block" | "include" | "marker" | "tool" | "chat";
  /** Name of the hole, block or tool; empty for text and markers. */
  readonly name: string;
  readonly scope: ScopeClaim | null;
  /** Index of the enclosing block or include in this table; -1 at the top level. */
  readonly parent: number;
  /** Index of the loop whose items the hole or block speaks of; -1 when of none. */
  readonly loop: number;
  /** Whether it stands for the earlier turns of the conversation, by itself or as a loop over them. */
  readonly isHistory: boolean;
}

export interface Workload {
  readonly requests: readonly Request[];
  /** For each request the index of its template. */
  readonly templateOf: Int32Array;
  /** For each template its requests, ascending. */
  readonly requestsOf: readonly (readonly number[])[];
  /** For each request 1 where the history policy changed what the conversation's request before had sent, or its answer. */
  readonly rewritten: Uint8Array;
  /** What becomes of the earlier turns, by template; `null` for templates that are not called. */
  readonly histories: readonly (HistoryInForce | null)[];
  /** All segments of all templates, in source order, parents before children. */
  readonly segments: readonly SourceSegment[];
  readonly assumptions: readonly { readonly id: string; readonly text: string }[];
}
