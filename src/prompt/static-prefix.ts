/** What of a template is the same in every request, whatever its holes hold. */
import type { ChatMessage, Conversation } from "./chat/chat-template.ts";
import type { ChatEncoder, EncodedPrompt } from "./chat/encoder.ts";
import { sentMessages } from "./chat/sent-messages.ts";
import type { Role, Segment, Template } from "./template.ts";
import type { TextRange } from "./text.ts";

export interface StaticPrefix {
  /**
   * Ids of the leading tokens that no value can change, as the server sees them: with what the chat template writes.
   * A token that a value could still grow is left out.
   */
  readonly tokens: Int32Array;
  /** Of these tokens, those that begin in the chat template's own text. */
  readonly chatTokens: number;
  /** The first hole or block; `null` when the whole template is static. Tools without an order end the prefix before it. */
  readonly endedBy: (Segment & { readonly kind: "hole" | "block" }) | null;
  /**
   * Where the prefix ends in the template's own document: in front of the hole, or of the text before it whose last token
   * could still grow; `null` when the whole template is static.
   */
  readonly end: number | null;
  /** Static text of the whole template, wherever it stands, blocks and includes entered. */
  readonly texts: readonly StaticText[];
  /** Tokens and the texts they came from; read it by `sourceOfToken`. */
  readonly sources: TokenSources;
}

export interface StaticText {
  /** Document of the range; another one than the template's inside an include. */
  readonly path: string;
  readonly range: TextRange;
  readonly text: string;
  /** As in `TextSegment`: given where the text is not the source slice. */
  readonly sourceOffsets?: Int32Array;
  /** Whether it stands in front of every hole. */
  readonly isLeading: boolean;
}

export interface TokenSources extends Pick<EncodedPrompt, "ends" | "stretches"> {
  /** Texts of each message. */
  readonly messages: readonly (readonly StaticText[])[];
}

/** Source offset of a UTF-16 unit of the text, or of its end. */
export function sourceOffsetOf({ range, text, sourceOffsets }: StaticText, unit: number): number {
  const within = Math.min(unit, text.length);
  return sourceOffsets?.[within] ?? range.start + within;
}

/** A run of a static text. */
export interface StaticRun {
  readonly text: StaticText;
  /** UTF-16 units within it. */
  readonly start: number;
  readonly end: number;
}

/**
 * The texts that a token of the prefix stands for, in order; nothing for what the chat template wrote. The token's own text
 * is theirs, with what the chat template wrote in between.
 */
export function sourceOfToken(prefix: StaticPrefix, token: number): readonly StaticRun[] {
  return sourceOfTokens(prefix, token, token + 1);
}

/** The same of the tokens `[start, end)`, of which there is at least one: a run for each text. */
export function sourceOfTokens({ sources }: StaticPrefix, start: number, end: number): readonly StaticRun[] {
  const from = start === 0 ? 0 : (sources.ends[start - 1] ?? 0);
  return runsBetween(sources, from, sources.ends[end - 1] ?? from);
}

/**
 * `chat` encodes requests. A partial is never sent by itself, so that it is encoded as text.
 * In front of the agent's conversation, which follows it, a file of instructions is the system message.
 */
export function staticPrefix(template: Template, chat: ChatEncoder): StaticPrefix {
  const isInstructions = template.usage === "instructions";
  const walk: Walk = {
    messages: [{ role: isInstructions ? "system" : null, texts: [] }],
    texts: [],
    endedBy: null,
  };
  visit(template.segments, template.path, walk);
  const { endedBy, texts } = walk;
  if (isInstructions && endedBy === null) walk.messages.push({ role: "user", texts: [] });
  const encoder = template.usage === "partial" ? chat.withoutTemplate() : chat;
  const given = givenOf(template);
  const isWhole = endedBy === null && !isInstructions && given.length === 1;
  const { messages, prompt } = encodeLeading(walk, isWhole, given, encoder);
  const sources: TokenSources = {
    ends: prompt.ends,
    stretches: prompt.stretches,
    messages: messages.map((message) => message.texts),
  };
  return {
    tokens: prompt.ids,
    chatTokens: chatTokensOf(prompt),
    endedBy,
    end: endedBy === null && given.length === 1 ? null : endInTemplate(template, endedBy, sources),
    texts,
    sources,
  };
}

/** What requests give beside their messages: of tools that have no order, two orders in which each place holds another. */
function givenOf({ tools = [], toolOrder, chatArguments = {} }: Template): readonly Given[] {
  const all = tools.map(({ json }) => json);
  const orders = toolOrder === undefined || all.length < 2 ? [all] : [all, [...all.slice(1), all[0]!]];
  return orders.map((order) => ({ tools: order, arguments: chatArguments }));
}

type Given = Omit<Conversation, "messages">;

/** The leading messages with text, and the one in which a value stands, as far as what they bring is stable. */
function encodeLeading(
  { messages: leading, endedBy }: Walk,
  isWhole: boolean,
  given: readonly Given[],
  encoder: ChatEncoder,
) {
  const last = leading.at(-1)!;
  // What begins with a block may begin with nothing, or with messages of its own, as a history does.
  const isBetween = endedBy !== null && mayBringMessages(endedBy) && last.texts.length === 0;
  const isOpen = !isWhole && !isBetween;
  const messages = sentMessages(
    leading
      .map((message) => ({ ...message, content: message.texts.map(({ text }) => text).join("") }))
      .filter(({ content, texts }) => content !== "" || (isOpen && texts === last.texts)),
  );
  const goingOn = isBetween ? nextMessages(messages, last.role) : longerContents(messages);
  const prompt = isWhole
    ? encoder.encode({ ...given[0]!, messages })
    : encoder.encodeShared(given.flatMap((each) => goingOn.map((shown) => ({ ...each, messages: shown }))));
  return { messages, prompt };
}

