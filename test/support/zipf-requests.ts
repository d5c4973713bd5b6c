/**
 * Requests without end whose prompts begin as others do: a system prompt, one of many documents, which are asked for as
 * Zipf's law says (number k in proportion to 1 / k), and blocks that are new. Symbols are computed from the numbers of
 * what they belong to, so nothing is remembered.
 */
import type { TraceRequest } from "../../src/core/cache/span-trace.ts";
import { createRandom } from "../../src/workload/random.ts";

export interface ZipfShape {
  readonly seed: number;
  readonly requests: number;
  readonly documents: number;
  readonly systems: number;
  /** Tokens of a block, for the lengths; the sequences have one symbol per block. */
  readonly blockTokens: number;
}

const systemBlocks = 8;
const longestDocument = 16;
const longestQuestion = 4;
const longestAnswer = 3;

/** Every request has at least one block that no other has. */
export function* zipfRequests(shape: ZipfShape): Generator<TraceRequest, void, void> {
  const random = createRandom(shape.seed);
  const firstOfDocuments = shape.systems * systemBlocks;
  let nextNew = firstOfDocuments + shape.documents * longestDocument;
  for (let request = 0; request < shape.requests; request++) {
    const document = Math.floor((shape.documents + 1) ** random()) - 1;
    const system = document % shape.systems;
    const documentBlocks = 1 + (document % longestDocument);
    const question = 1 + Math.floor(random() * longestQuestion);
    const answer = Math.floor(random() * (longestAnswer + 1));
    const promptSymbols = systemBlocks + documentBlocks + question;
    const sequence = new Int32Array(promptSymbols + answer);
    let length = 0;
    for (let i = 0; i < systemBlocks; i++) sequence[length++] = system * systemBlocks + i;
    const firstOfDocument = firstOfDocuments + document * longestDocument;
    for (let i = 0; i < documentBlocks; i++) sequence[length++] = firstOfDocument + i;
    while (length < sequence.length) sequence[length++] = nextNew++;
    const promptTokens = promptSymbols * shape.blockTokens;
    yield {
      sequence,
      promptSymbols,
      promptTokens,
      resumeLimit: Math.floor((promptTokens - 1) / shape.blockTokens),
    };
  }
}
