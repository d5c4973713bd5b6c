/** A worker that dies in the middle of an edit loses nothing: the next one, told the same, answers as one that never died. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FromWorker, ToWorker } from "../../../src/protocol/worker.ts";
import { newWorkMark } from "../../../src/service/work-mark.ts";
import { createRandom, pick, wholeNumber } from "../../../src/workload/random.ts";
import { bundle } from "../../support/bundle-cli.ts";
import { manyTemplates } from "../../support/many-templates.ts";
import { analyze } from "../../support/session.ts";
import { pictureOf, type SessionPicture } from "../../support/session-picture.ts";

const root = join(import.meta.dirname, "../../..");
const temporary = mkdtempSync(join(tmpdir(), "worker restart "));
const folder = join(temporary, "prompts");
const files = manyTemplates(40).map(({ path, text }) => ({ path: path.replace(/^prompts\//, ""), text }));
let script = "";
const chosen = { sessions: 1, turns: 1 };
const edits = 6;
/**
 * How long the thread is left to work before it dies, of every edit in turn: not at all, so that there is a death without an
 * answer on the fastest machine too; then until somewhere within the edit, or behind it.
 */
const latestDeathMilliseconds = [0, 10, 80];

beforeAll(async () => {
  script = await bundle(join(temporary, "dist"), "worker");
  write(files);
});

afterAll(() => rmSync(temporary, { recursive: true }));

function write(texts: Iterable<{ readonly path: string; readonly text: string }>): void {
  for (const { path, text } of texts) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** The product's own thread, and what a host tells one that knows nothing. */
class Thread {
  readonly #worker = new Worker(script, {
    workerData: { vocabularies: join(root, "media/vocabularies"), mark: newWorkMark() },
    execArgv: [],
  });
  readonly posted: FromWorker[] = [];
  #onMessage: (message: FromWorker) => void = () => {};

  constructor(overlays: ReadonlyMap<string, string>) {
    this.#worker.on("message", (message: FromWorker) => {
      this.posted.push(message);
      this.#onMessage(message);
    });
    this.send({ type: "folders", folders: [{ id: "w", disk: folder, isLoose: false }] });
    for (const [path, text] of overlays) this.send({ type: "overlay", folder: "w", path, text });
    this.send({ type: "look", at: { folder: "w", part: "ledger" } });
  }

  send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Ends with the report, which is made behind the answer. */
  async picture(job: number): Promise<SessionPicture> {
    const told = new Promise<void>((resolve, reject) => {
      this.#worker.once("error", reject);
      this.#onMessage = (message) => {
        if (message.type === "report") resolve();
        if (message.type === "failed") reject(new Error(message.message));
      };
    });
    this.send(analyze(job, { chosen }));
    await told;
    return pictureOf(this.posted, "w");
  }

  async die(): Promise<void> {
    await this.#worker.terminate();
  }
}

test(`${edits} edits, each of which a worker dies in`, async () => {
  const random = createRandom(7);
  const overlays = new Map<string, string>();
  let thread = new Thread(overlays);
  let picture = await thread.picture(1);
  let deathsWithoutAnswer = 0;
  for (let edit = 0; edit < edits; edit++) {
    const { path, text } = pick(random, files);
    overlays.set(path, `${text}Edit ${edit}.`);
    thread.send({ type: "overlay", folder: "w", path, text: overlays.get(path)! });
    const before = thread.posted.length;
    thread.send(analyze(2, { chosen }));
    const latest = latestDeathMilliseconds[edit % latestDeathMilliseconds.length]!;
    if (latest > 0) await pause(wholeNumber(random, 1, latest));
    await thread.die();
    if (!thread.posted.slice(before).some(({ type }) => type === "done")) deathsWithoutAnswer++;
    thread = new Thread(overlays);
    picture = await thread.picture(1);
  }
  await thread.die();
  // The same folder for one that nothing happened to: what was edited is on disk.
  write([...overlays].map(([path, text]) => ({ path, text })));
  const fresh = new Thread(new Map());
  const expected = await fresh.picture(1);
  await fresh.die();
  expect(Object.keys(expected.files).length).toBeGreaterThan(10);
  expect(picture).toEqual(expected);
  expect(deathsWithoutAnswer).toBeGreaterThanOrEqual(edits / latestDeathMilliseconds.length);
});
