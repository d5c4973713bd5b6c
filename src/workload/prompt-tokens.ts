/** Messages to token ids, and to the runs that say which source each token came from. */
import type { ContentBlocks, PromptRuns } from "../core/replay/request.ts";
import type { ChatArguments } from "../prompt/chat/arguments.ts";
import type { ChatEncoder, EncodedPrompt } from "../prompt/chat/encoder.ts";
import type { Stretch } from "../prompt/chat/layout.ts";
import { sentMessages } from "../prompt/chat/sent-messages.ts";
import type { BlockKind, Role, Template, ToolDefinition } from "../prompt/template.ts";
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
  const list = addToolList(template, table);
  const tools = (template.tools ?? []).map(({ name, path, range, json }: ToolDefinition) => ({
    segment: addFixed(table, { path, range, kind: "tool", name, parent: list }),
    place: `${path}:${range.start}:${range.end}`,
    name,
    json,
  }));
  return { front, tools, arguments: template.chatArguments ?? {} };
}

/** A block, as a loop whose items come in another order is one; -1 where their order is fixed. */
function addToolList({ path, tools = [], toolOrder }: Template, table: SourceSegment[]): number {
  if (toolOrder === undefined || tools.length < 2) return -1;
  const { range, scope } = toolOrder;
  return addFixed(table, { path, range, kind: "block", name: "tools", scope });
}

/** Numbers the place of the generation prompt, which follows the template's own segments. */
export function addChatEnd({ path, range }: Template, table: SourceSegment[]): number {
  const { end } = range;
  return addFixed(table, { path, range: { start: end, end }, kind: "chat", name: "generation prompt" });
}

function addFixed(
  table: SourceSegment[],
  segment: Pick<SourceSegment, "path" | "range" | "kind" | "name"> & Partial<SourceSegment>,
): number {
  const fixed = { template: 0, scope: null, role: null, parent: -1, loop: -1, isHistory: false };
  return table.push({ ...fixed, ...segment }) - 1;
}

export interface PromptTokens {
  readonly tokens: Int32Array;
  /** See `Request.messageEnds`. */
  readonly messageEnds: readonly number[];
  /** `null` where every message is one block, and no tool is called. */
  readonly blocks: ContentBlocks | null;
  /** Where messages of the user begin, in tokens, ascending. */
  readonly userStarts: readonly number[];
  readonly runs: PromptRuns;
}

/** A request with its text, for whoever wants to read it. */
export interface RenderedPrompt extends EncodedPrompt {
  /** Of its messages, which stretches point to. */
  readonly roles: readonly Role[];
  readonly runs: PromptRuns;
}

/** For one template. */
export class PromptEncoder {
  readonly #chat: ChatEncoder;
  readonly #contents: ContentTable;
  readonly #onPrompt: (prompt: RenderedPrompt) => void;

  constructor(
    chat: ChatEncoder,
    contents: ContentTable,
    onPrompt: (prompt: RenderedPrompt) => void = () => {},
  ) {
    this.#chat = chat;
    this.#contents = contents;
    this.#onPrompt = onPrompt;
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
    const messageEnds = contentEnds(prompt, sent.length);
    const runs = this.#runsOf(parts, prompt.ends);
    this.#onPrompt({ ...prompt, roles: sent.map(({ role }) => role), runs });
    return {
      tokens: prompt.ids,
      messageEnds,
      blocks: blocksOf(prompt, parts, sent, messageEnds),
      userStarts: this.#chat.userStarts(prompt, (index) => sent[index]?.role === "user", places.arguments),
      runs,
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
  for (const { segment, place, text, endsBlock } of pieces) {
    const from = Math.max(position, offset);
    const to = Math.min(position + text.length, last);
    if (to > from) {
      const kept = text.slice(from - position, to - position);
      const block = to === position + text.length && endsBlock !== undefined && { block: endsBlock };
      parts.push({ end: start + to - offset, segment, place, text: kept, ...block });
    }
    position += text.length;
  }
  return parts;
}

interface SentMessage extends Pick<Message, "marker" | "role"> {
  readonly pieces: readonly Piece[];
}

/** A part of the rendered prompt, up to `end` in UTF-16 units. */
interface Part {
  readonly end: number;
  readonly segment: number;
  /** `null` for what the chat template writes. */
  readonly place: string | null;
  readonly text: string;
  /** Of the block of content that ends with it. */
  readonly block?: BlockKind;
}

/** How many tokens begin in front of each of these offsets, which ascend. */
function tokensBefore(ends: Int32Array, offsets: readonly number[]): readonly number[] {
  let token = 0;
  return offsets.map((offset) => {
    while (token < ends.length && (token === 0 ? 0 : ends[token - 1]!) < offset) token++;
    return token;
  });
}

/** Where the content of each message ends, in tokens. One that the chat template leaves out, or moves, ends with the one before. */
function contentEnds({ stretches, ends }: EncodedPrompt, messages: number): readonly number[] {
  const textEnds = new Array<number>(messages).fill(0);
  for (const { kind, index, end } of stretches) {
    if (kind === "content") textEnds[index] = Math.max(textEnds[index]!, end);
  }
  for (let index = 1; index < messages; index++) {
    textEnds[index] = Math.max(textEnds[index]!, textEnds[index - 1]!);
  }
  return tokensBefore(ends, textEnds);
}

function blocksOf(
  { ends: tokenEnds }: EncodedPrompt,
  parts: readonly Part[],
  messages: readonly SentMessage[],
  messageEnds: readonly number[],
): ContentBlocks | null {
  const kinds = new Map<number, BlockKind>();
  for (const [index, { role, pieces }] of messages.entries()) {
    const kind = pieces.at(-1)?.endsBlock ?? (role === "tool" ? "result" : "text");
    kinds.set(messageEnds[index]!, kind);
  }
  const ended = parts.filter(({ block }) => block !== undefined);
  const inside = tokensBefore(
    tokenEnds,
    ended.map(({ end }) => end),
  );
  for (const [at, end] of inside.entries()) if (!kinds.has(end)) kinds.set(end, ended[at]!.block!);
  const ends = [...kinds.keys()].sort((a, b) => a - b);
  const withinToolRuns = ends.filter(
    (end, at) => kinds.get(end) !== "text" && kinds.get(end) === kinds.get(ends[at + 1] ?? -1),
  );
  const isPlain = withinToolRuns.length === 0 && ends.length === new Set(messageEnds).size;
  return isPlain ? null : { ends, withinToolRuns };
}
