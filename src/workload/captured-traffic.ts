/** What a captured conversation sends: the requests that were recorded, each once, at their times and in their order. */
import type { Request } from "../core/replay/request.ts";
import type { ChatEncoder } from "../prompt/chat/encoder.ts";
import { bySending, inOrder } from "../prompt/conversations.ts";
import type { CapturedRequest, Role, Segment, Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { count, decimal, plural } from "../words/numbers.ts";
import { type Notes, RecordedAssumptions } from "./assumptions.ts";
import { endInPrompt } from "./cache-markers.ts";
import type { ContentTable } from "./content-table.ts";
import type { Message } from "./message.ts";
import {
  addChatEnd,
  addChatFront,
  type ChatPlaces,
  PromptEncoder,
  type RenderedPrompt,
} from "./prompt-tokens.ts";
import type { Traffic } from "./schedule.ts";
import type { Conversations, SourceSegment } from "./workload.ts";

/** A captured conversation made ready. */
export interface PlannedCapture {
  /** What comes back as it was sent stands in the table once, where it was sent first. */
  readonly segments: readonly SourceSegment[];
  readonly requests: readonly PlannedRequest[];
}

interface PlannedRequest {
  readonly captured: CapturedRequest;
  readonly messages: readonly Message[];
  readonly places: ChatPlaces;
  /** For each mark the segments in front of it, nearest first. */
  readonly marks: readonly { readonly segments: readonly number[]; readonly isLong: boolean }[] | null;
  /** By the rule of thumb of four characters per token. */
  readonly estimatedTokens: number;
}

/** Neighbours of a mark that are tried where the nearest shows nothing. */
const neighbours = 8;

export function plannedCapture(template: Template, requests: readonly CapturedRequest[]): PlannedCapture {
  const segments: SourceSegment[] = [];
  const tools = numbered(requests.flatMap((request) => keyed(request.tools, ({ json }) => json)));
  const front = addChatFront({ ...template, tools: [...tools.values()] }, segments);
  const toolPlaces = new Map([...tools.keys()].map((key, at) => [key, front.tools[at]!]));
  const indexOf = new Map<string, number>();
  const read = requests.map((request) => {
    const leaves = leavesOf(request).map(({ key, segment, role }) => {
      const index = indexOf.get(key) ?? segments.push(sourceOf(request.path, segment, role)) - 1;
      indexOf.set(key, index);
      return { index, segment };
    });
    const ownTools = keyed(request.tools, ({ json }) => json).map(({ key, value }) => ({
      place: { ...toolPlaces.get(key)!, place: "captured tool" },
      end: value.range.end,
    }));
    return { captured: request, leaves, ownTools };
  });
  const end = addChatEnd(template, segments);
  return {
    segments,
    requests: read.map(({ captured, leaves, ownTools }) => ({
      captured,
      messages: messagesOf(leaves),
      places: { ...front, end, tools: ownTools.map(({ place }) => place) },
      marks: marksOf(captured, [
        ...ownTools.map(({ place, end: at }) => ({ index: place.segment, end: at })),
        ...leaves
          .filter(({ segment }) => segment.kind === "text")
          .map(({ index, segment }) => ({ index, end: segment.range.end })),
      ]),
      estimatedTokens: estimatedTokens(captured, leaves),
    })),
  };
}

interface Keyed<T> {
  readonly key: string;
  readonly value: T;
}

/** Values with a key that tells equal ones apart by how often they came before. */
function keyed<T>(values: readonly T[], textOf: (value: T) => string): readonly Keyed<T>[] {
  const counts = new Map<string, number>();
  return values.map((value) => {
    const text = textOf(value);
    const before = counts.get(text) ?? 0;
    counts.set(text, before + 1);
    return { key: `${before} ${text}`, value };
  });
}

function numbered<T>(all: readonly Keyed<T>[]): ReadonlyMap<string, T> {
  const first = new Map<string, T>();
  for (const { key, value } of all) if (!first.has(key)) first.set(key, value);
  return first;
}

type Leaf = Segment & { readonly kind: "marker" | "text" };

function leavesOf({ segments }: CapturedRequest) {
  let role: Role | null = null;
  const leaves = inOrder(segments).flatMap((segment) => {
    if (segment.kind !== "marker" && segment.kind !== "text") return [];
    if (segment.kind === "marker") role = segment.role;
    return [{ segment: segment as Leaf, role }];
  });
  return keyed(leaves, ({ segment, role: said }) =>
    segment.kind === "text" ? `${said} text ${segment.text}` : `${said} marker`,
  ).map(({ key, value }) => ({ key, ...value }));
}

function sourceOf(path: string, { range, kind }: Leaf, role: Role | null): SourceSegment {
  return {
    template: 0,
    path,
    range,
    kind,
    name: "",
    scope: null,
    role,
    parent: -1,
    loop: -1,
    isHistory: false,
  };
}

function messagesOf(
  leaves: readonly { readonly index: number; readonly segment: Leaf }[],
): readonly Message[] {
  const messages: (Message & { readonly pieces: Message["pieces"][number][] })[] = [];
  for (const { index, segment } of leaves) {
    if (segment.kind === "marker")
      messages.push({ role: segment.role, marker: { segment: index }, pieces: [] });
    else {
      if (messages.length === 0) messages.push({ role: null, marker: null, pieces: [] });
      const { role, pieces } = messages.at(-1)!;
      // Equal texts of one role are the same content, wherever in their conversations they stand.
      const { text, endsBlock } = segment;
      const block = endsBlock && { endsBlock };
      pieces.push({ segment: index, place: `captured ${role}`, text, isLayout: false, ...block });
    }
  }
  return messages;
}

function marksOf(
  { cacheMarkers }: CapturedRequest,
  contents: readonly { readonly index: number; readonly end: number }[],
): PlannedRequest["marks"] {
  if (cacheMarkers === undefined) return null;
  return cacheMarkers.map(({ end, isLong }) => ({
    segments: contents
      .filter((content) => content.end <= end)
      .sort((a, b) => b.end - a.end)
      .slice(0, neighbours)
      .map(({ index }) => index),
    isLong,
  }));
}

function estimatedTokens({ tools }: CapturedRequest, leaves: readonly { readonly segment: Leaf }[]): number {
  const texts = leaves.reduce(
    (sum, { segment }) => sum + (segment.kind === "text" ? segment.text.length : 0),
    0,
  );
  return Math.ceil((texts + tools.reduce((sum, { json }) => sum + json.length, 0)) / 4) + 1;
}

/** Requests as token ids, whenever they are sent. */
export type CapturedPrompts = Pick<Conversations, "requests" | "refusals">;

/** The first `most` requests. One per step. */
export function* capturedPrompts(
  { segments, requests }: PlannedCapture,
  most: number,
  chat: ChatEncoder,
  contents: ContentTable,
  onPrompt?: (prompt: RenderedPrompt) => void,
): Generator<void, CapturedPrompts, void> {
  const encoder = new PromptEncoder(chat, contents, onPrompt);
  const sent: Request[] = [];
  chat.takeRefusals();
  for (const [turn, { captured, messages, places, marks }] of requests.slice(0, most).entries()) {
    const { tokens, messageEnds, blocks, userStarts, runs } = encoder.prompt(messages, places);
    const ends = marks?.flatMap(({ segments: before, isLong }) => {
      const found = before.map((segment) => endInPrompt(runs, tokens.length, segment, segments));
      const end = found.find((each) => each > 0);
      return end === undefined ? [] : [{ end, isLong }];
    });
    sent.push({
      arrivalSeconds: 0,
      session: 0,
      turn,
      promptTokens: tokens,
      outputTokens: captured.answer === null ? new Int32Array(0) : encoder.text(captured.answer).ids,
      messageEnds,
      ...(blocks !== null && { blocks }),
      userStarts,
      runs,
      ...(ends !== undefined && { marks: ends.sort((a, b) => a.end - b.end) }),
    });
    yield;
  }
  return { requests: sent, refusals: chat.takeRefusals() };
}

/** The same at these times, in seconds since the start of the workload, one for each. */
export function atTimes(
  { segments }: PlannedCapture,
  { requests, refusals }: CapturedPrompts,
  times: readonly number[],
): Conversations {
  return {
    segments,
    requests: requests.map((request, turn) => ({ ...request, arrivalSeconds: times[turn]! })),
    rewritten: new Uint8Array(requests.length),
    history: null,
    assumptions: new RecordedAssumptions(),
    refusals,
  };
}

/** Prompt tokens of captured requests that one analysis can afford: about two seconds of replay, and 32 MB. */
export const affordableTokens = 8_000_000;

export interface CapturedSchedule {
  /** For each conversation the seconds since the start of the workload at which its requests are sent. */
  readonly times: readonly (readonly number[])[];
  readonly requests: number;
  /** Requests that are left out, the last ones, because there are too many. */
  readonly leftOut: number;
  /** Requests of which no time is known. */
  readonly timeless: number;
}

/** Numbers below this are seconds since the start of a record, and no date. */
const oldestDate = 1e8;

export function capturedSchedule(
  conversations: readonly PlannedCapture[],
  { thinkSeconds }: Traffic,
  most: number = affordableTokens,
): CapturedSchedule {
  const all = conversations
    .flatMap(({ requests }, conversation) =>
      requests.map(({ captured, estimatedTokens: tokens }) => ({ request: captured, conversation, tokens })),
    )
    .sort(bySending);
  const times: number[][] = conversations.map(() => []);
  const zeros = new Map<boolean, number>();
  let [tokens, requests, timeless] = [0, 0, 0];
  let last = -thinkSeconds;
  for (const { request, conversation, tokens: own } of all) {
    tokens += own;
    // One is always sent, however long it is.
    if (tokens > most && requests > 0) break;
    const { sentAtSeconds: sentAt } = request;
    if (sentAt === null) timeless++;
    else if (!zeros.has(sentAt < oldestDate)) zeros.set(sentAt < oldestDate, sentAt);
    last = sentAt === null ? last + thinkSeconds : sentAt - zeros.get(sentAt < oldestDate)!;
    times[conversation]!.push(last);
    requests++;
  }
  return { times, requests, leftOut: all.length - requests, timeless };
}

/** What is said of captured requests, and what of them had to be assumed. */
export function noteCaptured(
  conversations: readonly PlannedCapture[],
  { requests, leftOut, timeless }: CapturedSchedule,
  { thinkSeconds }: Traffic,
  notes: Notes,
): void {
  if (conversations.length === 0) return;
  const sent = {
    requests: plural(requests, "captured request"),
    conversations: plural(conversations.length, "conversation"),
  };
  const texts = [
    requests === 1
      ? t(
          "{requests} of {conversations} is sent once each, in the order of their times, or of their files and lines.",
          sent,
        )
      : t(
          "{requests} of {conversations} are sent once each, in the order of their times, or of their files and lines.",
          sent,
        ),
  ];
  if (timeless > 0) {
    const apart = { timeless: count(timeless), seconds: decimal(thinkSeconds) };
    texts.push(
      timeless === 1
        ? t(
            "{timeless} of them has no time: each is taken to follow the one before it after {seconds} seconds.",
            apart,
          )
        : t(
            "{timeless} of them have no time: each is taken to follow the one before it after {seconds} seconds.",
            apart,
          ),
    );
  }
  notes.note("captured", texts.join(" "));
  if (leftOut === 0) return;
  notes.note(
    "reduced-workload",
    t(
      "To keep the analysis small, the last {leftOut} of {requests} captured requests are left out. Exclude files, or split them.",
      { leftOut: count(leftOut), requests: count(requests + leftOut) },
    ),
  );
}
