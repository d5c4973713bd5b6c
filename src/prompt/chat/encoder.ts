/** Conversations to token ids as a server makes them: rendered whole, split at special tokens, tokenized between them. */
import type { Encoding, Tokenizer } from "../tokenizer.ts";
import { SpecialTokens } from "../tokenizers/special-tokens.ts";
import type { ChatTemplate, Conversation } from "./chat-template.ts";
import { ChatLayout, type Layout, type Stretch } from "./layout.ts";

export interface EncodedPrompt extends Layout, Encoding {}

/** Where the id of a special token starts that the vocabulary lacks: above all ids of all vocabularies, in the template's order. */
export const firstAddedId = 1 << 20;

/** UTF-16 units of remembered text. Histories grow at their end, so that nearly all of a prompt has been encoded before. */
const maximumKnownLength = 4_000_000;

export class ChatEncoder {
  readonly #tokenizer: Tokenizer;
  readonly #layout: ChatLayout | null;
  readonly #specials: SpecialTokens;
  readonly #known = new Map<string, Encoding>();
  readonly #refusals = new Set<string>();
  #knownLength = 0;

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

  /** Why conversations were refused by the template, each reason once. They are encoded as their contents alone. */
  get refusals(): ReadonlySet<string> {
    return this.#refusals;
  }

  encode(conversation: Conversation): EncodedPrompt {
    const { text, stretches } = this.#layoutOf(conversation);
    return { text, stretches, ...this.encodeText(text) };
  }

  /** Text with special tokens in it, such as a model's output. */
  encodeText(text: string): Encoding {
    return this.#specials.encode(text, this);
  }

  /**
   * The leading part of the prompt that stays, whatever is appended to the content of message `open`: text and tokens up to
   * where a token could still grow.
   */
  encodeStable(conversation: Conversation, open: number): EncodedPrompt {
    const [some, other] = ["\uE002", "\uE003"].map((value) =>
      this.#layoutOf({
        ...conversation,
        messages: conversation.messages.map((message, index) =>
          index === open ? { ...message, content: message.content + value } : message,
        ),
      }),
    );
    let length = 0;
    while (some!.text.charCodeAt(length) === other!.text.charCodeAt(length) && length < some!.text.length)
      length++;
    const settled = this.#settledText(some!.text.slice(0, length));
    return {
      text: settled.text,
      stretches: clipped(some!.stretches, settled.text.length),
      ids: settled.ids,
      ends: settled.ends,
    };
  }

  /** Ordinary text, remembered. */
  encodeWithEnds(text: string): Encoding {
    let encoding = this.#known.get(text);
    if (encoding === undefined) {
      encoding = this.#tokenizer.encodeWithEnds(text);
      this.#knownLength += text.length;
      if (this.#knownLength > maximumKnownLength) {
        this.#known.clear();
        this.#knownLength = text.length;
      }
      this.#known.set(text, encoding);
    }
    return encoding;
  }

  #layoutOf(conversation: Conversation): Layout {
    const layout = this.#layout?.layout(conversation) ?? contentsOnly(conversation);
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
