/** A `llama-server` of the user: started on a port of this machine, asked one request at a time, and ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { UserError } from "../../../config/settings.ts";

export interface Answer {
  readonly tokens: Int32Array;
  /** `timings.cache_n` and `id_slot`. */
  readonly reusedTokens: number;
  readonly slot: number;
}

export interface Launch {
  readonly server: string;
  readonly model: string;
  readonly contextTokens: number;
  /** What is added to that. */
  readonly args: readonly string[];
}

const startMilliseconds = 60_000;
const pollMilliseconds = 100;
const answerMilliseconds = 300_000;
const endMilliseconds = 5_000;
/** Of what the server prints, the last characters are kept, to say why it failed. */
const keptCharacters = 4_000;
const host = "127.0.0.1";

export class LlamaServer {
  readonly #process: ChildProcess;
  readonly #url: string;
  #printed = "";
  /** `null` while it runs. */
  #ended: string | null = null;
  readonly #killAtExit = () => this.#process.kill("SIGKILL");

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.#url = url;
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#printed = (this.#printed + text).slice(-keptCharacters);
      });
    }
    process.once("error", (error) => {
      this.#ended = error.message;
    });
    process.once("exit", (code, signal) => {
      this.#ended ??= signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
    });
  }

  /** Ready to be asked. Throws `UserError`; then nothing runs any more. */
  static async start({ server, model, contextTokens, args }: Launch): Promise<LlamaServer> {
    const port = await freePort();
    const fixed = ["-m", model, "--host", host, "--port", `${port}`, "--ctx-size", `${contextTokens}`];
    const child = spawn(server, [...fixed, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const started = new LlamaServer(child, `http://${host}:${port}`);
    process.once("exit", started.#killAtExit);
    try {
      await started.#untilReady();
      return started;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  /** The answer of the most probable tokens, as many as asked for. Throws `UserError`. */
  async complete(promptTokens: Int32Array, count: number): Promise<Answer> {
    const body = {
      prompt: [...promptTokens],
      n_predict: count,
      ignore_eos: true,
      temperature: 0,
      cache_prompt: true,
      return_tokens: true,
    };
    const what = `A request of ${promptTokens.length} tokens`;
    let text: string;
    try {
      const response = await fetch(`${this.#url}/completion`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(answerMilliseconds),
      });
      text = await response.text();
      if (!response.ok)
        throw new UserError(`${what} was refused with ${response.status}: ${shortened(text)}`);
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`${what} was not answered: ${this.#why(error)}`);
    }
    return answerIn(text);
  }

  /** Asks it to end, and makes it. */
  async stop(): Promise<void> {
    process.removeListener("exit", this.#killAtExit);
    if (this.#ended !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    const given = new AbortController();
    await Promise.race([ended, wait(endMilliseconds, null, { signal: given.signal }).catch(() => null)]);
    given.abort();
    if (this.#ended !== null) return;
    this.#process.kill("SIGKILL");
    await ended;
  }

  async #untilReady(): Promise<void> {
    for (let waited = 0; waited < startMilliseconds; waited += pollMilliseconds) {
      await wait(pollMilliseconds);
      if (this.#ended !== null) throw new UserError(`The server did not start: ${this.#why(null)}`);
      const response = await fetch(`${this.#url}/health`, {
        signal: AbortSignal.timeout(pollMilliseconds * 10),
      }).catch(() => null);
      await response?.body?.cancel();
      if (response?.ok === true) return;
    }
    throw new UserError(
      `The server was not ready after ${startMilliseconds / 1000} seconds. ${lastLines(this.#printed)}`,
    );
  }

  #why(error: unknown): string {
    const reason = this.#ended ?? (error instanceof Error ? error.message : String(error));
    return `${reason}. ${lastLines(this.#printed)}`.trim();
  }
}

/** Throws `UserError` for what is no answer of such a server. */
function answerIn(text: string): Answer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new UserError(`The server answered what is no JSON: ${shortened(text)}`);
  }
  const { tokens, id_slot: slot, timings } = fieldsOf(answer);
  const reusedTokens = fieldsOf(timings)["cache_n"];
  if (!Array.isArray(tokens) || !tokens.every(isCount))
    throw new UserError('The answer has no "tokens"; this server is too old to be compared.');
  if (!isCount(slot) || !isCount(reusedTokens))
    throw new UserError(
      'The answer has no "id_slot" or "timings.cache_n"; this server is too old to be compared.',
    );
  return { tokens: Int32Array.from(tokens), reusedTokens, slot };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function lastLines(printed: string): string {
  const lines = printed.split("\n").filter((line) => line.trim() !== "");
  return lines.length === 0 ? "It printed nothing." : `It printed: ${shortened(lines.slice(-3).join(" | "))}`;
}

function shortened(text: string): string {
  return text.length <= 400 ? text : `${text.slice(0, 400)}…`;
}

/** One that nobody listened at a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
