/**
 * The common form of every prompt format: a template is a list of segments with exact source ranges.
 * A segment is a maximal run that changes at one rate: static text, or a hole whose value is filled in later.
 * Start reading at `Segment`.
 */
import type { ChatArguments } from "./chat/arguments.ts";
import type { TextRange } from "./text.ts";

export const roles = ["system", "developer", "user", "assistant", "tool"] as const;
export type Role = (typeof roles)[number];

/**
 * How often the value of a hole changes, slowest first:
 * fixed at deployment, once a day, per tenant, within one conversation, in every call, or never repeating (clock, uuid,
 * random).
 */
export const scopes = ["constant", "day", "tenant", "session", "request", "volatile"] as const;
export type Scope = (typeof scopes)[number];

export interface ScopeClaim {
  readonly scope: Scope;
  /**
   * Declared by the author (directive, frontmatter, promptcache.json), or inferred by us. `unknown` is counted as new in
   * every call, so that nothing is promised, and blamed for nothing.
   */
  readonly basis: "declared" | "inferred" | "unknown";
  /** One clause that can be shown to the user, such as `the name "today" speaks of a date`. */
  readonly reason: string;
}

/** What a block of content holds: a call of a tool, what one gave, or anything else. */
export type BlockKind = "text" | "call" | "result";

/** Text that is the same in every request. */
export interface TextSegment {
  readonly kind: "text";
  readonly range: TextRange;
  /** What the text renders to. Equal to the source slice unless `sourceOffsets` is given. */
  readonly text: string;
  /** For formats with escapes or folding: source offset of each UTF-16 unit of `text`, and of its end. */
  readonly sourceOffsets?: Int32Array;
  /** Set in requests that list their content in blocks, where one ends with it. */
  readonly endsBlock?: BlockKind;
}

/** Begins a message. It renders to nothing of its own: the chat template writes the role tokens. */
export interface MarkerSegment {
  readonly kind: "marker";
  readonly range: TextRange;
  readonly role: Role;
}

/** How much of a conversation its history still holds: the last turns or messages, or as many messages as have so many tokens. */
export interface HistoryWindow {
  readonly keep: "turns" | "messages" | "tokens";
  readonly last: number;
}

/** A place that a value fills in. */
export interface HoleSegment {
  readonly kind: "hole";
  readonly range: TextRange;
  /** `history` stands for the earlier turns of the conversation; `include` for a template that is named at run time. */
  readonly form: "variable" | "call" | "history" | "include";
  /** The name that users and promptcache.json call it by, such as `customer.name`. */
  readonly name: string;
  /** The expression as written. */
  readonly expression: string;
  readonly scope: ScopeClaim;
  /** Set for a history of which a reader knows that it is cut; where it is not, the expression may say so. */
  readonly window?: HistoryWindow;
  /** As of a text. */
  readonly endsBlock?: BlockKind;
}

/** A conditional or a loop: known text whose presence or repetition depends on a value. */
export interface BlockSegment {
  readonly kind: "block";
  readonly range: TextRange;
  readonly form: "conditional" | "loop";
  readonly name: string;
  readonly expression: string;
  /** Scope of the condition, or of the list. */
  readonly scope: ScopeClaim;
  readonly body: readonly Segment[];
  /** The `else` branch; empty when there is none. */
  readonly otherwise: readonly Segment[];
  /** Name of the loop variable; `null` for conditionals and for loops that name none. */
  readonly item: string | null;
  /** True for a loop over the earlier turns of the conversation. */
  readonly isHistory: boolean;
}

/**
 * Text that stands elsewhere and is named literally, so that it brings no divergence of its own: another template of
 * the workspace, or a macro or named part of this one (resolved from the start, with this template's own path).
 */
export interface IncludeSegment {
  readonly kind: "include";
  readonly range: TextRange;
  /** As written, such as `partials/tone.j2`. */
  readonly target: string;
  /** What it stands for; `null` while unresolved or when it cannot be resolved (then there is a problem). */
  readonly resolved: { readonly path: string; readonly segments: readonly Segment[] } | null;
  /** Set when it may be missing without harm (`ignore missing`). */
  readonly optional?: boolean;
  /** Set for a named part of this template that one which extends it may replace (`{% block name %}`). */
  readonly slot?: string;
  /** Set for a template that this one extends: what stands in place of its slots, by name, written in this one. */
  readonly overrides?: ReadonlyMap<string, readonly Segment[]>;
  /** Set for a value of another file of code. */
  readonly member?: MemberReference;
}

