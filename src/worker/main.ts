/** The worker thread: analyses here, so that the extension host never waits. */
import { parentPort, workerData } from "node:worker_threads";
import { createAnalyzer } from "../analysis/analyze.ts";
import { invariant } from "../core/invariant.ts";
import { createTokenizerLoader } from "../files/vocabulary-files.ts";
import type { FromWorker, ToWorker } from "../protocol/worker.ts";
import { buildCatalogue } from "./catalogue.ts";
import { Session } from "./session.ts";

const port = parentPort;
invariant(port !== null, "the worker was started outside of a thread");
const { vocabularies } = workerData as { readonly vocabularies: string };

const post = (message: FromWorker) => port.postMessage(message);
const session = new Session(createAnalyzer({ tokenizer: createTokenizerLoader(vocabularies) }), {
  post,
  defer: setImmediate,
  now: () => performance.now(),
});
port.on("message", (message: ToWorker) => session.receive(message));
post({ type: "ready", catalogue: buildCatalogue() });
