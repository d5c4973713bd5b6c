/**
 * Reader of files that say what llama.cpp's server reused of a trace, request by request, and which slot served.
 * The requests themselves stand in a trace that the file names.
 */
export interface LlamaCppOracle {
  readonly model: string;
  /** What was added to the server's defaults, word by word. */
  readonly args: readonly string[];
  readonly contextTokens: number;
  readonly batchTokens: number;
  readonly microBatchTokens: number;
  readonly kvBytesPerToken: number;
  /** Of the recurrent layers of one sequence; `null` where the file does not say. */
  readonly stateBytes: number | null;
  readonly trace: { readonly file: string; readonly requests: number };
  readonly runs: readonly { readonly reused: readonly number[]; readonly slots: readonly number[] }[];
}

/** Whether the text looks like such a file, by its first characters. */
export function isLlamaCppOracle(text: string): boolean {
  return /"engine"\s*:\s*"llama\.cpp"/.test(text.slice(0, 2000));
}

type Fields = Readonly<Record<string, unknown>>;

/** More requests than any trace has. */
const mostRequests = 10_000_000;

/** Throws an `Error` that says what is wrong. */
export function readLlamaCppOracle(text: string): LlamaCppOracle {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new Error(`The file is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const file = fieldsOf(raw, "The file");
  const config = fieldsOf(file["config"], '"config"');
  const trace = fieldsOf(file["trace"], '"trace"');
  if (trace["mapping"] !== "successor-outputs")
    throw new Error(
      `"mapping" is ${JSON.stringify(trace["mapping"])}; this reader knows "successor-outputs".`,
    );
  const requests = countOf(trace, "requests", 1, mostRequests);
  if (!Array.isArray(file["runs"]) || file["runs"].length === 0)
    throw new Error('"runs" is missing or empty, so there is nothing to compare.');
  return {
    model: textOf(config, "model"),
    args: argsOf(textOf(config, "args")),
    contextTokens: countOf(config, "n_ctx", 1),
    batchTokens: countOf(config, "n_batch", 1),
    microBatchTokens: countOf(config, "n_ubatch", 1),
    kvBytesPerToken: countOf(config, "kv_bytes_per_token", 0),
    stateBytes: config["state_bytes"] === undefined ? null : countOf(config, "state_bytes", 0),
    trace: { file: textOf(trace, "file"), requests },
    runs: file["runs"].map((run: unknown, index) => {
      const fields = fieldsOf(run, `Run ${index}`);
      return {
        reused: countsOf(fields, "reused", requests),
        slots: countsOf(fields, "slot", requests),
      };
    }),
  };
}

/** "(defaults)" stands for none. */
function argsOf(text: string): string[] {
  return text === "(defaults)" ? [] : text.split(/\s+/).filter((word) => word !== "");
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${what} is missing, or no object.`);
  return value as Fields;
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string")
    throw new Error(`"${name}" is ${JSON.stringify(value)}; it has to be a text.`);
  return value;
}

function countOf(fields: Fields, name: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = fields[name];
  if (!isCount(value) || value < least || value > most)
    throw new Error(`"${name}" is ${JSON.stringify(value)}; it has to be a whole number, ${least} or more.`);
  return value;
}

function countsOf(fields: Fields, name: string, length: number): number[] {
  const values = fields[name];
  if (!Array.isArray(values)) throw new Error(`"${name}" is missing, or no list.`);
  if (values.length !== length)
    throw new Error(`"${name}" has ${values.length} entries, and the trace ${length} requests.`);
  for (const [index, value] of values.entries()) {
    if (!isCount(value))
      throw new Error(`"${name}" has ${JSON.stringify(value)} at ${index}, which is no count.`);
  }
  return values as number[];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
