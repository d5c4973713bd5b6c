/** Puts the parts of a prompt together that stand at different places of one data file. */

import type { ChatArguments } from "../chat/arguments.ts";
import { outerRange, readEmbedded } from "../embedded.ts";
import { type EngineName, engineNameFor, engines } from "../engines.ts";
import { type Declarations, declaredHere, declareSegments, inferred } from "../scope-inference.ts";
import type {
  BlockKind,
  CacheMarker,
  CapturedRequest,
  HistoryWindow,
  HoleSegment,
  RequestParameter,
  Role,
  ScopeClaim,
  Segment,
  Template,
  ToolDefinition,
} from "../template.ts";
import type { Problem, TextRange } from "../text.ts";
import type { TextNode } from "./nodes.ts";

/** A prompt that was found in a data file. */
export interface FoundPrompt {
  /** Keys from the root to where it is written, such as `agent.templates`; empty for a file that is one prompt. */
  readonly keyPath: string;
  /** As shown to people; `null` where the key path says it. */
  readonly name: string | null;
  readonly usage: Template["usage"];
  readonly prompt: BuiltPrompt;
  /** Whether it is a whole request, so that what it does not ask for is not asked for. */
  readonly isWhole?: boolean;
  readonly parameters?: readonly RequestParameter[];
  readonly samples?: ReadonlyMap<string, string>;
  readonly tools?: readonly ToolDefinition[];
  /** Set for a request that was recorded, with what the record says beside it. */
  readonly captured?: CaptureFacts;
  /** What the request gives to the chat template. */
  readonly chatArguments?: ChatArguments;
}

export type CaptureFacts = Pick<
  CapturedRequest,
  "sentAtSeconds" | "session" | "answer" | "countedReadTokens"
>;

export interface BuiltPrompt {
  readonly range: TextRange;
  readonly segments: readonly Segment[];
  readonly problems: readonly Problem[];
  readonly declarations: Declarations;
  /** The format that reads what the parts include: that of the first part that names one; `null` for static text. */
  readonly engine: string | null;
  readonly cacheMarkers: readonly CacheMarker[];
}

const maxParts = 5000;

interface Part {
  readonly range: TextRange;
  readonly segments: readonly Segment[];
  /** What the part is called where it stands in another place than that of its turn. */
  readonly label: string;
}

/** Parts are added in the order in which they are sent, wherever they are written. */
export class PromptBuilder {
  readonly #path: string;
  readonly #declared: Declarations;
  readonly #parts: Part[] = [];
  readonly #problems: Problem[] = [];
  readonly #cacheMarkers: CacheMarker[] = [];
  #declarations: Declarations;
  #engine: string | null = null;

  /** `path` is the data file's. `declared` are scopes that it gives to names. */
  constructor(path: string, declared: Declarations = new Map()) {
    this.#path = path;
    this.#declared = declared;
    this.#declarations = declared;
  }

  /** Whether anything but markers was added. */
  get isEmpty(): boolean {
    return this.#parts.every(({ segments }) => segments.every(({ kind }) => kind === "marker"));
  }

  /** Whether it has text of its own; what only passes on a value is no prompt that anybody wrote. */
  get hasText(): boolean {
    return this.#parts.some(({ segments }) => segments.some(({ kind }) => kind === "text"));
  }

  /** More parts than any prompt has: reached only where aliases repeat themselves. Further ones are left out. */
  get isFull(): boolean {
    return this.#parts.length >= maxParts;
  }

  /** The message that `role` begins. What `range` covers is written for it: a key, or the head of a map. */
  marker(role: Role, range: TextRange): void {
    this.add(range, [{ kind: "marker", range, role }], role);
  }

  /** Text of the file. Where nothing tells the engine, the text does. `change` may cut what is no part of the prompt. */
  text(
    node: TextNode,
    engine: EngineName | null = null,
    change: (segments: readonly Segment[]) => readonly Segment[] = (segments) => segments,
  ): void {
    this.add(node.range, change(this.read(node, engine)), "text");
  }

  /** A message that is no more than a text; nothing where that is blank. */
  message(role: Role, text: TextNode | null, engine: EngineName): void {
    if (text === null || text.value.trim() === "") return;
    this.marker(role, { start: text.range.start, end: text.range.start });
    this.text(text, engine);
  }

