/** Messages to token ids, and to the runs that say which source each token came from. */
import type { PromptRuns } from "../core/replay/request.ts";
import type { ChatArguments } from "../prompt/chat/arguments.ts";
import type { ChatEncoder, EncodedPrompt } from "../prompt/chat/encoder.ts";
import type { Stretch } from "../prompt/chat/layout.ts";
import { sentMessages } from "../prompt/chat/sent-messages.ts";
import type { Template, ToolDefinition } from "../prompt/template.ts";
import type { Encoding } from "../tokenizers/tokenizer.ts";
import type { ContentTable } from "./content-table.ts";
import { type Message, type Piece, trimmedPieces } from "./message.ts";
import type { SourceSegment } from "./workload.ts";

/** Where the tokens of one template's requests are booked that are no text of its segments. */
export interface ChatPlaces {
  /** Segment of what the chat template writes in front of messages without a marker of their own. */
  readonly front: number;
  /** Segment of what it writes behind the last message: the generation prompt. */
  readonly end: number;
  /** What the requests give to the chat template. */
  readonly arguments: ChatArguments;
  /** What the requests offer, each with its segment. */
  readonly tools: readonly {
    readonly segment: number;
    readonly place: string;
    readonly name: string;
    readonly json: string;
  }[];
}

/** Numbers what stands in front of the template's own segments into `table`; they follow. */
export function addChatFront(template: Template, table: SourceSegment[]): Omit<ChatPlaces, "end"> {
  const { start } = template.range;
  const front = addFixed(table, {
    path: template.path,
    range: { start, end: start },
    kind: "chat",
    name: "chat template",
  });
  const tools = (template.tools ?? []).map(({ name, path, range, json }: ToolDefinition) => ({
    segment: addFixed(table, { path, range, kind: "tool", name }),
    place: `${path}:${range.start}:${range.end}`,
    name,
    json,
  }));
  return { front, tools, arguments: template.chatArguments ?? {} };
}

/** Numbers the place of the generation prompt, which follows the template's own segments. */
export function addChatEnd({ path, range }: Template, table: SourceSegment[]): number {
  const { end } = range;
  return addFixed(table, { path, range: { start: end, end }, kind: "chat", name: "generation prompt" });
}

function addFixed(
  table: SourceSegment[],
  segment: Pick<SourceSegment, "path" | "range" | "kind" | "name">,
): number {
  return (
    table.push({ ...segment, template: 0, scope: null, role: null, parent: -1, loop: -1, isHistory: false }) -
    1
  );
}

export interface PromptTokens {
  readonly tokens: Int32Array;
  /** Where each message ends, in tokens: where the content of the next one begins. Ascending. */
  readonly messageEnds: readonly number[];
  /** Where messages of the user begin, in tokens, ascending. */
  readonly userStarts: readonly number[];
  readonly runs: PromptRuns;
}

/** For one template. */
export class PromptEncoder {
  readonly #chat: ChatEncoder;
  readonly #contents: ContentTable;

  constructor(chat: ChatEncoder, contents: ContentTable) {
    this.#chat = chat;
    this.#contents = contents;
  }

  prompt(messages: readonly Message[], places: ChatPlaces): PromptTokens {
    const all = messages.flatMap((message) => {
      const pieces = trimmedPieces(message);
      const content = pieces.map(({ text }) => text).join("");
      return content === "" ? [] : [{ role: message.role, content, pieces, marker: message.marker }];
    });
    const sent = sentMessages(all);
    const tools = places.tools.map(({ json }) => json);
    const prompt = this.#chat.encode({ messages: sent, tools, arguments: places.arguments });
    const parts = prompt.stretches.flatMap((stretch) => partsOf(prompt, stretch, sent, places));
    return {
      tokens: prompt.ids,
      messageEnds: messageEnds(prompt, sent.length),
      userStarts: this.#chat.userStarts(prompt, (index) => sent[index]?.role === "user", places.arguments),
      runs: this.#runsOf(parts, prompt.ends),
    };
  }

  /** A model's output, or other text that is sent as it is. */
  text(text: string): Encoding {
    return this.#chat.encodeText(text);
  }

  /** Each part in which at least one token starts is a run from the first such token on. */
  #runsOf(parts: readonly Part[], ends: Int32Array): PromptRuns {
    const starts: number[] = [];
    const segments: number[] = [];
    const contents: number[] = [];
    let index = 0;
    let visited = -1;
    for (let token = 0; token < ends.length; token++) {
      const start = token === 0 ? 0 : ends[token - 1]!;
      // Tokens that share one character end together: the later ones start inside it, in the same part.
      const isInsideCharacter = token > 0 && ends[token] === start;
      while (!isInsideCharacter && start >= parts[index]!.end && index < parts.length - 1) index++;
      if (index === visited) continue;
      const { segment, place, text } = parts[index]!;
      starts.push(token);
      segments.push(segment);
      contents.push(place === null ? this.#contents.fresh() : this.#contents.idOf(place, text));
      visited = index;
    }
    return {
      starts: Int32Array.from(starts),
      segments: Int32Array.from(segments),
      contents: Int32Array.from(contents),
    };
  }
}

function partsOf(
  { text }: EncodedPrompt,
  stretch: Stretch,
  messages: readonly SentMessage[],
  places: ChatPlaces,
): readonly Part[] {
  const { kind, index, start, end } = stretch;
  if (kind === "content") return contentParts(stretch, messages[index]!.pieces);
  if (kind === "tool") {
    const { segment, place } = places.tools[index]!;
    return [{ end, segment, place, text: text.slice(start, end) }];
  }
  // Markup goes where its message goes: it is never text that could have been shared by itself.
  const segment = index < 0 ? places.end : (messages[index]?.marker?.segment ?? places.front);
  return [{ end, segment, place: null, text: "" }];
}

function contentParts({ start, end, offset }: Stretch, pieces: readonly Piece[]): readonly Part[] {
  const parts: Part[] = [];
  const last = offset + end - start;
  let position = 0;
  for (const { segment, place, text } of pieces) {
    const from = Math.max(position, offset);
    const to = Math.min(position + text.length, last);
    if (to > from) {
      const kept = text.slice(from - position, to - position);
      parts.push({ end: start + to - offset, segment, place, text: kept });
    }
    position += text.length;
  }
  return parts;
}

interface SentMessage extends Pick<Message, "marker"> {
  readonly pieces: readonly Piece[];
}

/** A part of the rendered prompt, up to `end` in UTF-16 units. */
interface Part {
  readonly end: number;
  readonly segment: number;
  /** `null` for what the chat template writes. */
  readonly place: string | null;
  readonly text: string;
}

/**
 * Tokens in front of the next message's content, for each message; all for the last one, so that the generation prompt
 * counts as the marker that it will be in the next request.
 */
function messageEnds({ stretches, ends, text }: EncodedPrompt, messages: number): readonly number[] {
  const textEnds = new Array<number>(messages).fill(text.length);
  for (const { kind, index, start } of stretches) {
    if (kind === "content" && index > 0) textEnds[index - 1] = Math.min(textEnds[index - 1]!, start);
  }
  // A message that the chat template leaves out is empty; one that it moves ends with the one before.
  for (let index = messages - 2; index >= 0; index--) {
    textEnds[index] = Math.min(textEnds[index]!, textEnds[index + 1]!);
  }
  let token = 0;
  return textEnds.map((textEnd) => {
    while (token < ends.length && ends[token]! <= textEnd) token++;
    return token;
  });
}
