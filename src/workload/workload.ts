/** From templates to requests: seeded sessions and turns, hole values by scope. The types; start reading at generate.ts. */
import type { Request } from "../core/replay/request.ts";
import type { Role, ScopeClaim, Template } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import type { RecordedAssumptions } from "./assumptions.ts";
import type { HistoryPolicy } from "./history-policy.ts";

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
  /** Of the message that it stands in; `null` where no marker comes before it. */
  readonly role: Role | null;
  /** Index of the enclosing block or include in this table; -1 at the top level. */
  readonly parent: number;
  /** Index of the loop whose items the hole or block speaks of; -1 when of none. */
  readonly loop: number;
  /** Whether it stands for the earlier turns of the conversation, by itself or as a loop over them. */
  readonly isHistory: boolean;
}

/** The history of one template's conversations, and where it is known from. */
export interface HistoryInForce {
  readonly policy: HistoryPolicy;
  readonly basis: "declared" | "inferred";
  /** Whether anything was declared of it, and whether that was how questions come back. */
  readonly isDeclared: boolean;
  readonly areQuestionsDeclared: boolean;
  readonly summaryTokens: number;
  readonly reasoningTokens: number;
  readonly answers: "as-generated" | "trimmed";
  readonly questions: "as-sent" | "bare";
  /** Tokens at the end of every prompt with which the chat template asks for an answer; left out where there are none. */
  readonly generationTokens?: number;
}

/** What else a template might send. */
export interface Alteration {
  /** The prompt as it would be; left out where it stays. */
  readonly edited?: Template;
  /** What becomes of its earlier turns instead. */
  readonly history?: Partial<HistoryInForce>;
  /** Set where each request begins with the very tokens of the one before it and of its answer. */
  readonly keepsTokens?: true;
}

/** What one template sends, as if it were the only one: numbers of segments and conversations are its own. */
export interface WorkloadPart {
  readonly segments: readonly SourceSegment[];
  /** By arrival. */
  readonly requests: readonly Request[];
  readonly rewritten: Uint8Array;
  /** `null` where the template is not called. */
  readonly history: HistoryInForce | null;
}

/** Conversations of one template. Sessions count from 0; runs point into the template's own segments. */
export interface Conversations extends WorkloadPart {
  /** What was assumed on the way. */
  readonly assumptions: RecordedAssumptions;
  /** Why the chat template refused some of them. */
  readonly refusals: readonly string[];
}

/** What the requests rest on: on what was recorded, or on templates and assumptions. */
export interface WorkloadBasis {
  /** Prompts by what they are: whole requests, instructions in front of a conversation, parts of others. None of them captured. */
  readonly prompts: { readonly requests: number; readonly instructions: number; readonly parts: number };
  /** `leftOut` are requests that were read and are not sent, because there are too many. */
  readonly captured: { readonly conversations: number; readonly requests: number; readonly leftOut: number };
  /** Prompts that are called, their requests, and how many these would be, were they not too many to be analysed. */
  readonly simulated: { readonly prompts: number; readonly requests: number; readonly askedFor: number };
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
  /**
   * For each request and each of its runs 1 where an earlier request had the same text in the same place; empty for requests
   * whose source is not known.
   */
  readonly knownRuns: readonly Uint8Array[];
  /** By template; the same object as in the workload before where nothing of it changed. */
  readonly parts: readonly WorkloadPart[];
  /** For each template the index of its first segment. */
  readonly firstSegment: Int32Array;
  /** All segments of all templates, in source order, parents before children. */
  readonly segments: readonly SourceSegment[];
  readonly assumptions: readonly { readonly id: string; readonly text: string }[];
  readonly basis: WorkloadBasis;
}
