/** The worker thread: reads and analyses here, so that the extension host never waits. */
import { dirname, join } from "node:path";
import { setImmediate as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { createAnalyzer } from "../../analysis/analyze.ts";
import { invariant } from "../../core/invariant.ts";
import type { FromWorker, ToWorker } from "../../protocol/worker.ts";
import { buildCatalogue } from "../../service/catalogue.ts";
import { Session } from "../../service/session.ts";
import { WorkMark } from "../../service/work-mark.ts";
import { diskTree } from "../node/disk-tree.ts";
import { grammarsOf } from "../node/grammar-files.ts";
import { huggingFaceCache } from "../node/hugging-face-cache.ts";
import { createModelReader } from "../node/model-files.ts";
import { locateTokenizer } from "../node/tokenizer-files.ts";
import { createTokenizerLoader } from "../node/vocabulary-files.ts";
import type { WorkerData } from "../node/worker-thread.ts";

/** Often enough for whoever watches. */
const tickMilliseconds = 200;

const port = parentPort;
invariant(port !== null, "the worker was started outside of a thread");
const { vocabularies, mark: memory } = workerData as WorkerData;
// The build puts the grammars beside the bundles that read code.
const here = dirname(fileURLToPath(import.meta.url));
const grammars = grammarsOf(join(here, "grammars"));
const tokenizer = createTokenizerLoader(vocabularies);
const cache = huggingFaceCache(process.env);
const mark = new WorkMark(memory);

const post = (message: FromWorker) => port.postMessage(message);
const session = new Session({
  post,
  pause: () => pause(),
  now: () => performance.now(),
  grammars,
  createAnalyzer: (onFile) => createAnalyzer({ tokenizer, parseTools: { syntax: grammars }, onFile }),
  diskTree,
  onFile: (folder, path) => mark.set(folder, path),
  // A thread of its own may wait.
  loadTokenizer: async (vocabulary) => void tokenizer(vocabulary),
  readModel: createModelReader(),
  locateTokenizer: (settings, places) => locateTokenizer(settings, { ...places, cache }),
});
port.on("message", (message: ToWorker) => session.receive(message));
setInterval(() => mark.tick(), tickMilliseconds);
post({ type: "ready", catalogue: buildCatalogue() });