interface Walk {
  /** Leading static text, one entry per message. */
  readonly messages: { readonly role: Role | null; readonly texts: StaticText[] }[];
  readonly texts: StaticText[];
  endedBy: StaticPrefix["endedBy"];
}

function visit(segments: readonly Segment[], path: string, walk: Walk): void {
  for (const segment of segments) {
    const isLeading = walk.endedBy === null;
    switch (segment.kind) {
      case "text": {
        const text = { ...segment, path, isLeading };
        walk.texts.push(text);
        if (isLeading) walk.messages.at(-1)!.texts.push(text);
        break;
      }
      case "marker":
        if (isLeading) walk.messages.push({ role: segment.role, texts: [] });
        break;
      case "include":
        if (segment.resolved !== null) visit(segment.resolved.segments, segment.resolved.path, walk);
        break;
      case "hole":
        walk.endedBy ??= segment;
        break;
      case "block":
        walk.endedBy ??= segment;
        visit(segment.body, path, walk);
        visit(segment.otherwise, path, walk);
        break;
    }
  }
}

function mayBringMessages(segment: Segment): boolean {
  return (
    segment.kind === "block" ||
    (segment.kind === "hole" && segment.form !== "variable" && segment.form !== "call")
  );
}

/** Values of which no two begin alike, of the private use area: no chat template looks for them. */
const values = ["\uE002", "\uE003", "\uE004", "\uE005"] as const;

/** The last message with one value or another behind it. */
function longerContents(messages: readonly ChatMessage[]): readonly (readonly ChatMessage[])[] {
  const before = messages.slice(0, -1);
  const { role, content } = messages.at(-1) ?? { role: "user" as const, content: "" };
  // A question comes last in nearly every request, and some chat templates look for it.
  const question = role === "user" ? [] : [{ role: "user" as const, content: values[2] }];
  return values.slice(0, 2).map((value) => [...before, { role, content: content + value }, ...question]);
}

/** Whatever message follows: the one that was begun, or another one in its place. */
function nextMessages(
  messages: readonly ChatMessage[],
  begun: Role | null,
): readonly (readonly ChatMessage[])[] {
  const next = new Set<Role>([begun ?? "user", "system", "user", "assistant"]);
  return [...next].map((role, index) => [...messages, { role, content: values[index]! }]);
}

function chatTokensOf({ ends, stretches }: EncodedPrompt): number {
  let count = 0;
  let stretch = 0;
  for (let token = 0; token < ends.length; token++) {
    const start = token === 0 ? 0 : ends[token - 1]!;
    while (stretch < stretches.length - 1 && start >= stretches[stretch]!.end) stretch++;
    if (stretches[stretch]?.kind === "markup") count++;
  }
  return count;
}

function runsBetween(
  { stretches, messages }: TokenSources,
  start: number,
  end: number,
): readonly StaticRun[] {
  const runs: StaticRun[] = [];
  for (const stretch of stretches) {
    if (stretch.kind !== "content" || stretch.end <= start || stretch.start >= end) continue;
    const from = Math.max(start, stretch.start) - stretch.start + stretch.offset;
    const to = Math.min(end, stretch.end) - stretch.start + stretch.offset;
    let position = 0;
    for (const text of messages[stretch.index] ?? []) {
      const textStart = Math.max(from - position, 0);
      const textEnd = Math.min(to - position, text.text.length);
      if (textEnd > textStart) runs.push({ text, start: textStart, end: textEnd });
      position += text.text.length;
    }
  }
  return runs;
}

/** The first leading text that is not in the prefix, or else the hole; what an include brings stands where that is written. */
function endInTemplate({ segments }: Template, endedBy: Segment | null, sources: TokenSources): number {
  const leading = sources.messages.flat();
  const last = runsBetween(sources, 0, sources.ends.at(-1) ?? 0).at(-1);
  const isWhole = last !== undefined && last.end === last.text.text.length;
  const next =
    last === undefined ? leading[0] : isWhole ? leading[leading.indexOf(last.text) + 1] : last.text;
  if (next === undefined) {
    return endedBy === null ? (segments.at(-1)?.range.end ?? 0) : startInTemplate(segments, endedBy.range);
  }
  const isOwn = segments.some(({ kind, range }) => kind === "text" && range === next.range);
  return isOwn && next === last?.text
    ? sourceOffsetOf(next, last.end)
    : startInTemplate(segments, next.range);
}

/** Start of the top-level segment that is, or contains through includes, the one of this range. */
function startInTemplate(segments: readonly Segment[], range: TextRange): number {
  const segment = segments.find((candidate) => contains([candidate], range));
  return segment?.range.start ?? segments.at(-1)?.range.end ?? 0;
}

/** Ranges are told apart as objects: equal ones may stand in different documents. */
function contains(segments: readonly Segment[], range: TextRange): boolean {
  return segments.some(
    (segment) =>
      segment.range === range ||
      (segment.kind === "include" && segment.resolved !== null && contains(segment.resolved.segments, range)),
  );
}
