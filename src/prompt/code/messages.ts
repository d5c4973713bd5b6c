/**
 * Lists of messages as libraries take them: dictionaries with `role` and `content`, LangChain's pairs and classes,
 * Gemini's `parts`. What a list holds besides messages is earlier turns, or what only a run knows.
 */
import type { Engine } from "../embedded.ts";
import { roleNamed } from "../role-lines.ts";
import { inferred, inferScope, isHistoryName } from "../scope-inference.ts";
import type { CacheMarker, HoleSegment, Role } from "../template.ts";
import type { Problem, TextRange } from "../text.ts";
import { withChainNames } from "./fluent.ts";
import { listOf } from "./lists.ts";
import { roleCalled, roleOfCallee, roleOfConstant, roleOfMaker } from "./message-names.ts";
import { choiceOf } from "./operations.ts";
import { applyEngine, hole, knownText, type Piece, unknownText } from "./pieces.ts";
import { isProse } from "./prompt-names.ts";
import {
  type CallValue,
  type CodeValue,
  entry,
  type ListValue,
  lastPart,
  type RecordValue,
  type RepeatValue,
  type SpreadValue,
  type TextValue,
} from "./values.ts";

export interface MessageOptions {
  readonly path: string;
  readonly problems: Problem[];
  /** Gets the places up to which the messages ask to keep the prefix. */
  readonly cacheMarkers: CacheMarker[];
  /** Gets where the lists are written that the messages are taken from: none of them is a prompt by itself. */
  readonly parts: TextRange[];
  /** Reads the texts, where a library treats them as templates; `null` where they are sent as they are. */
  readonly engine: Engine | null;
  /** Values for their places, by name. */
  readonly values?: ReadonlyMap<string, readonly Piece[]>;
  /** Whether `("system", "text")` and plain strings are messages, as in LangChain. */
  readonly hasPairs: boolean;
}

/** The messages with a marker before each; `null` for a value that holds no message. */
export function readMessages(value: CodeValue, options: MessageOptions): readonly Piece[] | null {
  const reader = new Reader(options);
  const pieces = reader.list(value);
  return reader.found > 0 ? pieces : null;
}

/** The text of one message's content. */
export function readContent(value: CodeValue, options: MessageOptions): readonly Piece[] {
  return new Reader(options).content(value);
}

/** What a message is made of, such as `[{ text: "…" }]` of Gemini; `null` for any other value. */
export function readParts(value: CodeValue, options: MessageOptions): readonly Piece[] | null {
  const items = value.kind === "list" ? value.items : [value];
  if (items.length === 0 || !items.every(isTextPart)) return null;
  if (value.kind === "list") options.parts.push(value.reference?.definition ?? value.range);
  return readContent(value, options);
}

/** `{ text: "…" }` and `{ type: "text", text: "…" }`; with anything else in it a screen may show it. */
function isTextPart(item: CodeValue): boolean {
  if (item.kind === "maybe" || item.kind === "repeat") return isTextPart(item.value);
  if (item.kind !== "record") return item.kind === "spread";
  const isType = ({ key, value }: RecordValue["entries"][number]) =>
    key === "type" && value.kind === "text" && /^(?:input_)?text$/.test(knownText(value.pieces));
  return (
    item.isWhole &&
    item.entries.some(({ key }) => key === "text") &&
    item.entries.every((each) => each.key === "text" || isType(each))
  );
}

/** What lists of parts of a message are called. */
export function isPartsName(name: string): boolean {
  return /(?:^|[a-z_.])[Pp]arts$/.test(name);
}

/** Roles of the model. */
export const answers = /^(?:assistant|model|ai)$/;

/** Messages that only a run knows. */
export function earlierTurns(value: CodeValue): Piece {
  return hole(asHistory(value.hole()));
}

/** Names may refer to lists of names, and those to others: what they stand for doubles with every step. */
const mostItems = 20_000;

class Reader {
  found = 0;
  #items = 0;
  readonly #options: MessageOptions;

  constructor(options: MessageOptions) {
    this.#options = options;
  }

