/** The worker in a browser: the same analysis, with messages for all that Node would read from a disk. */
import { createAnalyzer } from "../../analysis/analyze.ts";
import { noModelFiles } from "../../analysis/model-in-force.ts";
import type { FromWebWorker, ToWebWorker } from "../../protocol/web-worker.ts";
import { buildCatalogue } from "../../service/catalogue.ts";
import { createGrammars } from "../../service/grammars.ts";
import { Session } from "../../service/session.ts";
import { OwnFiles } from "./own-files.ts";
import { Vocabularies } from "./vocabularies.ts";

/** Often enough for whoever watches. */
const tickMilliseconds = 200;

const post = (message: FromWebWorker) => self.postMessage(message);
const ownFiles = new OwnFiles((path) => post({ type: "own-file-wanted", path }));
const grammars = createGrammars(
  (file) => ownFiles.read(`dist/grammars/${file}`),
  () => {
    const start = performance.now();
    return (milliseconds) => performance.now() - start > milliseconds;
  },
);
const vocabularies = new Vocabularies((file) => ownFiles.read(`media/vocabularies/${file}`));

const session = new Session({
  post,
  pause,
  now: () => performance.now(),
  grammars,
  createAnalyzer: (onFile) =>
    createAnalyzer({ tokenizer: (id) => vocabularies.get(id), parseTools: { syntax: grammars }, onFile }),
  diskTree: () => null,
  onFile: (folder, path) => post({ type: "at", folder, path }),
  readModel: (settings, { isUsers }) => noModelFiles(settings, isUsers),
  locateTokenizer: (settings) => settings,
  loadTokenizer: (id) => vocabularies.load(id),
});

self.addEventListener("message", ({ data }: MessageEvent<ToWebWorker>) => {
  if (data.type === "own-file" || data.type === "own-file-missing") ownFiles.answer(data);
  else session.receive(data);
});
setInterval(() => post({ type: "tick" }), tickMilliseconds);
post({ type: "ready", catalogue: buildCatalogue() });

/** By a message to itself, which stands in line behind those that wait; a timer would take 4 ms each time. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
