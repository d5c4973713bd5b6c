/**
 * Which part of a rendered conversation came from where. A chat template is a program and says nothing of that, so the
 * conversation is rendered once more with a mark in place of each content: what stands around the marks is the template's
 * own. Where the template treats contents in a way of its own (trims them, drops reasoning, quotes them), the two are
 * aligned message by message.
 */
import { type ChatTemplate, type Conversation, toolTexts } from "./chat-template.ts";

/** A run of the rendered text that came from one place. */
export interface Stretch {
  /** UTF-16 offsets in the rendered text. */
  readonly start: number;
  readonly end: number;
  /** `markup` is the template's own text. */
  readonly kind: "content" | "tool" | "markup";
  /**
   * Index of the message or the tool. Markup belongs to the message whose content it precedes;
   * -1 for what no content follows, as the generation prompt.
   */
  readonly index: number;
  /** For a content: where in it the run starts; the texts are equal. 0 otherwise. */
  readonly offset: number;
}

export interface Layout {
  readonly text: string;
  /** In order, without gaps; they cover the text. */
  readonly stretches: readonly Stretch[];
}

/** The template's own text in front of a content, or behind the last one. */
interface Markup {
  readonly text: string;
  /** Definitions of tools in it. */
  readonly tools: readonly { readonly start: number; readonly end: number; readonly tool: number }[];
}

interface Skeleton {
  /** One more than contents. */
  readonly markup: readonly Markup[];
  /** Index of the message of each content, in the order in which they are written. */
  readonly order: readonly number[];
}

/** A mark that no template looks into: of the private use area, with the index of the message. */
const markOf = (index: number): string => `\uE000${index}\uE001`;
const anyMark = /\uE000(\d+)\uE001/;
/** Conversations of a workload have few shapes: the roles of its templates, for each number of turns. */
const maximumSkeletons = 2_000;

export class ChatLayout {
  readonly template: ChatTemplate;
  readonly #skeletons = new Map<string, Skeleton>();

  constructor(template: ChatTemplate) {
    this.template = template;
  }

  /** The prompt with its sources, or why the template refuses the conversation. */
  layout(conversation: Conversation): Layout | { readonly error: string } {
    const rendered = this.template.render(conversation);
    if (rendered.error !== undefined) return rendered;
    const { text } = rendered;
    return { text, stretches: align(text, this.#skeletonOf(conversation), conversation) };
  }

  #skeletonOf(conversation: Conversation): Skeleton {
    const { messages, tools, arguments: given } = conversation;
    const key = [...messages.map(({ role }) => role), ...tools, JSON.stringify(given ?? {})].join("\n");
    let skeleton = this.#skeletons.get(key);
    if (skeleton === undefined) {
      if (this.#skeletons.size >= maximumSkeletons) this.#skeletons.clear();
      skeleton = this.#makeSkeleton(conversation);
      this.#skeletons.set(key, skeleton);
    }
    return skeleton;
  }

  #makeSkeleton({ messages, ...given }: Conversation): Skeleton {
    const { tools } = given;
    const marked = messages.map(({ role }, index) => ({ role, content: markOf(index) }));
    // Refused with marks and taken with contents: nothing can be said of the sources.
    const text = this.template.render({ ...given, messages: marked }).text ?? "";
    const parts = text.split(anyMark);
    const search = new ToolSearch(tools);
    return {
      markup: parts
        .filter((_, part) => part % 2 === 0)
        .map((own) => ({ text: own, tools: search.find(own) })),
      order: parts.filter((_, part) => part % 2 === 1).map(Number),
    };
  }
}

/** Finds the definitions of tools in the order in which they were given. */
class ToolSearch {
  readonly #texts: readonly (readonly string[])[];
  #next = 0;

  constructor(tools: readonly string[]) {
    this.#texts = tools.map(toolTexts);
  }