  list(value: CodeValue): readonly Piece[] {
    if (value.kind !== "list") return this.#item(value);
    const { items, range, reference, parts = [] } = value;
    this.#options.parts.push(reference?.definition ?? range, ...parts);
    this.#items += items.length;
    if (this.#items > mostItems) return [earlierTurns(value)];
    const pieces = items.flatMap((item) => this.#item(item));
    return pieces.length === 0 || value.reference === null ? pieces : [referenceTo(value, pieces)];
  }

  /** A list that has nothing in it where it is written, and a name, is filled elsewhere. */
  #spread({ value }: SpreadValue): readonly Piece[] {
    const isFilledElsewhere = value.kind === "list" && value.items.length === 0 && value.reference !== null;
    return value.kind === "opaque" || value.kind === "call" || isFilledElsewhere
      ? [earlierTurns(value)]
      : this.list(value);
  }

  #item(item: CodeValue): readonly Piece[] {
    switch (item.kind) {
      case "record":
        return this.#record(item) ?? [];
      case "call":
        return this.#call(item);
      case "list":
        return (this.#options.hasPairs ? this.#pair(item) : null) ?? this.list(item);
      case "spread":
        return this.#spread(item);
      case "text":
        if (isOfModule(item))
          return [hole(isHistoryName(item.hole().name) ? asHistory(item.hole()) : item.hole())];
        return this.#options.hasPairs ? this.#message("user", item.range, item) : [];
      case "opaque":
        return [hole(isHistoryName(item.hole().name) ? asHistory(item.hole()) : item.hole())];
      case "maybe": {
        const inner = this.#item(item.value);
        return inner.length === 0 ? [] : [choiceOf(item, inner)];
      }
      case "repeat":
        return this.#repeated(item);
      case "function": {
        const value = item.returned();
        return value === null ? [hole(item.hole())] : this.#item(value);
      }
      case "literal":
        return [];
    }
  }

  /** Messages for every item of a list; those of a conversation are earlier turns. */
  #repeated(item: RepeatValue): readonly Piece[] {
    const { loop, value, range } = item;
    if (isHistoryName(loop.name) || !hasKnownRole(value)) {
      const own = item.hole();
      // What a loop makes of a conversation is called as that is.
      const { name, expression } = loop;
      const segment = isHistoryName(own.name) || !isHistoryName(name) ? own : { ...own, name, expression };
      return [hole(isHistoryName(segment.name) ? asHistory(segment) : segment)];
    }
    const body = this.#item(value);
    return body.length === 0 ? [] : [{ kind: "loop", range, ...loop, body }];
  }

