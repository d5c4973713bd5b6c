/** What an editor shows of a folder, file by file, in words: what crosses from the worker after an edit. */
import type { Fate } from "../core/fates.ts";
import type { Finding } from "../findings/finding.ts";
import type { OfferedFix } from "../fixes/fix.ts";
import type { TextRange } from "../prompt/text.ts";
import type { ChoiceGroup, ChosenKind } from "./catalogue.ts";

/** With the line ends that editors know; both count from 0. */
export interface TextPlace {
  readonly line: number;
  readonly character: number;
}

/** A range of the analysed text, also for whoever has no text of it. */
export interface ShownRange extends TextRange {
  readonly from: TextPlace;
  readonly to: TextPlace;
}

export interface ShownDiagnostic {
  readonly range: ShownRange;
  readonly severity: Finding["severity"];
  readonly message: string;
  /** Rule id; `null` for what could not be understood, which no page explains. */
  readonly rule: string | null;
  readonly related: readonly {
    readonly path: string;
    readonly range: ShownRange;
    readonly message: string;
  }[];
}

export interface ShownPrompt {
  readonly range: ShownRange;
  /** Mean tokens, but for those that the chat template writes. */
  readonly ownTokens: number;
  /** The line above the prompt. */
  readonly lens: string;
  /** What the status bar says while the cursor is in it. */
  readonly status: string;
  /** Whether it shares too little with others for any hit. */
  readonly isBelow: boolean;
  /** What stands behind the prefix that its requests share, and what is said at its end; `null` where nothing does. */
  readonly behind: {
    readonly range: ShownRange;
    readonly label: string;
    /** Not where what follows is mostly reused, as behind a value that many requests share. */
    readonly isPrefilled: boolean;
  } | null;
  /** What becomes of its parts, in the order of the file. */
  readonly fates: readonly { readonly range: ShownRange; readonly fate: Fate }[];
}

export interface FileView {
  readonly diagnostics: readonly ShownDiagnostic[];
  readonly prompts: readonly ShownPrompt[];
}

/** A folder in a few words. */
export interface FolderSummary {
  readonly prompts: number;
  /** What the status bar says where no prompt is open. */
  readonly status: string;
  /** Whether that is the steady state, and the cold start beside it: one line. */
  readonly coldStart: string;
  /** What would help the workspace as a whole most, once that has been searched for; `null` for nothing. */
  readonly largestLoss: string | null;
  /** Which scenario the numbers belong to: one line. */
  readonly scenario: string;
  /** From how many shared tokens on anything hits, a clause; `null` as long as it is not known. */
  readonly hitsFrom: string | null;
  /** Why tokens are approximate; `null` where they are not. */
  readonly approximate: string | null;
}

/** A prompt at a place of its file. */
export interface PromptAt {
  readonly path: string;
  readonly offset: number;
}

/** What is asked about the last answer. Offsets are those of the analysed text. */
export type Question =
  | { readonly kind: "hover"; readonly path: string; readonly offset: number }
  /** What is offered about the findings at this range. */
  | { readonly kind: "fixes"; readonly path: string; readonly range: TextRange }
  /** Declarations of how often the value at a place changes. */
  | { readonly kind: "declare"; readonly path: string; readonly offset: number }
  /** All that makes less be lost, in a file or, with `null`, anywhere; of one rule, or of all. */
  | { readonly kind: "fix-all"; readonly path: string | null; readonly rule: string | null }
  /** One prompt by itself, as Markdown: that at a place, or the one that loses most. */
  | { readonly kind: "prompt"; readonly at: { readonly path: string; readonly offset: number } | "worst" }
  /** What can stand at a place of promptcache.json, whose text is that of the moment. */
  | { readonly kind: "completions"; readonly text: string; readonly offset: number }
  /** A first promptcache.json: what is in force, and what was inferred as comments. */
  | { readonly kind: "first-config" }
  /** One prompt as the model sees it, as Markdown. */
  | { readonly kind: "preview"; readonly path: string; readonly offset: number }
  /** Where the requests of two prompts part, as Markdown. */
  | { readonly kind: "compare"; readonly first: PromptAt; readonly second: PromptAt }
  /** What the prompts of a file lost or gained since it had another text. */
  | { readonly kind: "since"; readonly path: string; readonly text: string }
  /** What to set at the server, or where to mark prompts for the provider, as Markdown. */
  | { readonly kind: "advise" }
  /** The file that tells a server where to keep states, as JSON. */
  | { readonly kind: "hints" }
  /** Where tokens begin in the prompts of a file, and where states are kept. */
  | { readonly kind: "tokens"; readonly path: string; readonly areStartsWanted: boolean }
  /** Edits of promptcache.json after which it says another value, where it says one; else none. */
  | { readonly kind: "set-in-config"; readonly key: string; readonly value: string | number }
  /** What can be chosen, with what each comes to in the place of what is in force. */
  | { readonly kind: "choices"; readonly about: ChosenKind }
  /** What stands in the view of shared prefixes. */
  | { readonly kind: "prefixes" }
  /** The whole report as Markdown, with why a newer one failed, if it did; waits until it has been made. */
  | { readonly kind: "markdown"; readonly failure: string | null };