  /** What an engine makes of a text, without adding it. */
  read(node: TextNode, engine: EngineName | null = null): readonly Segment[] {
    const name = engine ?? engineNameFor(node.value);
    const { value, problems } = readEmbedded(this.#path, node.embedded(), engines[name], this.#declared);
    for (const problem of problems) this.#problems.push(problem);
    this.#engine ??= formatOfEngine(name);
    if (value.declarations.size > this.#declarations.size) {
      this.#declarations = new Map([...this.#declarations, ...value.declarations]);
    }
    return value.segments;
  }

  /** A file that the prompt is in; `engine` is the format that reads it. */
  include(target: string, range: TextRange, engine: string): void {
    this.#engine ??= engine;
    this.add(range, [{ kind: "include", range, target, resolved: null }], target);
  }

  /** The earlier turns of the conversation; all of them where no window cuts them. */
  history(name: string, range: TextRange, window: HistoryWindow | null = null): void {
    const scope = inferred("session", `\`${name}\` stands for the earlier turns of the conversation`);
    const hole: HoleSegment = { kind: "hole", range, form: "history", name, expression: name, scope };
    this.add(range, [window === null ? hole : { ...hole, window }], name);
  }

  /** A value that stands alone at a place of the file, such as what the user says now. */
  hole(name: string, range: TextRange, scope: ScopeClaim): void {
    this.add(range, [{ kind: "hole", range, form: "variable", name, expression: name, scope }], name);
  }

  /** What is to be known of the prompt, and is no mistake of its author. */
  note(problem: Problem | null): void {
    if (problem !== null) this.#problems.push(problem);
  }

  /** What a request says in a form that only the model's own markup shows: a call of a tool, an image. */
  literal(text: string, range: TextRange): void {
    const sourceOffsets = new Int32Array(text.length + 1).fill(range.start);
    sourceOffsets[text.length] = range.end;
    this.add(range, [{ kind: "text", range, text, sourceOffsets }], "text");
  }

  /** An image and the like, named literally. */
  media(name: string, range: TextRange): void {
    const scope = inferred("constant", "the media is named literally");
    this.add(range, [{ kind: "hole", range, form: "call", name, expression: name, scope }], name);
  }

  /** How many parts there are, to tell whether one was added. */
  get size(): number {
    return this.#parts.length;
  }

  /** A block of content ends with what was added last. */
  endBlock(kind: BlockKind): void {
    const part = this.#parts.at(-1);
    const last = part?.segments.at(-1);
    if (part === undefined || (last?.kind !== "text" && last?.kind !== "hole")) return;
    const segments = part.segments.with(-1, { ...last, endsBlock: kind });
    this.#parts[this.#parts.length - 1] = { ...part, segments };
  }

  /** The prefix that ends with what was added last shall be kept. */
  cacheMarker(range: TextRange, isLong: boolean): void {
    const end = this.#parts.at(-1)?.range.end;
    if (end !== undefined) this.#cacheMarkers.push({ range, end, isLong });
  }

  /** A part that was read before; `label` names it where it is moved. */
  add(range: TextRange, segments: readonly Segment[], label: string): void {
    if (segments.length > 0 && !this.isFull) this.#parts.push({ range, segments, label });
  }

  build(): BuiltPrompt {
    const start = Math.min(...this.#parts.map(({ range }) => range.start));
    const end = Math.max(...this.#parts.map(({ range }) => range.end));
    const range = this.#parts.length === 0 ? { start: 0, end: 0 } : { start, end };
    const segments = inSourceOrder(this.#parts, range.start, this.#path);
    return {
      range,
      segments: declareSegments(segments, this.#declarations, declaredHere),
      problems: this.#problems,
      declarations: this.#declarations,
      engine: this.#engine,
      cacheMarkers: this.#cacheMarkers,
    };
  }
}

/**
 * Segments follow the source. A part that is sent before one that is written further up (`system` below `messages`)
 * stands as a named part of the same template: an include of what is written there.
 */
function inSourceOrder(parts: readonly Part[], start: number, path: string): readonly Segment[] {
  const firstAfter: number[] = [];
  let first = Number.POSITIVE_INFINITY;
  for (let index = parts.length - 1; index >= 0; index--) {
    firstAfter[index] = first;
    first = Math.min(first, parts[index]!.range.start);
  }
  let at = start;
  const segments: Segment[] = [];
  /** Parts that are moved together, such as a role and what is said in it, stay together. */
  let moved: { readonly segments: Segment[]; end: number } | null = null;
  for (const [index, { range, segments: own, label }] of parts.entries()) {
    if (range.start >= at && range.end <= firstAfter[index]!) {
      moved = null;
      at = range.end;
      for (const segment of own) segments.push(segment);
    } else if (moved !== null && range.start >= moved.end) {
      for (const segment of own) moved.segments.push(segment);
      moved.end = range.end;
    } else {
      moved = { segments: [...own], end: range.end };
      const resolved = { path, segments: moved.segments };
      segments.push({ kind: "include", range: { start: at, end: at }, target: label, resolved });
    }
  }
  return segments;
}

const includingEngines: ReadonlySet<EngineName> = new Set([
  "jinja",
  "liquid",
  "handlebars",
  "mustache",
  "go-template",
]);

/** Files that an agent puts in go out as they are. */
const agentEngines: ReadonlySet<EngineName> = new Set([
  "gemini-command",
  "opencode-prompt",
  "opencode-command",
]);

/** The format of files that an engine reads too, so that its templates can include them. */
export function formatOfEngine(engine: EngineName): string | null {
  if (engine === "jinja-whole") return "jinja";
  if (agentEngines.has(engine)) return "markdown-instructions";
  return includingEngines.has(engine) ? engine : null;
}

/** The place of one text's content, without quotes and indentation at its ends. */
export function contentRange(node: TextNode): TextRange {
  const embedded = node.embedded();
  return outerRange(embedded, { start: 0, end: embedded.text.length });
}
