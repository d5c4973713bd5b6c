/** What a browser loads: without Node, and with the report that the command line makes. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createContext, runInContext } from "node:vm";
import { type BuildOptions, build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sharedPrefixSteps } from "../../../src/analysis/shared-prefix-curve.ts";
import { drain } from "../../../src/core/steps.ts";
import { openAnalysis } from "../../../src/hosts/cli/open-analysis.ts";
import { diskTree } from "../../../src/hosts/node/disk-tree.ts";
import { partIds } from "../../../src/protocol/report-parts.ts";
import type { FromWebWorker, ToWebWorker } from "../../../src/protocol/web-worker.ts";
import type { FromWorker } from "../../../src/protocol/worker.ts";
import { overviewOf, partOf } from "../../../src/show/report-parts.ts";
import { answerOf } from "../../support/session.ts";
import { look, pictureOf } from "../../support/session-picture.ts";

const root = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "web worker "));
const workspace = join(folder, "examples");
const grammars = join(folder, "grammars");
const maxFileBytes = 1_000_000;
/** By file of dist. */
const bundles = new Map<string, { readonly text: string; readonly required: ReadonlySet<string> }>();

/** The build script is plain JavaScript; this is what is used of it. */
interface BuildScript {
  copyGrammars(folder: string): void;
  plan(choice: { readonly only: readonly string[]; readonly write: false; readonly production: true }): {
    readonly builds: readonly { output: string; options: BuildOptions }[];
  };
}

beforeAll(async () => {
  const script: BuildScript = await import(pathToFileURL(join(root, "scripts/build.mjs")).href);
  const only = ["extension.web", "analysis", "worker.web"];
  for (const { output, options } of script.plan({ only, write: false, production: true }).builds) {
    const { outputFiles, metafile } = await build({ ...options, metafile: true, write: false });
    const [{ imports = [] } = {}] = Object.values(metafile.outputs);
    bundles.set(output, { text: outputFiles[0]!.text, required: new Set(imports.map(({ path }) => path)) });
  }
  script.copyGrammars(grammars);
  cpSync(join(root, "examples"), workspace, { recursive: true });
  mkdirSync(join(workspace, "app"));
  writeFileSync(join(workspace, "app/prompts.py"), 'PROMPT = f"You answer questions about {city}."\n');
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

test("the bundles require nothing but the editor's API, and stay small", () => {
  const sizes: Readonly<Record<string, number>> = {
    "extension.web.js": 100_000,
    // With eleven languages, read by files of about 30 kB each.
    "analysis.js": 1_700_000,
    "worker.web.js": 100_000,
  };
  expect([...bundles.keys()]).toEqual(Object.keys(sizes));
  for (const [name, { text, required }] of bundles) {
    expect([...required], name).toEqual(name === "extension.web.js" ? ["vscode"] : []);
    expect(text, name).not.toMatch(/["']node:/);
    expect(text.length, name).toBeLessThan(sizes[name]!);
  }
});

test("the worker's report of the examples is the command line's", async () => {
  const messages = await analyzeInWebWorker();
  expect(messages.filter(({ type }) => type === "failed")).toEqual([]);
  const { report } = pictureOf(messages, "f");

  const { analyzer, settings } = await openAnalysis(
    {
      operands: [workspace],
      chosen: {},
      reading: { include: [], exclude: [], maxFileBytes, recordings: "skip" },
    },
    { media: join(root, "media"), grammars },
  );
  const wanted = drain(analyzer.run(settings));
  const { scenario } = drain(analyzer.study(settings));
  const prefix = drain(sharedPrefixSteps(scenario, wanted));
  expect(wanted.templates.map(({ path }) => path)).toContain("app/prompts.py");
  expect(wanted.templates.length).toBeGreaterThan(10);
  // Not by value: what the worker made belongs to another realm.
  const parts = Object.fromEntries(partIds.map((id) => [id, id === "prefix" ? prefix : partOf(wanted, id)]));
  expect(JSON.stringify(report)).toBe(JSON.stringify({ overview: overviewOf(wanted), parts }));
});

/** In a realm that has what a web worker has and the worker needs, and no more; all messages until all of a report has been told. */
function analyzeInWebWorker(): Promise<readonly FromWorker[]> {
  return new Promise((resolve, reject) => {
    const messages: FromWorker[] = [];
    const unseen = [...partIds];
    const tree = diskTree(workspace);
    let listener: (event: { data: ToWebWorker }) => void = () => {};
    const send = (data: ToWebWorker) => listener({ data: structuredClone(data) });
    const receive = async (message: FromWebWorker) => {
      if (message.type === "own-file-wanted") {
        const path = message.path.replace(/^dist\/grammars/, "../grammars");
        const bytes = readFileSync(join(path.startsWith("..") ? workspace : root, path));
        send({ type: "own-file", path: message.path, bytes: new Uint8Array(bytes) });
      } else if (message.type === "question") {
        send({ type: "answer", id: message.id, answer: await answerOf(tree, message.question) });
      } else if (message.type !== "tick" && message.type !== "at") {
        messages.push(message);
        if (message.type === "report") unseen.shift();
        const [next] = unseen;
        if (message.type === "report" && next !== undefined) send(look("f", next));
        else if (message.type === "report" || message.type === "failed") {
          clearInterval(timer);
          resolve(messages);
        }
      }
    };
    let timer: NodeJS.Timeout | undefined;
    const self = {
      postMessage: (message: FromWebWorker) => void receive(structuredClone(message)).catch(reject),
      addEventListener: (_: string, listen: typeof listener) => (listener = listen),
    };
    const setInterval = (call: () => void, milliseconds: number) =>
      (timer = globalThis.setInterval(call, milliseconds));
    const { performance, MessageChannel, Blob, Response, DecompressionStream } = globalThis;
    const { TextDecoder, TextEncoder, URL } = globalThis;
    const worker = createContext({
      ...{ self, setInterval, performance, MessageChannel, Blob, Response, DecompressionStream },
      ...{ TextDecoder, TextEncoder, URL, WorkerGlobalScope: Object, Uint8Array },
    });
    for (const name of ["analysis.js", "worker.web.js"]) runInContext(bundles.get(name)!.text, worker);
    send({ type: "folders", folders: [{ id: "f", disk: null, isLoose: false }] });
    send({
      type: "rules",
      folder: "f",
      rules: { include: [], exclude: [], hidden: [], maxFileBytes, recordings: "skip" },
    });
    send(look("f", unseen[0]!));
    send({ type: "analyze", job: 1, chosen: {}, isTrusted: true, isDue: false, open: [] });
  });
}