  #record(record: RecordValue): readonly Piece[] | null {
    const role = senderOf(record);
    const content = entry(record, "content") ?? entry(record, "multiContent") ?? entry(record, "parts");
    if (role === undefined || content === undefined) return this.#abbreviated(record);
    const pieces = this.#message(roleOf(role), role.range, content);
    this.#options.cacheMarkers.push(...cacheMarkersOf(record, content.range.end));
    return pieces;
  }

  /** `{ system: "…" }`, as Raix 1 lets a transcript be written. */
  #abbreviated({ entries, range, isWhole }: RecordValue): readonly Piece[] | null {
    const [only, ...others] = entries;
    if (only === undefined || others.length > 0 || !isWhole || only.value.kind !== "text") return null;
    return /^(?:system|user|assistant)$/.test(only.key)
      ? this.#message(roleNamed(only.key) ?? "user", { start: range.start, end: range.start }, only.value)
      : null;
  }

  /** `SystemMessage(content="…")`, `SystemMessagePromptTemplate.from_template("…")`, `MessagesPlaceholder("history")`. */
  #call(given: CallValue): readonly Piece[] {
    const call = withChainNames(given);
    this.#options.parts.push(call.range);
    const answered = isAccessor(given) ? roleOfMaker(lastPart(given.callee)) : null;
    if (answered !== null) {
      const { range, hole: make } = given;
      const { start } = range;
      return this.#message(answered, { start, end: start }, { kind: "opaque", range, hole: make });
    }
    const [first, second] = call.positional;
    const parts = call.callee.split(".");
    if (parts.includes("MessagesPlaceholder")) {
      const name = call.named.get("variable_name") ?? call.named.get("variableName") ?? first;
      const known = name?.kind === "text" ? knownText(name.pieces) : "";
      this.found++;
      return [hole(asHistory(known === "" ? call.hole() : { ...call.hole(), name: known }))];
    }
    const role = call.named.get("role") ?? call.named.get("type");
    const content =
      call.named.get("content") ?? call.named.get("template") ?? call.named.get("parts") ?? undefined;
    if (role !== undefined && content !== undefined) return this.#message(roleOf(role), role.range, content);
    const byRole = roleArgument(call);
    if (byRole !== null) return this.#message(byRole.role, byRole.range, byRole.content);
    // `new ChatMessage(ChatRole.System, "…")`, `Message::new(Role::User, "…")`, `new("system", "…")`
    const ofFirst = first === undefined ? null : roleOfArgument(first, call.callee);
    if (ofFirst !== null && second !== undefined) return this.#message(ofFirst, first!.range, second);
    // `ChatCompletionRequestMessage::System(message)`
    if (first?.kind === "call" && isMessageCall(first)) return this.#call(first);
    // LlamaIndex's class has a role that is the user's where none is given.
    const isUsual = lastPart(call.callee) === "ChatMessage" && role === undefined && content !== undefined;
    const ofClass = roleOfCallee(call.callee) ?? (isUsual ? "user" : null);
    const said = content ?? call.named.get("prompt") ?? call.named.get("text") ?? first;
    if (ofClass !== null && said !== undefined) {
      const { start } = call.range;
      return this.#message(ofClass, { start, end: start }, said);
    }
    return [hole(isHistoryName(call.hole().name) ? asHistory(call.hole()) : call.hole())];
  }

  #pair(list: ListValue): readonly Piece[] | null {
    const [role, content, ...rest] = list.items;
    if (role?.kind !== "text" || content === undefined || rest.length > 0) return null;
    const name = knownText(role.pieces);
    if (name === "placeholder" && content.kind === "text") {
      const history = knownText(content.pieces).replace(/^\{|\}$/g, "");
      this.found++;
      return [hole(asHistory({ ...content.hole(), name: history }))];
    }
    const known = roleCalled(name);
    return known === null ? null : this.#message(known, role.range, content);
  }

  #message(role: Role, range: TextRange, content: CodeValue): readonly Piece[] {
    this.found++;
    const marker: Piece = { kind: "segment", segment: { kind: "marker", range, role } };
    return [marker, ...this.content(content)];
  }

  content(content: CodeValue): readonly Piece[] {
    if (content.kind === "text") return this.#read([...content.pieces, ...wrapped(content)]);
    if (content.kind === "list") {
      const pieces = content.items.flatMap((item, at) => {
        if (!isCachePoint(item)) return this.content(item);
        this.#options.cacheMarkers.push(...cachePointOf(item, content.items[at - 1]));
        return [];
      });
      return pieces.length === 0 || content.reference === null ? pieces : [referenceTo(content, pieces)];
    }
    if (content.kind === "record") return this.#part(content);
    if (content.kind === "function") {
      const said = content.returned();
      // What a function gives is sent as it is: ADK and Genkit read only texts as templates.
      if (said !== null) return new Reader({ ...this.#options, engine: null }).content(said);
    }
    if (content.kind === "maybe") {
      const inner = this.content(content.value);
      return inner.length === 0 ? [] : [choiceOf(content, inner)];
    }
    if (content.kind === "call") {
      const said = content.named.get("text") ?? content.named.get("template") ?? content.named.get("content");
      if (said?.kind === "text") return this.#read(said.pieces);
      if (said === undefined && makesContent.test(content.callee) && content.positional[0] !== undefined)
        return severalParts.test(content.callee)
          ? content.positional.flatMap((part) => this.content(part))
          : this.content(content.positional[0]);
    }
    return [hole(content.hole())];
  }

  /** `{"type": "text", "text": "…"}`; images and the like are values of the call. */
  #part(part: RecordValue): readonly Piece[] {
    const text = entry(part, "text") ?? entry(part, "content") ?? entry(part, "parts");
    if (text !== undefined) {
      const pieces = this.content(text);
      this.#options.cacheMarkers.push(...cacheMarkersOf(part, text.range.end));
      return pieces;
    }
    const type = entry(part, "type");
    const name = type?.kind === "text" ? knownText(type.pieces) : "content";
    return [hole({ ...part.hole(), name, scope: inferScope(name) })];
  }

  #read(pieces: readonly Piece[]): readonly Piece[] {
    const { engine, path, problems, values = new Map() } = this.#options;
    return engine === null ? pieces : applyEngine(path, pieces, { engine, values }, problems);
  }
}

