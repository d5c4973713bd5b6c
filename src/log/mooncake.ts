/**
 * Reader of Mooncake traces (kvcache-ai/Mooncake, FAST25-release/traces): JSON lines, one request each, in order of arrival.
 * An id stands for a block of 512 tokens together with everything before it. Tokens of outputs are not recorded.
 */

export const mooncakeBlockTokens = 512;

export interface MooncakeRequest {
  /** Seconds from the start of the trace. */
  readonly arrivalSeconds: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** One id for each block of the input; the last block may be partial. */
  readonly blocks: Int32Array;
}

export interface MooncakeProblem {
  /** Counts from 1. */
  readonly line: number;
  readonly message: string;
}

export interface MooncakeTrace {
  readonly requests: readonly MooncakeRequest[];
  /** Lines that are left out, and why. */
  readonly problems: readonly MooncakeProblem[];
}

/** Whether the text looks like a Mooncake trace, by its first line. */
export function isMooncake(text: string): boolean {
  const first = text.slice(0, text.search(/\n|$/));
  return first.trimStart().startsWith("{") && first.includes('"hash_ids"');
}

export function readMooncake(text: string): MooncakeTrace {
  const requests: MooncakeRequest[] = [];
  const problems: MooncakeProblem[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const request = readLine(line);
    if (typeof request === "string") problems.push({ line: index + 1, message: request });
    else requests.push(request);
  }
  return { requests, problems };
}

/** The request, or what is wrong with its line. */
function readLine(line: string): MooncakeRequest | string {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch (error) {
    return `The line is no JSON: ${error instanceof Error ? error.message : String(error)}.`;
  }
  if (typeof raw !== "object" || raw === null) return "The line is no JSON object.";
  const fields = raw as Readonly<Record<string, unknown>>;
  const { timestamp, input_length, output_length, hash_ids } = fields;
  if (!Number.isFinite(timestamp) || (timestamp as number) < 0)
    return '"timestamp" is no number of 0 or more.';
  for (const [name, value] of Object.entries({ input_length, output_length })) {
    if (!Number.isSafeInteger(value) || (value as number) < 0)
      return `"${name}" is no whole number of 0 or more.`;
  }
  if (!Array.isArray(hash_ids) || !hash_ids.every(isId)) return '"hash_ids" is no list of ids.';
  const inputTokens = input_length as number;
  const blocks = Math.ceil(inputTokens / mooncakeBlockTokens);
  if (hash_ids.length !== blocks) {
    return `${inputTokens} tokens make ${blocks} blocks, and "hash_ids" has ${hash_ids.length}.`;
  }
  return {
    arrivalSeconds: (timestamp as number) / 1000,
    inputTokens,
    outputTokens: output_length as number,
    blocks: Int32Array.from(hash_ids),
  };
}

/** Ids are kept in 32 bits. */
function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0x7fffffff;
}