/** How code renders a file. */
export interface ReadFile {
  /** The format that renders it; `null` for that of the file itself. */
  readonly engine: string | null;
  /** What the code gives for its places, by their names. */
  readonly given: ReadonlyMap<string, readonly Segment[]>;
  /** Set where the function around hands on what it is given by name (`**kwargs`). */
  readonly handsOn?: true;
  /** What the code puts in the place of texts of the file, in this order. */
  readonly replaced?: readonly ReplacedText[];
  /** For a file of data: the keys that the text stands at, from the root on. */
  readonly keys?: readonly string[];
}

/** A text of a file in whose place code puts something else. */
export interface ReplacedText {
  readonly text: string;
  readonly isGlobal: boolean;
  readonly value: readonly Segment[];
}

/** Arguments of a call. */
export interface GivenTexts {
  readonly positional: readonly (readonly Segment[])[];
  readonly named: ReadonlyMap<string, readonly Segment[]>;
}

/** A value that a file of code imports from another one. */
export interface MemberReference {
  /**
   * Path of the module without its ending, such as `./prompts`; without dots it is looked up in the folders above too.
   * `null` where all files of a project share their names (BAML, packages of Go and Java): the nearest template with that name
   * counts.
   */
  readonly module: string | null;
  /** With `module` `null`: the name of the folder that it lies in, where that is known. */
  readonly folder?: string;
  /** Name of the value in that module, such as `SYSTEM_PROMPT` or `Prompts.system`. */
  readonly name: string;
  /** Set for a whole file that code reads or renders: `name` is its path. */
  readonly file?: ReadFile;
  /** Set for a function that may send what it is given: what it is given. */
  readonly sends?: GivenTexts;
  /** Set for what a call of a function gives: what the function is given. */
  readonly called?: GivenTexts;
  /** What stands in its place when the module is none of the workspace's, or its value is not known. */
  readonly otherwise: HoleSegment;
}

export type Segment = TextSegment | MarkerSegment | HoleSegment | BlockSegment | IncludeSegment;

/** A tool that a request offers to the model; the chat template writes it in front of the messages. */
export interface ToolDefinition {
  readonly name: string;
  /** The definition as JSON, keys in the order in which they are sent. */
  readonly json: string;
  /** Where it is written. */
  readonly path: string;
  readonly range: TextRange;
}

/** That the tools of a request come in no order that anybody fixed. */
export interface ToolOrder {
  /** Where they are listed, in the template's document. */
  readonly range: TextRange;
  /** Who has them in one order. */
  readonly scope: ScopeClaim;
}

/** A tool of another file of code that a request offers. */
export interface ImportedTool {
  readonly module: string;
  /** Name in that module, such as `searchWeb` or `SearchTools.searchWeb`. */
  readonly name: string;
  /** What the request calls it; `null` where it keeps its name. */
  readonly calledAs: string | null;
  /** How many of the tools that are written in this file stand before it. */
  readonly after: number;
  /** Where the request names it. */
  readonly range: TextRange;
}

/** One part of a request that is composed of several templates. */
export interface CompositionPart {
  readonly kind: "tools" | "system" | "examples" | "history" | "question";
  /** As promptcache.json names it; `null` for the history. */
  readonly target: string | null;
}

/** A place up to which a request asks a hosted API to keep its prefix, such as Anthropic's `cache_control`. */
export interface CacheMarker {
  /** Where it is written. */
  readonly range: TextRange;
  /** The prefix ends with what is written in front of this offset: the end of a block of content, or of a tool. */
  readonly end: number;
  /** Whether it asks for the longer of two lifetimes. */
  readonly isLong: boolean;
}