/**
 * Anthropic's `cache_control: {type: ephemeral, ttl: 1h}` and OpenAI's `prompt_cache_breakpoint` at a part that ends at
 * `end`; in the AI SDK they stand in `providerOptions`, by provider.
 */
export function cacheMarkersOf(record: RecordValue, end: number): readonly CacheMarker[] {
  const options = entry(record, "providerOptions");
  const control =
    entry(record, "cache_control") ??
    entry(record, "cacheControl") ??
    entry(record, "prompt_cache_breakpoint") ??
    entryOf(entryOf(options, "anthropic"), "cacheControl") ??
    entryOf(entryOf(options, "bedrock"), "cachePoint");
  return control === undefined ? [] : markerAt(control, end);
}

/** The mark that such a value asks for, behind what ends at `end`; none for `null` and for what only a run knows. */
export function markerAt(control: CodeValue, end: number): readonly CacheMarker[] {
  if (control.kind !== "record") return [];
  const lifetime = entry(control, "ttl");
  const isLong = lifetime?.kind === "text" && knownText(lifetime.pieces) === "1h";
  return [{ range: control.range, end, isLong }];
}

/** Bedrock's `{"cachePoint": {"type": "default"}}` among blocks or tools, and LangChain's call that makes one. */
export function isCachePoint(item: CodeValue): boolean {
  if (item.kind === "call") return /^create_?cache_?point$/i.test(lastPart(item.callee));
  return item.kind === "record" && entry(item, "cachePoint") !== undefined;
}

/** It marks the end of the item before it; the first one of a list marks nothing. */
export function cachePointOf(item: CodeValue, before: CodeValue | undefined): readonly CacheMarker[] {
  if (before === undefined) return [];
  const { end } = before.range;
  const control = item.kind === "record" ? entry(item, "cachePoint") : undefined;
  return control === undefined ? [{ range: item.range, end, isLong: false }] : markerAt(control, end);
}

/** The text that a function of another module puts others around: `prompt_with_handoff_instructions("…")`. */
function wrapped({ call }: TextValue): readonly Piece[] {
  const [only, ...others] = call?.positional ?? [];
  const isWrapping = call !== undefined && /prompt|instruction|message/i.test(call.callee);
  const isText = only?.kind === "text" && others.length === 0 && isProse(knownText(only.pieces), fewestWords);
  return isWrapping && isText ? only.pieces : [];
}

/** Fewer words are a name or a key. */
const fewestWords = 3;

/** What a function of another module gives, which may be a message or several. */
function isOfModule({ pieces, hole: make }: TextValue): boolean {
  const [only, ...others] = pieces;
  const isImport = only?.kind === "segment" && only.segment.kind === "include" && others.length === 0;
  return isImport && make().form === "call";
}

/** What says who sends a message: `type` only where it names no kind of content, as in `{ type: "text" }`. */
function senderOf(record: RecordValue): CodeValue | undefined {
  const role = entry(record, "role");
  if (role !== undefined) return role;
  const type = entry(record, "type");
  const name = type?.kind === "text" ? knownText(type.pieces) : unknownText;
  return name.includes(unknownText) || roleCalled(name) !== null ? type : undefined;
}

/** Whether the code says who sends the message. */
function hasKnownRole(value: CodeValue): boolean {
  if (value.kind === "maybe") return hasKnownRole(value.value);
  if (value.kind === "list") return value.items.length > 0 && value.items.every(hasKnownRole);
  if (value.kind === "record") {
    const role = senderOf(value);
    return role !== undefined && (role.kind === "text" || roleOfValue(role) !== null);
  }
  return value.kind === "call" && (isMessageCall(value) || value.named.get("role")?.kind === "text");
}

function entryOf(value: CodeValue | undefined, key: string): CodeValue | undefined {
  return value?.kind === "record" ? entry(value, key) : undefined;
}