export interface HoverAnswer {
  readonly range: TextRange;
  readonly markdown: string;
  /** Whether it can be declared how often what stands there changes. */
  readonly isDeclarable: boolean;
}

/** A change of a document, of the text that was analysed. */
export interface ShownEdit {
  readonly path: string;
  /** `null` for a document that is to be made. */
  readonly range: ShownRange | null;
  readonly newText: string;
}

export interface FixAnswer extends Pick<OfferedFix, "kind" | "placeholder"> {
  /** With what it gives. */
  readonly title: string;
  /** `null` for what promptcache.json says wrongly, which is no finding. */
  readonly rule: string | null;
  /** Where the finding, or the problem, stands. */
  readonly range: TextRange;
  readonly edits: readonly ShownEdit[];
}

export interface FixAllAnswer {
  readonly edits: readonly ShownEdit[];
  /** Findings that are mended by them. */
  readonly mended: number;
}

export interface PromptAnswer {
  readonly path: string;
  readonly range: ShownRange;
  readonly name: string;
  readonly markdown: string;
}

/** A prompt beside what it was in another text of its file. */
export interface SinceShown {
  /** Where it stands now. */
  readonly range: ShownRange;
  /** Where it stood then, in that text. */
  readonly before: ShownRange;
  /** A few words, such as `−38.0 points since HEAD`; for either side. */
  readonly label: string;
  readonly beforeLabel: string;
  readonly tooltip: string;
}

export interface TokensShown {
  /** UTF-16 offsets in the analysed text, ascending. */
  readonly starts: readonly number[];
  /** A few words for each. */
  readonly states: readonly { readonly offset: number; readonly label: string }[];
}

export interface CompletionShown {
  readonly label: string;
  readonly detail: string;
  readonly documentation?: string;
  readonly newText: string;
  /** A part of what is written that a person is to write anew. */
  readonly placeholder?: string;
}

export interface Completions {
  /** What is replaced. */
  readonly range: TextRange;
  readonly items: readonly CompletionShown[];
}

/** A line of the view of shared prefixes. */
export interface PrefixItem {
  /** The same as long as it stands for the same. */
  readonly id: string;
  /** Index in the list, in which it stands before this one; -1 at the first level. */
  readonly parent: number;
  /** `alone` holds the prompts that share no prefix, `rest` counts what is not listed; others are findings. */
  readonly kind: "prefix" | "prompt" | "alone" | "rest" | "error" | "warning" | "information";
  readonly label: string;
  readonly description: string;
  /** Markdown. */
  readonly tooltip: string;
  /** All that is shown, for who listens. */
  readonly spoken: string;
  /** `null` where it stands nowhere. */
  readonly place: { readonly path: string; readonly range: TextRange } | null;
}

export type QuestionAnswer =
  | { readonly kind: "hover"; readonly value: HoverAnswer | null }
  | { readonly kind: "fixes"; readonly value: readonly FixAnswer[] }
  | { readonly kind: "declare"; readonly value: readonly FixAnswer[] }
  | { readonly kind: "fix-all"; readonly value: FixAllAnswer }
  | { readonly kind: "prompt"; readonly value: PromptAnswer | null }
  | { readonly kind: "completions"; readonly value: Completions | null }
  | { readonly kind: "first-config"; readonly value: string }
  | { readonly kind: "prefixes"; readonly value: readonly PrefixItem[] }
  | { readonly kind: "preview"; readonly value: PromptAnswer | null }
  | { readonly kind: "compare"; readonly value: string | null }
  | { readonly kind: "since"; readonly value: readonly SinceShown[] }
  | { readonly kind: "tokens"; readonly value: TokensShown }
  | { readonly kind: "set-in-config"; readonly value: readonly ShownEdit[] }
  | { readonly kind: "choices"; readonly value: readonly ChoiceGroup[] }
  | { readonly kind: "advise"; readonly value: string }
  | { readonly kind: "hints"; readonly value: string }
  | { readonly kind: "markdown"; readonly value: string };
