/**
 * Reader of kv-cache-tester traces (callanjfox/kv-cache-tester, traces/): one JSON file for one conversation with a coding
 * agent. An id stands for a block of tokens together with everything before it, and has a meaning inside its file only.
 * Answers are not recorded; the part of one that the next call of the same thread sends back is known from there.
 */

export interface AgentCall {
  /** Seconds from the start of the conversation. */
  readonly arrivalSeconds: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Whole blocks of the input, and those of the answer as far as they are known. */
  readonly blocks: Int32Array;
  readonly inputBlocks: number;
}

export interface AgentConversation {
  readonly blockTokens: number;
  /** Lengths of the tool definitions and of the system prompt, with which every call begins. */
  readonly toolTokens: number;
  readonly systemTokens: number;
  /** Of the model of the first call, in order of arrival; another model has another cache. */
  readonly calls: readonly AgentCall[];
  /** Calls of other models. */
  readonly omittedCalls: number;
}

interface RawCall {
  readonly t: number;
  readonly type: string;
  readonly model?: string;
  readonly in: number;
  readonly out: number;
  readonly hash_ids: readonly number[];
}

interface RawThread {
  readonly startSeconds: number;
  readonly calls: readonly RawCall[];
}

/** Whether the text looks like such a conversation, by its first characters. */
export function isKvCacheTester(text: string): boolean {
  return /^\s*\{/.test(text) && text.slice(0, 2000).includes('"hash_id_scope"');
}

/** Throws an `Error` that says what is wrong and where. */
export function readKvCacheTester(text: string): AgentConversation {
  const file = parsed(text);
  const blockTokens = numberAt(file, "block_size", "the file");
  if (blockTokens < 1) throw new Error(`"block_size" is ${blockTokens}; give 1 or more.`);
  const threads = threadsOf(file);
  const model = threads[0]?.calls[0]?.model;
  const calls: AgentCall[] = [];
  let omittedCalls = 0;
  for (const { startSeconds, calls: raw } of threads) {
    for (const [index, call] of raw.entries()) {
      if (call.model === model) calls.push(callOf(call, raw[index + 1], startSeconds, blockTokens));
      else omittedCalls++;
    }
  }
  calls.sort((a, b) => a.arrivalSeconds - b.arrivalSeconds);
  const toolTokens = numberAt(file, "tool_tokens", "the file");
  return {
    blockTokens,
    toolTokens,
    systemTokens: numberAt(file, "system_tokens", "the file"),
    calls,
    omittedCalls,
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`The file is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  throw new Error("The file is no JSON object.");
}

/** The conversation itself, and the agents that it started; their clocks start at 0 again. */
function threadsOf(file: Readonly<Record<string, unknown>>): RawThread[] {
  const main: RawCall[] = [];
  const nested: RawThread[] = [];
  for (const [index, entry] of listAt(file, "requests", "the file").entries()) {
    const where = `request ${index}`;
    if (entry["type"] !== "subagent") {
      main.push(rawCall(entry, where));
      continue;
    }
    const calls = listAt(entry, "requests", where).map((each, call) =>
      rawCall(each, `${where}, call ${call}`),
    );
    nested.push({ startSeconds: numberAt(entry, "t", where), calls });
  }
  return [{ startSeconds: 0, calls: main }, ...nested];
}

function rawCall(entry: Readonly<Record<string, unknown>>, where: string): RawCall {
  const ids = entry["hash_ids"];
  if (!Array.isArray(ids) || !ids.every((id) => Number.isInteger(id) && id >= 0 && id <= 0x7fffffff)) {
    throw new Error(`"hash_ids" of ${where} is no list of ids.`);
  }
  const model = entry["model"];
  return {
    t: numberAt(entry, "t", where),
    type: String(entry["type"]),
    ...(typeof model === "string" && { model }),
    in: numberAt(entry, "in", where),
    out: numberAt(entry, "out", where),
    hash_ids: ids,
  };
}

function callOf(
  call: RawCall,
  next: RawCall | undefined,
  startSeconds: number,
  blockTokens: number,
): AgentCall {
  const { hash_ids: ids } = call;
  const whole = Math.floor(call.in / blockTokens);
  if (ids.length < whole) {
    throw new Error(
      `${call.in} tokens hold ${whole} whole blocks, and the call at ${call.t} s has ${ids.length} ids.`,
    );
  }
  const goesOn = next !== undefined && ids.slice(0, whole).every((id, index) => next.hash_ids[index] === id);
  const known = goesOn
    ? next.hash_ids.slice(0, Math.floor((call.in + call.out) / blockTokens))
    : ids.slice(0, whole);
  return {
    arrivalSeconds: startSeconds + call.t,
    inputTokens: call.in,
    outputTokens: call.out,
    blocks: Int32Array.from(known),
    inputBlocks: whole,
  };
}

function numberAt(fields: Readonly<Record<string, unknown>>, key: string, where: string): number {
  const value = fields[key];
  if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value;
  throw new Error(`"${key}" of ${where} is no number of 0 or more.`);
}

function listAt(
  fields: Readonly<Record<string, unknown>>,
  key: string,
  where: string,
): Readonly<Record<string, unknown>>[] {
  const value = fields[key];
  if (Array.isArray(value) && value.every((each) => typeof each === "object" && each !== null)) return value;
  throw new Error(`"${key}" of ${where} is no list of objects.`);
}
