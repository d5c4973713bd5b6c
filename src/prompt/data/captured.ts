/**
 * Requests that were recorded: bodies as an API took them, alone or inside of a record with a time, an answer and counts.
 * A body is taken for one where nothing in it is to be filled in, or where something beside it or in it says that it was
 * sent. Of records inside of records the innermost body counts; one that is kept as a string of JSON is read too.
 */
import type { Segment } from "../template.ts";
import { secondsSince1970 } from "./capture-time.ts";
import { readJsonData } from "./json.ts";
import {
  type DataNode,
  has,
  itemsOf,
  type MapNode,
  nodeWithin,
  resolved,
  stringAt,
  valueAt,
} from "./nodes.ts";
import type { CaptureFacts, FoundPrompt } from "./prompt-builder.ts";
import { isRequestBody, requestPrompt } from "./requests.ts";

/** Where records keep the body. */
const bodyKeys = (
  "request body request_body requestBody raw_request rawRequest payload params kwargs json data input parsed_body postData " +
  "text proxy_server_request"
).split(" ");
/** Where they keep what came back. */
const answerKeys = [
  "response",
  "response_body",
  "responseBody",
  "raw_response",
  "output",
  "completion",
  "answer",
];
const timeKeys = (
  "ts timestamp time sent_at sentAt request_time requestTime start_time startTime started_at startedAt startedDateTime " +
  "created_at createdAt created date datetime"
).split(" ");
const sessionKeys =
  "session_id sessionId session conversation_id conversationId thread_id threadId chat_id chatId trace_id traceId".split(
    " ",
  );
/** What stands beside a request that was answered. */
const signs = [
  ...answerKeys,
  "usage",
  "status",
  "status_code",
  "statusCode",
  "latency",
  "latency_ms",
  "duration_ms",
];

/** What only a body that goes to an API says. */
const parameters = (
  "model modelId model_id max_tokens max_output_tokens max_completion_tokens maxTokens stream anthropic_version " +
  "inferenceConfig generationConfig generation_config safetySettings"
).split(" ");

/** Further keys that a body, or a line that is one, may have. */
const otherKeys = (
  "messages input contents system instructions system_instruction systemInstruction tools tool_choice toolConfig temperature " +
  "top_p top_k stop metadata user seed n id custom_id method url headers"
).split(" ");
const knownKeys = new Set([...parameters, ...otherKeys, ...timeKeys, ...sessionKeys, ...signs]);

const maxDepth = 4;

/** What is known of the place where a record stands. */
export interface RecordPlace {
  readonly path: string;
  readonly keyPath: string;
  /** Whether it is a line of a log: nobody writes templates so. */
  readonly isLine: boolean;
}

/** The request that a map records; `null` for one that is a template, or none at all. */
export function capturedPrompt(map: MapNode, { path, keyPath, isLine }: RecordPlace): FoundPrompt | null {
  const record = recordIn(map);
  if (record === null) return null;
  const { body, around } = record;
  const isSent = parameters.some((key) => has(body, key));
  const isAnswered = around.some((each) => [...signs, ...timeKeys].some((key) => has(each, key)));
  if (isLine ? !isSent && !isAnswered && !isNothingElse(body) : !isSent) return null;
  const isRecorded = isLine || isAnswered || holdsToolTurns(body) || isConcrete(path, keyPath, body);
  const found = isRecorded ? requestPrompt(path, keyPath, body, true) : null;
  return found === null ? null : { ...found, captured: factsOf(record) };
}

interface CallRecord {
  readonly body: MapNode;
  /** Maps around the body, innermost last, without it. */
  readonly around: readonly MapNode[];
}

function recordIn(map: MapNode, around: readonly MapNode[] = []): CallRecord | null {
  if (isRequestBody(map)) return { body: map, around };
  if (around.length >= maxDepth) return null;
  for (const key of bodyKeys) {
    const inside = mapWithin(valueAt(map, key));
    const found = inside === null ? null : recordIn(inside, [...around, map]);
    if (found !== null) return found;
  }
  return null;
}

