/** Options of llama.cpp's server as they are typed when it is launched. */
import { type LlamaCppServerOptions, llamaCppDefaults } from "./options.ts";

const bytesPerMiB = 2 ** 20;

type Change = (value: number) => Partial<LlamaCppServerOptions>;

/** Each with a number behind it. */
const withNumber: Readonly<Record<string, Change>> = {
  "--parallel": (slots) => (slots < 0 ? {} : { slots, isKvUnified: false }),
  "--cache-ram": (mebibytes) => ({
    promptCacheBytes: mebibytes < 0 ? Number.POSITIVE_INFINITY : mebibytes * bytesPerMiB,
  }),
  "--ctx-checkpoints": (checkpointsPerSequence) => ({ checkpointsPerSequence }),
  "--checkpoint-min-step": (minStepTokens) => ({ minStepTokens }),
  "--slot-prompt-similarity": (slotSimilarity) => ({ slotSimilarity }),
  "--batch-size": (batchTokens) => ({ batchTokens }),
  "--ubatch-size": (microBatchTokens) => ({ microBatchTokens }),
};

const switches: Readonly<Record<string, Partial<LlamaCppServerOptions>>> = {
  "--kv-unified": { isKvUnified: true },
  "--no-kv-unified": { isKvUnified: false },
  "--cache-idle-slots": { savesIdleSlots: true },
  "--no-cache-idle-slots": { savesIdleSlots: false },
};

/** Slots beyond which no server is started; more would only take memory. */
const mostSlots = 1024;

/** What the server does with these options beside its defaults. Throws an `Error` for one that is not known here. */
export function llamaCppOptionsOf(words: readonly string[]): LlamaCppServerOptions {
  let options = llamaCppDefaults;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (Object.hasOwn(switches, word)) {
      options = { ...options, ...switches[word] };
      continue;
    }
    if (!Object.hasOwn(withNumber, word))
      throw new Error(`The option ${JSON.stringify(word)} of llama.cpp's server is not known here.`);
    const value = Number(words[++i] ?? Number.NaN);
    if (!Number.isFinite(value)) throw new Error(`The option ${word} needs a number behind it.`);
    options = { ...options, ...withNumber[word](value) };
  }
  check(options);
  return options;
}

function check({ slots, batchTokens, microBatchTokens, ...others }: LlamaCppServerOptions): void {
  if (!Number.isInteger(slots) || slots < 1 || slots > mostSlots)
    throw new Error(`--parallel is ${slots}; it has to be a whole number, 1 to ${mostSlots}.`);
  for (const [name, tokens] of [
    ["--batch-size", batchTokens],
    ["--ubatch-size", microBatchTokens],
  ] as const) {
    if (!Number.isInteger(tokens) || tokens < 1)
      throw new Error(`${name} is ${tokens}; it has to be a whole number, 1 or more.`);
  }
  for (const [name, count] of [
    ["--ctx-checkpoints", others.checkpointsPerSequence],
    ["--checkpoint-min-step", others.minStepTokens],
  ] as const) {
    if (!Number.isInteger(count) || count < 0)
      throw new Error(`${name} is ${count}; it has to be a whole number, 0 or more.`);
  }
}
