/**
 * Bodies of requests that a program writes itself: `requests.post(url, json={…})`, `fetch(url, { body: JSON.stringify({…}) })`, and
 * Bedrock's `invoke_model(body=json.dumps({…}))`. What a record holds tells whether it is one.
 */
import type { TextRange } from "../text.ts";
import { type CallValue, type CodeValue, callBehind, lastPart, type RecordValue } from "./values.ts";

/** Keys of what is asked; the names that only some APIs have, with those that all others know them by. */
const asked: ReadonlyMap<string, string> = new Map([
  ["messages", "messages"],
  ["contents", "contents"],
  ["prompt", "prompt"],
  ["input", "input"],
  // Amazon Titan
  ["inputText", "prompt"],
  // Text Generation Inference of Hugging Face
  ["inputs", "prompt"],
]);

/** Keys that stand beside it in a request to a model, and hardly anywhere else. */
const beside = new Set(
  (
    "model modelId system system_instruction systemInstruction instructions anthropic_version max_tokens maxTokens max_gen_len " +
    "max_tokens_to_sample max_output_tokens maxOutputTokens max_completion_tokens temperature stream generationConfig " +
    "generation_config textGenerationConfig inferenceConfig parameters"
  ).split(" "),
);

/** Beside a text that is asked these say less: texts of screens have them, too. */
const loose = new Set(["system", "instructions", "stream"]);

/** Whether a record with these keys is the body of a request to a model. */
export function isBody(keys: readonly string[]): boolean {
  const hasMessages = keys.includes("messages") || keys.includes("contents");
  return (
    keys.some((key) => asked.has(key)) &&
    keys.some((key) => beside.has(key) && (hasMessages || !loose.has(key)))
  );
}

/** A text without one of these holds no body. */
export const bodyWords = new RegExp(`\\b(?:${[...asked.keys()].join("|")})\\b`, "g");

const sends =
  /(?:^|\.)(?:post|request|fetch|\$fetch|axios|ky|got|invoke_?model(?:_with_response_stream)?|InvokeModel(?:WithResponseStream)?Command)$/i;
const bodyArguments = ["json", "body", "data", "parameters"] as const;

/** Whether a call may send a body, by what is called. */
export function maySendBody(callee: string): boolean {
  return sends.test(callee) || writes.test(callee);
}

/** What writes a body as JSON. */
const writes = /(?:^|\.)(?:dumps|stringify)$/;

/** Whether a call writes a value as JSON, which another one sends. */
export function isWritingJson({ callee }: CallValue): boolean {
  return writes.test(callee);
}

/** The call with what the body says that it sends; any other call as it is. */
export function withBody(call: CallValue): CallValue {
  if (isWritingJson(call)) {
    const written = writtenBy(call);
    // Whatever else is written as JSON is nothing that the call says to a model.
    return written !== null && isBody(keysOf(written))
      ? said(call, { record: written, writtenIn: [written.range] })
      : { ...call, positional: [], named: new Map() };
  }
  // `client.chat(parameters: { model:, messages: })`, of ruby-openai 8, is the body under any name.
  const names = sends.test(call.callee) ? bodyArguments : (["parameters"] as const);
  const given = [...names.flatMap((name) => call.named.get(name) ?? []), ...recordsGiven(call)];
  for (const value of given) {
    const body = bodyOf(value);
    if (body !== null && isBody(keysOf(body.record))) return said(call, body);
  }
  return call;
}

/** `axios.post(url, {…}, { headers })`. */
function recordsGiven({ callee, positional }: CallValue): readonly CodeValue[] {
  return sends.test(callee) ? positional.filter((value) => value.kind !== "text") : [];
}

interface Body {
  readonly record: RecordValue;
  /** Where the record is written, and where it is written as JSON. */
  readonly writtenIn: readonly TextRange[];
}

function said(call: CallValue, { record, writtenIn }: Body): CallValue {
  const entries = record.entries.map(({ key, value }) => [asked.get(key) ?? key, value] as const);
  return {
    ...call,
    named: new Map([...call.named, ...entries]),
    positional: [],
    hasMore: call.hasMore === true || !record.isWhole,
    writtenIn: [...(call.writtenIn ?? []), ...writtenIn],
  };
}

function bodyOf(value: CodeValue): Body | null {
  if (value.kind === "record") return { record: value, writtenIn: [value.range] };
  let call = callBehind(value);
  // `json.dumps(…).encode("utf-8")`
  if (call !== null && lastPart(call.callee) === "encode") {
    const receiver = call.receiver?.() ?? null;
    call = receiver === null ? null : callBehind(receiver);
  }
  const record = call !== null && isWritingJson(call) ? writtenBy(call) : null;
  if (call === null || record === null) return null;
  return { record, writtenIn: [record.range, call.range, ...(call.writtenIn ?? [])] };
}

/** The record that is written as JSON; in languages that take records for options these are the named arguments. */
function writtenBy(call: CallValue): RecordValue | null {
  const [first] = call.positional;
  if (first !== undefined) return first.kind === "record" ? first : null;
  return call.named.size === 0 ? null : recordOf(call);
}

/** The named arguments of a call as a record. */
export function recordOf({ range, hole, named, hasMore }: CallValue): RecordValue {
  const entries = [...named].map(([key, value]) => ({ key, value }));
  return { kind: "record", range, hole, entries, isWhole: hasMore !== true };
}

/** A body by itself, as the call that would send it: what else it gets is added where nobody sees it. */
export function callOfBody(name: string, body: RecordValue): CallValue {
  const { range, hole } = body;
  const call: CallValue = {
    kind: "call",
    range,
    hole,
    callee: name,
    module: null,
    positional: [],
    named: new Map(),
    hasMore: true,
    isRecord: true,
  };
  return said(call, { record: body, writtenIn: [] });
}

function keysOf({ entries }: RecordValue): readonly string[] {
  return entries.map(({ key }) => key);
}
