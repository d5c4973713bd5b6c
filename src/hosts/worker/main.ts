/** The worker thread: analyses here, so that the extension host never waits. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { createAnalyzer } from "../../analysis/analyze.ts";
import { invariant } from "../../core/invariant.ts";
import type { FromWorker, ToWorker } from "../../protocol/worker.ts";
import { buildCatalogue } from "../../service/catalogue.ts";
import { Inbox } from "../../service/inbox.ts";
import { Session } from "../../service/session.ts";
import { grammarsOf } from "../node/grammar-files.ts";
import { huggingFaceCache, locateTokenizer } from "../node/tokenizer-files.ts";
import { createTokenizerLoader } from "../node/vocabulary-files.ts";

const port = parentPort;
invariant(port !== null, "the worker was started outside of a thread");
const { vocabularies } = workerData as { readonly vocabularies: string };
// The build puts the grammars beside the bundles that read code.
const here = dirname(fileURLToPath(import.meta.url));
const grammars = grammarsOf(join(here, "grammars"));

const post = (message: FromWorker) => port.postMessage(message);
const analyzer = createAnalyzer({
  tokenizer: createTokenizerLoader(vocabularies),
  parseTools: { syntax: grammars },
});
const cache = huggingFaceCache(process.env);
const session = new Session(analyzer, {
  post,
  defer: setImmediate,
  now: () => performance.now(),
  locateTokenizer: (settings, { chosen, folder }) =>
    locateTokenizer(settings, { isUsers: chosen.tokenizer !== undefined, workspace: folder, cache }),
});
const inbox = new Inbox(grammars, (message) => session.receive(message));
port.on("message", (message: ToWorker) => void inbox.receive(message));
post({ type: "ready", catalogue: buildCatalogue() });