/** A map, or a string that holds one as JSON. */
function mapWithin(node: DataNode | null): MapNode | null {
  if (node?.kind === "map") return node;
  if (node?.kind !== "text" || !/^\s*\{/.test(node.value)) return null;
  const embedded = node.embedded();
  const { value, problems } = readJsonData(embedded.text);
  if (value?.kind !== "map" || problems.length > 0) return null;
  const moved = nodeWithin(value, embedded);
  return moved.kind === "map" ? moved : null;
}

/** A row of a data set has columns of its own; a request has none. */
function isNothingElse(body: MapNode): boolean {
  const last = itemsOf(valueAt(body, "messages") ?? valueAt(body, "contents")).at(-1) ?? null;
  const endsWithAnswer = stringAt(last, "role") === "assistant" || stringAt(last, "role") === "model";
  return !endsWithAnswer && body.entries.every(({ key }) => knownKeys.has(key));
}

/** Calls of tools with the number that a model gave them: nobody writes these into a template. */
function holdsToolTurns(body: MapNode): boolean {
  const list = valueAt(body, "messages") ?? valueAt(body, "input") ?? valueAt(body, "contents");
  return itemsOf(list).some(
    (message) =>
      has(message, "tool_call_id") ||
      itemsOf(valueAt(message, "tool_calls")).some((call) => has(call, "id")) ||
      [message, ...itemsOf(valueAt(message, "content"))].some((part) =>
        ["tool_use_id", "call_id", "toolUse", "toolResult", "signature"].some((key) => has(part, key)),
      ),
  );
}

/**
 * Whether no engine sees a place in it that a value fills in. Behind an answer of the model only the last message has to be
 * without one: braces in what was said before, or in the system prompt, are then text.
 */
function isConcrete(path: string, keyPath: string, body: MapNode): boolean {
  const segments = requestPrompt(path, keyPath, body)?.prompt.segments;
  if (segments === undefined) return false;
  const last = segments.findLastIndex(({ kind }) => kind === "marker");
  const isAnswered = segments.some((segment) => segment.kind === "marker" && segment.role === "assistant");
  return segments.slice(isAnswered ? last : 0).every(isFixed);
}

function isFixed(segment: Segment): boolean {
  if (segment.kind === "include") return segment.resolved?.segments.every(isFixed) ?? false;
  if (segment.kind === "hole") return segment.form === "call" && segment.scope.scope === "constant";
  return segment.kind !== "block";
}

function factsOf({ body, around }: CallRecord): CaptureFacts {
  const places = [body, ...around.toReversed()];
  const first = (keys: readonly string[], of: readonly DataNode[]) =>
    keys.flatMap((key) => of.flatMap((place) => valueAt(place, key) ?? [])).at(0) ?? null;
  const session = first(sessionKeys, [
    ...places,
    ...places.flatMap((place) => valueAt(place, "metadata") ?? []),
  ]);
  const answer = first(answerKeys, around);
  const time = timeKeys
    .flatMap((key) => around.toReversed().flatMap((place) => valueAt(place, key) ?? []))
    .map((node) => (node.kind === "text" || node.kind === "other" ? secondsSince1970(node.value) : null))
    .find((seconds) => seconds !== null);
  return {
    sentAtSeconds: time ?? null,
    session: session?.kind === "text" || session?.kind === "other" ? String(session.value) : null,
    answer: answer === null ? null : answerText(answer),
    countedReadTokens: countedReadTokens(around.toReversed()),
  };
}

const countKeys = ["usage", "usageMetadata", "usage_metadata", "token_usage"];
const readKeys = (
  "cache_read_input_tokens cacheReadInputTokens cacheReadInputTokenCount cachedContentTokenCount " +
  "cached_content_token_count prompt_cache_hit_tokens cached_tokens"
).split(" ");
const inDetail = ["prompt_tokens_details", "input_tokens_details"];

/** Of the counts beside the request, or in what came back. */
function countedReadTokens(around: readonly MapNode[]): number | null {
  const answers = around.flatMap((place) => answerKeys.map((key) => mapWithin(valueAt(place, key))));
  const places = [...around, ...answers, ...answers.map((answer) => mapWithin(valueAt(answer, "body")))];
  const counts = places.flatMap((place) => countKeys.flatMap((key) => valueAt(place, key) ?? []));
  for (const count of [
    ...counts,
    ...counts.flatMap((each) => inDetail.flatMap((key) => valueAt(each, key) ?? [])),
  ]) {
    for (const key of readKeys) {
      const value = valueAt(count, key);
      if (value?.kind === "other" && typeof value.value === "number") return value.value;
    }
  }
  return null;
}

/** What the model said, in the shapes of the APIs; `null` where none is known. */
function answerText(node: DataNode, depth = 0): string | null {
  const value = resolved(node);
  if (value === null || depth > maxDepth) return null;
  if (value.kind === "text") {
    const inside = mapWithin(value);
    return inside === null ? value.value : answerText(inside, depth + 1);
  }
  if (value.kind === "list") {
    const texts = value.items.flatMap((item) => answerText(item, depth + 1) ?? []);
    return texts.length === 0 ? null : texts.join("");
  }
  for (const key of ["body", "choices", "message", "content", "candidates", "parts", "output", "text"]) {
    const inside = valueAt(value, key);
    const text = inside === null ? null : answerText(inside, depth + 1);
    if (text !== null) return text;
  }
  return null;
}
