/** Conversations to token ids as a server makes them: rendered whole, split at special tokens, tokenized between them. */

import { BoundedCache } from "../../tokenizers/bounded-cache.ts";
import { SpecialTokens } from "../../tokenizers/special-tokens.ts";
import type { Encoding, Tokenizer } from "../../tokenizers/tokenizer.ts";
import type { ChatArguments } from "./arguments.ts";
import type { ChatTemplate, Conversation } from "./chat-template.ts";
import { ChatLayout, type Layout, type Stretch } from "./layout.ts";
import { userStarts } from "./user-starts.ts";

export interface EncodedPrompt extends Layout, Encoding {}

/** Where the id of a special token starts that the vocabulary lacks: above all ids of all vocabularies, in the template's order. */
export const firstAddedId = 1 << 20;

/**
 * Units of two bytes: text, ids, ends and what holds them. With both generations of the cache full, 16 MB. Histories grow at
 * their end, so that nearly all of a prompt has been encoded just before.
 */
const knownBudget = 8_000_000;
const unitsOf = (text: string, { ids, ends }: Encoding) => text.length + 2 * (ids.length + ends.length) + 192;

export class ChatEncoder {
  readonly #tokenizer: Tokenizer;
  readonly #layout: ChatLayout | null;
  readonly #specials: SpecialTokens;
  readonly #known = new BoundedCache<Encoding>(knownBudget, unitsOf);
  readonly #refusals = new Set<string>();

  /** `null` for raw completions: the text of the messages and nothing else. */
  constructor(tokenizer: Tokenizer, template: ChatTemplate | null) {
    this.#tokenizer = tokenizer;
    this.#layout = template === null ? null : new ChatLayout(template);
    const ids = new Map(tokenizer.specials);
    for (const [index, text] of (template?.specials ?? []).entries()) {
      if (!ids.has(text)) ids.set(text, firstAddedId + index);
    }
    this.#specials = new SpecialTokens(ids);
  }

  /** The same vocabulary for text that is sent as it is. */
  withoutTemplate(): ChatEncoder {
    return this.#layout === null ? this : new ChatEncoder(this.#tokenizer, null);
  }

  /**
   * Why conversations were refused by the template since this was last asked, each reason once. They are encoded as their
   * contents alone.
   */
  takeRefusals(): readonly string[] {
    const refusals = [...this.#refusals];
    this.#refusals.clear();
    return refusals;
  }

  /** The text that asks for an answer, at the end of every prompt; empty where there is none, or it is not known. */
  generationPrompt(given?: ChatArguments): string {
    return this.#layout?.template.generationPrompt(given) ?? "";
  }

  /** A call as the model writes it: in the form that the chat template gives it, or in the usual one. */
  callText(name: string, argument: string): string {
    const call = { name, arguments: { input: argument } };
    return this.#layout?.template.callText(call) ?? `<tool_call>\n${JSON.stringify(call)}\n</tool_call>`;
  }

  encode(conversation: Conversation): EncodedPrompt {
    const { text, stretches } = this.#layoutOf(conversation);
    return { text, stretches, ...this.encodeText(text) };
  }

  /** Where messages of the user begin in an encoded conversation, ascending, in tokens; `isUser` by their places in it. */
  userStarts(prompt: EncodedPrompt, isUser: (message: number) => boolean, given?: ChatArguments): number[] {
    const { ends } = prompt;
    const starts = userStarts(prompt, isUser, {
      generationPrompt: this.generationPrompt(given),
      pieces: (text) => this.#specials.pieces(text),
    });
    let token = 0;
    return starts.map((start) => {
      while (token < ends.length && ends[token]! <= start) token++;
      return token;
    });
  }

  /** Text with special tokens in it, such as a model's output. */
  encodeText(text: string): Encoding {
    return this.#specials.encode(text, this);
  }

  /**
   * The leading part that prompts of all these conversations share, and all between them: text and tokens up to where a
   * token could still grow. The sources are those of the first one.
   */
  encodeShared(conversations: readonly Conversation[]): EncodedPrompt {
    const [first, ...others] = conversations.map((each) => this.#layoutOf(each));
    const { text, stretches } = first ?? { text: "", stretches: [] };
    const length = others.reduce(
      (least, each) => Math.min(least, commonPrefixLength(text, each.text)),
      text.length,
    );
    const settled = this.#settledText(text.slice(0, length));
    return { ...settled, stretches: clipped(stretches, settled.text.length) };
  }

  /** Ordinary text, remembered. */
  encodeWithEnds(text: string): Encoding {
    let encoding = this.#known.get(text);
    if (encoding === undefined) {
      encoding = this.#tokenizer.encodeWithEnds(text);
      this.#known.set(text, encoding);
    }
    return encoding;
  }

  #layoutOf(conversation: Conversation): Layout {
    // Nothing to say is no request.
    if (this.#layout === null || conversation.messages.length === 0) return contentsOnly(conversation);
    const layout = this.#layout.layout(conversation);
    if (!("error" in layout)) return layout;
    this.#refusals.add(layout.error);
    return contentsOnly(conversation);
  }

  /** `text` and its tokens without those at the end that could become others when text is appended. */
  #settledText(text: string): Encoding & { readonly text: string } {
    const { ids, ends } = this.encodeText(text);
    const last = this.#specials.pieces(text).at(-1);
    const isOpen = last !== undefined && last.id === null;
    const ordinary = isOpen ? text.slice(last.start) : "";
    const unsettled = this.encodeWithEnds(ordinary).ids.length - this.#tokenizer.stableCount(ordinary);
    const count = ids.length - unsettled;
    const end = count === 0 ? 0 : ends[count - 1]!;
    return { text: text.slice(0, end), ids: ids.subarray(0, count), ends: ends.subarray(0, count) };
  }
}

function commonPrefixLength(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left.charCodeAt(length) === right.charCodeAt(length)) length++;
  return length;
}

function contentsOnly({ messages }: Conversation): Layout {
  const stretches: Stretch[] = [];
  let text = "";
  for (const [index, { content }] of messages.entries()) {
    const start = text.length;
    text += content;
    if (content !== "") stretches.push({ start, end: text.length, kind: "content", index, offset: 0 });
  }
  return { text, stretches };
}

function clipped(stretches: readonly Stretch[], length: number): readonly Stretch[] {
  return stretches
    .filter(({ start }) => start < length)
    .map((stretch) => (stretch.end <= length ? stretch : { ...stretch, end: length }));
}
