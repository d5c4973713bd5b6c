/** What a finding is, and what a rule sees. Each rule is one file that exports a `Rule`, and one line in rules.ts. */
import type { HostedLimits } from "../core/policies/policy.ts";
import type { OutcomeTable } from "../core/replay/replay.ts";
import type { ChatTemplate } from "../prompt/chat/chat-template.ts";
import type { Move, TextEdit } from "../prompt/move.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import type { Alteration, Workload } from "../workload/workload.ts";
import type { BreakpointProposal } from "./breakpoint-proposal.ts";
import type { TokenPrice } from "./lost-price.ts";
import type { WorkspaceProposals } from "./workspace-proposal.ts";

export interface Stake {
  /** Prompt tokens per request that are prefilled and need not be. */
  readonly tokensPerRequest: number;
  /** TTFT per request that a fix would save, by the same roofline. */
  readonly ttftSecondsPerRequest: number;
  /** Cache memory that is held again for each request, or twice, and would be shared. */
  readonly bytes: number;
}

/** What an edit gives, tried on the template's own conversations; per request of the template. */
export interface Gain {
  /**
   * Prompt tokens that are reused more, as far as fewer are prefilled: a prompt that only becomes shorter gains nothing.
   * Negative where the edit makes it worse.
   */
  readonly tokensPerRequest: number;
  /** TTFT that is saved, by the same roofline. */
  readonly ttftSecondsPerRequest: number;
}

/** A change of the text that mends a finding, for whoever applies it. */
export interface Fix {
  /** An imperative, such as `Move {{ now }} to the end`. */
  readonly title: string;
  /** Of one or more documents, new ones among them, apart from each other; nothing is lost by them. */
  readonly edits: readonly TextEdit[];
  readonly effect: Gain;
  /** A part of what is written that a person is to write anew; left out where the edit is all that is to be done. */
  readonly placeholder?: string;
}

/** A change of what a template sends that is no edit of its text. */
export interface Change extends Alteration {
  /** Tells it from the other changes that are tried of the same requests. */
  readonly key: string;
}

/** What was tried of a template, and the same as edits where its source can be changed so. */
export interface Trial {
  readonly gain: Gain;
  /** `null` where the source, changed so, does not read like what was tried, or is not all that has to be changed. */
  readonly edits: readonly TextEdit[] | null;
  /** Set where it helps only with another mark for a hosted cache, in front of what was moved. */
  readonly needsMark?: true;
}

export type Pair<T> = readonly [T, T];

export interface Finding {
  /** Rule id, such as `volatile-early`. */
  readonly rule: string;
  /**
   * An error is what the server refuses. A hint is counted and not shown: too little is at stake, or nothing is to be done.
   */
  readonly severity: "error" | "warning" | "information" | "hint";
  readonly templateId: string;
  readonly path: string;
  readonly range: TextRange;
  /** One clause of at most 90 characters, the number first: what is lost, and by what. */
  readonly message: string;
  /** Whole sentences: what the number rests on, and what to do. */
  readonly detail: string;
  readonly stake: Stake;
  /** Ids of the assumptions that the numbers rest on. */
  readonly assumptions: readonly string[];
  readonly related: readonly { readonly path: string; readonly range: TextRange; readonly message: string }[];
  /** Whether the related places are marks that could ask for a lifetime of an hour. */
  readonly couldAskForHour?: boolean;
  /** The best one first; left out where nothing can be changed without a person. */
  readonly fixes?: readonly Fix[];
}

/** The assumption that findings about values of which nothing is known rest on. */
export const undeclaredValues = "undeclared-values";

/** Whether it asks for a declaration only, and promises nothing. */
export function isUndeclared({ assumptions }: Pick<Finding, "assumptions">): boolean {
  return assumptions.includes(undeclaredValues);
}

/** Whether people are told of it: hints are counted. */
export function isShown({ severity }: Pick<Finding, "severity">): boolean {
  return severity !== "hint";
}

/** The requests of a workload, as rules see them. */
export type SentRequests = Pick<
  Workload,
  "requests" | "templateOf" | "requestsOf" | "rewritten" | "histories" | "knownRuns" | "segments"
>;