/**
 * A message that is made of a constant for its role and of its content, in either order: `llms.TextParts(role, "…")` of
 * langchaingo, `genai.NewContentFromText("…", genai.RoleUser)`. `null` for any other call.
 */
function roleArgument(call: CallValue) {
  const [first, second, ...others] = call.positional;
  if (first === undefined || second === undefined || !makesMessage.test(lastPart(call.callee))) return null;
  const ofFirst = roleOfValue(first);
  if (ofFirst !== null) {
    const several = listOf(second, [second, ...others]);
    return { role: ofFirst, range: first.range, content: others.length === 0 ? second : several };
  }
  const ofSecond = others.length === 0 ? roleOfValue(second) : null;
  if (ofSecond === null) return null;
  // The marker stands where the content begins: the role is written behind it.
  const { start } = first.range;
  return { role: ofSecond, range: { start, end: start }, content: first };
}

const makesMessage = /message|content|parts$|turn$/i;

/** `null` for what is no constant of a role. */
function roleOfValue(value: CodeValue): Role | null {
  const isName =
    value.kind === "opaque" || (value.kind === "text" && knownText(value.pieces) === unknownText);
  return isName ? roleOfConstant(value.hole().name) : null;
}

/** `model.chat(request).aiMessage()` gives a message that is made elsewhere. */
function isAccessor({ callee, positional, named }: CallValue): boolean {
  return callee.includes(".") && positional.length === 0 && named.size === 0;
}

/** Whether a call makes a message, or keeps its place: the value of a name that is put among messages. */
export function isMessageCall(call: CallValue): boolean {
  const { callee } = call;
  if (roleArgument(call) !== null) return true;
  return roleOfCallee(callee) !== null || callee.split(".").includes("MessagesPlaceholder");
}

/**
 * What makes the content of a message of its text: `NewTextBlock("…")`, `TextContent.from("…")`, `Part.fromText("…")`,
 * `genai.NewPartFromText("…")`, `genai.Text("…")`.
 */
const makesContent =
  /(?:^|\.)(?:New)?(?:(?:Input)?Text(?:Block|Content|Part|ContentPart|ContentBlock)?(?:Param)?|Part|(?:User)?Content|ContentBlock|ChatMessageContentPart)(?:\.(?:from|of|from_?(?:text|parts?)|text|new|create_?text_?part)|FromText|FromParts)?$/i;

/** `Content.fromParts(Part.fromText("…"), Part.fromText(question))` of Google's SDK for Java. */
const severalParts = /parts$/i;

/** Whether a call makes content of the text that it is given. */
export function isContentCall({ callee, positional }: CallValue): boolean {
  return makesContent.test(callee) && positional[0] !== undefined;
}

/** The role that the first argument of what makes a message names; `null` for any other argument. */
function roleOfArgument(value: CodeValue, callee: string): Role | null {
  if (value.kind === "text") return /message/i.test(callee) ? roleNamed(knownText(value.pieces)) : null;
  if (value.kind !== "opaque" && value.kind !== "call") return null;
  const name = constantOf(value);
  return /role/i.test(name) ? roleOfConstant(name) : null;
}

/** A role that only a run knows is most often the user's. */
function roleOf(value: CodeValue): Role {
  const name = value.kind === "text" ? knownText(value.pieces) : "";
  return roleCalled(name) ?? roleOfConstant(constantOf(value)) ?? "user";
}

/** The constant that a value is, or that a method writes. */
function constantOf(value: CodeValue): string {
  return value.hole().name.replace(/\.(?:value|name|toString)$/, "");
}

/** The earlier turns of the conversation, whatever they are called. */
function asHistory(segment: HoleSegment): HoleSegment {
  if (isHistoryName(segment.name)) {
    // `history or []` and `history.map(…)` are no other than the history.
    const isOfName = segment.scope.scope === "request";
    return { ...segment, form: "history", scope: isOfName ? inferScope(segment.name) : segment.scope };
  }
  const scope = inferred("session", `\`${segment.name}\` holds messages of the conversation`);
  return { ...segment, form: "history", scope };
}

function referenceTo(value: ListValue, pieces: readonly Piece[]): Piece {
  return { kind: "reference", ...value.reference!, pieces };
}