  find(markup: string): Markup["tools"] {
    const found: { start: number; end: number; tool: number }[] = [];
    let from = 0;
    for (; this.#next < this.#texts.length; this.#next++) {
      const places = this.#texts[this.#next]!.map((text) => ({ text, start: markup.indexOf(text, from) }));
      const place = places.find(({ start }) => start >= 0);
      if (place === undefined) break;
      from = place.start + place.text.length;
      found.push({ start: place.start, end: from, tool: this.#next });
    }
    return found;
  }
}

function align(text: string, { markup, order }: Skeleton, { messages }: Conversation): readonly Stretch[] {
  const writer = new StretchWriter(text);
  for (const [place, index] of order.entries()) {
    const before = markup[place]!;
    const { content } = messages[index]!;
    const after = markup[place + 1]!;
    const start = writer.position + before.text.length;
    const isAsMarked =
      text.startsWith(before.text, writer.position) &&
      text.startsWith(content, start) &&
      text.startsWith(after.text, start + content.length);
    if (isAsMarked) {
      writer.markup(before, before.text.length, index);
      writer.content(index, 0, content.length);
    } else {
      alignMessage(writer, { before, after, content, index });
    }
  }
  writer.markup(markup[order.length]!, commonPrefix(text, writer.position, markup[order.length]!.text), -1);
  writer.rest(text.length, -1);
  return writer.stretches;
}

/** A content that was not written as it is: what is left of its two ends is found, and the rest is the template's. */
function alignMessage(
  writer: StretchWriter,
  message: {
    readonly before: Markup;
    readonly after: Markup;
    readonly content: string;
    readonly index: number;
  },
): void {
  const { before, after, content, index } = message;
  const { text } = writer;
  writer.markup(before, commonPrefix(text, writer.position, before.text), index);
  const found = text.indexOf(after.text, writer.position);
  const end = after.text === "" || found < 0 ? text.length : found;
  const region = text.slice(writer.position, end);
  const head = commonPrefix(region, 0, content);
  writer.content(index, 0, head);
  const left = region.slice(head);
  // Whitespace at the end may have been cut off; what is equal before it counts.
  for (const kept of [content, content.trimEnd()]) {
    const tail = commonSuffix(left, kept.slice(head));
    if (tail === 0) continue;
    writer.rest(end - tail, index);
    writer.content(index, kept.length - tail, tail);
    break;
  }
  // Where the end of the message is not known, what follows belongs to the next one.
  if (found >= 0 && after.text !== "") writer.rest(end, index);
}

/** Writes stretches from left to right. */
class StretchWriter {
  readonly text: string;
  readonly stretches: Stretch[] = [];
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  content(index: number, offset: number, length: number): void {
    this.#push("content", index, offset, this.position + length);
  }

  /** The first `length` units of the markup; a definition of a tool that is not whole in it is markup like the rest. */
  markup({ tools }: Markup, length: number, index: number): void {
    const start = this.position;
    for (const { start: toolStart, end, tool } of tools) {
      if (end > length) break;
      this.#push("markup", index, 0, start + toolStart);
      this.#push("tool", tool, 0, start + end);
    }
    this.#push("markup", index, 0, start + length);
  }

  rest(end: number, index: number): void {
    this.#push("markup", index, 0, end);
  }

  #push(kind: Stretch["kind"], index: number, offset: number, end: number): void {
    if (end <= this.position) return;
    this.stretches.push({ start: this.position, end, kind, index, offset });
    this.position = end;
  }
}

/** Units of `wanted` that stand in `text` from `position` on. */
function commonPrefix(text: string, position: number, wanted: string): number {
  const limit = Math.min(wanted.length, text.length - position);
  let length = 0;
  while (length < limit && text.charCodeAt(position + length) === wanted.charCodeAt(length)) length++;
  return length;
}

function commonSuffix(text: string, wanted: string): number {
  const limit = Math.min(wanted.length, text.length);
  let length = 0;
  while (
    length < limit &&
    text.charCodeAt(text.length - 1 - length) === wanted.charCodeAt(wanted.length - 1 - length)
  )
    length++;
  return length;
}