/** Everything that was found out about some templates, by template index where it is a list. */
export interface FindingContext {
  readonly templates: readonly Template[];
  readonly prefixes: readonly StaticPrefix[];
  readonly workload: SentRequests;
  readonly outcomes: OutcomeTable;
  readonly tokenizer: Tokenizer;
  readonly memory: RuleMemory;
  readonly policy: {
    readonly id: string;
    readonly name: string;
    readonly blockTokens: number;
    /** Left out where the memory is one's own. */
    readonly limits?: HostedLimits;
    /** Left out where prompts are not billed. */
    readonly price?: TokenPrice;
  };
  /** Chat templates of the workspace, that in force among them; rules of a single prompt are not told of them. */
  readonly chatTemplates?: readonly ChatTemplateFile[];
  /** Whether the chat template in force is one of the workspace: what it costs then stands in its file. */
  readonly isChatTemplateOurs: boolean;
  /** What a search found for the marks of a hosted API; left out where there are none to set. */
  readonly breakpoints?: readonly BreakpointProposal[];
  /** What rules of single prompts have found; left out where these are looked for. */
  readonly found?: readonly Finding[];
  /** What searches found for the workspace as a whole; left out where none was made, or nothing can be said. */
  readonly workspace?: WorkspaceProposals;
  /** Of the cache; infinite where the memory is not one's own, or without bound. */
  readonly capacityBytes: number;
  readonly kvBytesPerToken: number;
  readonly checkpointBytes: number;
  /** Seconds from arrival to the first token of a lone request. */
  ttftSeconds(reusedTokens: number, promptTokens: number): number;
  /**
   * What the conversations of a template of this context would get if something was moved in it, under the policy in force
   * and in a cache of their own; `null` where that cannot be tried. Left out where nothing is tried at all.
   */
  tryMove?(template: Template, move: Move): Generator<void, Trial | null, void>;
  /** Text of a document of the workspace. */
  textOf?(path: string): string | null;
  /** The same of edits of one document. */
  tryEdits?(template: Template, edits: readonly TextEdit[]): Generator<void, Trial | null, void>;
  /** The same of a change of what is sent. */
  tryChange?(template: Template, change: Change): Generator<void, Trial | null, void>;
  /**
   * What two templates of this context would get together if they read like this, in a cache of their own: the gain of both,
   * per request of the second. `null` where that cannot be tried. `key` tells it from what else is tried of the two.
   */
  tryShared?(pair: Pair<Template>, edited: Pair<Template>, key: string): Generator<void, Gain | null, void>;
  /** As it would be read with edits of one or more documents, new ones among them; `null` where it would not be there. */
  readEdited?(template: Template, edits: readonly TextEdit[]): Generator<void, Template | null, void>;
  /**
   * Told of a finding that rests on a trial: whoever has the time tries the same among all other requests, and states the
   * finding with what that gives.
   */
  onTried?(finding: Finding, trial: Trial, restated: (gain: Gain) => Finding): void;
}

/** A chat template that stands in a file of the workspace. */
export interface ChatTemplateFile {
  readonly path: string;
  readonly isInForce: boolean;
  /** With the arguments that the server gives it. */
  readonly template: ChatTemplate;
  /** In the file, of a part of the template; of the beginning where none is given. */
  rangeOf(place: TextRange | null): TextRange;
}

/** What is known of texts and templates whatever the policy, so that it is not tokenized again; belongs to one tokenizer. */
export class RuleMemory {
  readonly #kept = new Map<string, unknown>();

  /** What `make` gave when this was asked for the first time. */
  of<T>(what: string, make: () => T): T {
    if (!this.#kept.has(what)) this.#kept.set(what, make());
    return this.#kept.get(what) as T;
  }
}

export interface Rule {
  readonly id: string;
  /** As a heading in the documentation. */
  readonly title: string;
  /**
   * `template`: what it finds in a template depends on that template and its requests alone, so that it is asked again only
   * where these changed. `workspace`: it compares templates with each other. `advice`: it words what a search has found, and
   * `workspace-advice` what one has found for the workspace as a whole, which stands first, the largest in front.
   */
  readonly scope: "template" | "workspace" | "advice" | "workspace-advice";
  /** Set where the numbers of a report leave out what it finds: tokens that are lost, or that are found by chance only. */
  readonly uncounted?: "lost" | "by-chance";
  /** Work before `check` that takes long, in steps of a few milliseconds. */
  prepare?(context: FindingContext): Generator<void, void, void>;
  /** Rules that try what they advise do so in steps. */
  check(context: FindingContext): readonly Finding[] | Generator<void, readonly Finding[], void>;
}