/** A request that was sent, as whoever recorded it wrote it down: it is sent once, and nothing of it is drawn or assumed. */
export interface CapturedRequest {
  /** Document that it stands in, and where. */
  readonly path: string;
  readonly range: TextRange;
  /** Seconds since 1970; where the record counts from its own start, since then. `null` where it has no time. */
  readonly sentAtSeconds: number | null;
  /** The conversation that the record names; `null` where it names none. */
  readonly session: string | null;
  /** What the model answered; `null` where that is not known. */
  readonly answer: string | null;
  /** Tokens that the provider counted as read from its cache; `null` where the record does not say. */
  readonly countedReadTokens: number | null;
  /** Markers and texts, with parts of the same template among them where something is sent before what stands above it. */
  readonly segments: readonly Segment[];
  readonly tools: readonly ToolDefinition[];
  /** As those of a template. */
  readonly cacheMarkers?: readonly CacheMarker[];
  readonly parameters?: readonly RequestParameter[];
}

/** What a request says beside its prompt, and a provider keeps prefixes apart by. */
export interface RequestParameter {
  /** As the API calls it, such as `tool_choice`; `images` and `citations` for what its messages hold. */
  readonly name: string;
  readonly range: TextRange;
  /** As JSON where it is written out; `null` where only a run knows it. */
  readonly value: string | null;
  /** How often it changes, where only a run knows it. */
  readonly scope: ScopeClaim | null;
}

/** A variable of the chat template that code gives a value that is not written out. */
export interface UnknownArgument {
  readonly name: string;
  /** Whether it stands for any number of variables, whose names are not known either. */
  readonly isAll: boolean;
}

/** One prompt as its author wrote it. */
export interface Template {
  /**
   * Workspace-relative path with `/`; `path#n` for the second and further templates of one file, or
   * `path#key.path` for one that stands at a key of a data file. Unique.
   */
  readonly id: string;
  readonly path: string;
  /** Format id, as in the registry. */
  readonly format: string;
  /** Id of the format that reads what this template includes, where its own only holds it (YAML, JSON). */
  readonly engine?: string;
  readonly name: string;
  /** The part of the document that is the prompt (without frontmatter). */
  readonly range: TextRange;
  /** `request`: the whole prompt of a call. `instructions`: what an agent puts in front of a conversation. `partial`: only used by others. */
  readonly usage: "request" | "instructions" | "partial";
  readonly segments: readonly Segment[];
  /** In the order in which they are sent; absent where the template speaks of none. */
  readonly tools?: readonly ToolDefinition[];
  /** In the order in which they are sent; they are among the tools once the files are known that they are written in. */
  readonly importedTools?: readonly ImportedTool[];
  /** Absent where their order is fixed, or there is none of several. */
  readonly toolOrder?: ToolOrder;
  /** What a memory keeps of the conversation, where no place of the template says it. */
  readonly window?: HistoryWindow;
  /** Set where the code around the prompt is seen to read calls of tools, so that their results go back to the model. */
  readonly runsTools?: true;
  /** Variables that the request gives to the chat template, such as `enable_thinking`; absent where it gives none. */
  readonly chatArguments?: ChatArguments;
  /** Those of which only a run knows the value; absent where there are none. */
  readonly unknownChatArguments?: readonly UnknownArgument[];
  /** In the order in which they are sent; empty for a whole request that asks for none, absent where that is not known. */
  readonly cacheMarkers?: readonly CacheMarker[];
  /** In the order in which they are written; absent where not all of the request is known. */
  readonly parameters?: readonly RequestParameter[];
  /** Set for a request that promptcache.json composes of other templates; in the order in which they are sent. */
  readonly composition?: readonly CompositionPart[];
  /**
   * Set for what was recorded: the requests of one conversation, in the order in which they were sent. They are the
   * template's whole traffic; its segments are what all of them begin with, and a place for the rest.
   */
  readonly captured?: readonly CapturedRequest[];
  /** Concrete values given by the file itself (frontmatter samples, defaults), by hole name. */
  readonly samples: ReadonlyMap<string, string>;
  /** Scopes that the file itself declares, by hole name. The segments know of them already; what it includes does not. */
  readonly declarations?: ReadonlyMap<string, Scope>;
}
