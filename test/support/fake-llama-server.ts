/**
 * Speaks as much of llama-server as `live` asks for, and answers by our own simulation: for tests of everything but the rules.
 * FAKE_FLAW makes it wrong in one way: `dies`, `refuses`, `babbles`, `reuses` (one token more), `slots` (the next slot), `old`,
 * `stubborn` (does not end when it is asked to).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Served } from "../../src/core/cache/cache-system.ts";
import { llamaCppOptionsOf } from "../../src/core/cache/engines/llama-cpp/launch-options.ts";
import { LlamaCppCache } from "../../src/core/cache/engines/llama-cpp/llama-cpp-cache.ts";
import { tinyHybridBytes } from "../../src/hosts/cli/live/tiny-hybrid.ts";

const flaw = process.env["FAKE_FLAW"] ?? "";
const [, , ...words] = process.argv;
const own = words.splice(0, 8);
const { values } = parseArgs({
  args: own,
  options: {
    model: { type: "string", short: "m" },
    host: { type: "string" },
    port: { type: "string" },
    "ctx-size": { type: "string" },
  },
});
if (flaw === "dies") {
  process.stderr.write("error: unknown model architecture\n");
  process.exit(7);
}
if (readFileSync(values.model!).subarray(0, 4).toString() !== "GGUF") process.exit(3);
const noted = process.env["FAKE_NOTES"];
if (noted !== undefined) writeFileSync(noted, `${process.pid} ${values.model} ${words.join(" ")}`);
if (flaw === "stubborn") process.on("SIGTERM", () => {});

const cache = new LlamaCppCache({
  ...llamaCppOptionsOf(words),
  thinsOnlyWhenFull: true,
  replacesEqual: true,
  ...tinyHybridBytes,
  contextTokens: Number(values["ctx-size"]),
  hostBytesPerSecond: 1e9,
});
const served = new Served();
let asked = 0;

interface Question {
  readonly prompt: readonly number[];
  readonly n_predict: number;
}

function answer({ prompt, n_predict }: Question): object {
  // Another answer than the trace's: later prompts have to carry it.
  const tokens = Array.from({ length: n_predict }, (_, index) => 1000 + ((asked + index) % 500));
  cache.serve(Int32Array.from(prompt), Int32Array.from(tokens), served);
  asked++;
  const isWrong = asked === 2;
  return {
    tokens,
    id_slot: cache.lastSlot + (isWrong && flaw === "slots" ? 1 : 0),
    timings: { cache_n: served.reusedTokens + (isWrong && flaw === "reuses" ? 1 : 0) },
  };
}

createServer((request, response) => {
  if (request.url === "/health") {
    response.end("{}");
    return;
  }
  let body = "";
  request.setEncoding("utf8").on("data", (text: string) => {
    body += text;
  });
  request.on("end", () => {
    if (flaw === "refuses") response.writeHead(400).end('{"error":"too long"}');
    else if (flaw === "babbles") response.end("hello");
    else if (flaw === "old") response.end('{"content":"hello"}');
    else response.end(JSON.stringify(answer(JSON.parse(body) as Question)));
  });
}).listen(Number(values.port), values.host);
