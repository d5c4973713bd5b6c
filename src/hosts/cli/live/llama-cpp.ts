/** Requests sent to a real `llama-server`, and to our cache of the same options, one after the other. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Served } from "../../../core/cache/cache-system.ts";
import { LlamaCppCache } from "../../../core/cache/engines/llama-cpp/llama-cpp-cache.ts";
import type { LlamaCppServerOptions } from "../../../core/cache/engines/llama-cpp/options.ts";
import { compareReuse } from "../oracle/compare-reuse.ts";
import { differentSlot } from "../oracle/different-slot.ts";
import type { Checked } from "../oracle/format.ts";
import { AnsweredTrace, type TracedRequest } from "../oracle/successor-outputs.ts";
import { LlamaServer } from "./llama-server.ts";
import { tinyHybrid, tinyHybridBytes } from "./tiny-hybrid.ts";

export interface LiveInput {
  /** The binary, and what is added to its command line. */
  readonly server: string;
  readonly args: readonly string[];
  /** What the server does with these words. */
  readonly options: LlamaCppServerOptions;
  readonly requests: readonly TracedRequest[];
  readonly title: string;
  /** To be told how many were answered. */
  progress(done: number): void;
}

const modelSeed = 1;
/** The server rounds the context of a slot up to such. */
const contextStep = 256;

/** Throws `UserError`; the server is ended and the model removed in any case. */
export async function compareWithServer(input: LiveInput): Promise<Checked> {
  const slotTokens = contextOf(input.requests);
  const { slots, isKvUnified } = input.options;
  const contextTokens = isKvUnified ? slotTokens : slotTokens * slots;
  const folder = mkdtempSync(join(tmpdir(), "tiny-hybrid-"));
  const model = join(folder, "tiny-hybrid.gguf");
  try {
    writeFileSync(model, tinyHybrid(modelSeed, slotTokens));
    const server = await LlamaServer.start({ ...input, model, contextTokens });
    try {
      return await compare(input, server, contextTokens);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compare(input: LiveInput, server: LlamaServer, contextTokens: number): Promise<Checked> {
  const cache = new LlamaCppCache({
    ...input.options,
    ...tinyHybridBytes,
    contextTokens,
    hostBytesPerSecond: Number.POSITIVE_INFINITY,
  });
  const trace = new AnsweredTrace();
  const served = new Served();
  const promptLengths: number[] = [];
  const [expected, actual] = [noResults(), noResults()];
  for (const request of input.requests) {
    const promptTokens = trace.prompt(request);
    const answer = await server.complete(
      promptTokens,
      Math.max(1, request.tokens.length - request.inputLength),
    );
    trace.answered(request, { promptTokens, outputTokens: answer.tokens });
    cache.serve(promptTokens, answer.tokens, served);
    promptLengths.push(promptTokens.length);
    expected.reused.push(answer.reusedTokens);
    expected.slots.push(answer.slot);
    actual.reused.push(served.reusedTokens);
    actual.slots.push(cache.lastSlot);
    input.progress(promptLengths.length);
  }
  const name = "server";
  const run = { name, promptTokens: promptLengths, expected: expected.reused, actual: actual.reused };
  const checked = compareReuse(input.title, [run]);
  const otherSlot = differentSlot(name, expected.slots, actual.slots);
  return { ...checked, differences: [...checked.differences, ...otherSlot] };
}

function noResults(): { readonly reused: number[]; readonly slots: number[] } {
  return { reused: [], slots: [] };
}

/** Of one slot: what holds the longest request, all of them where the slots share one pool. */
function contextOf(requests: readonly TracedRequest[]): number {
  const longest = requests.reduce((most, { tokens }) => Math.max(most, tokens.length), 0);
  return contextStep * (Math.ceil(longest / contextStep) + 1);
}
