/** The extension's side of its web worker, with a browser that is made up. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { webWorkerHost } from "../../../src/hosts/web/worker-thread.ts";
import type { FromWebWorker, ToWebWorker } from "../../../src/protocol/web-worker.ts";
import type { FromWorker } from "../../../src/protocol/worker.ts";

vi.mock("vscode", () => ({
  Uri: { joinPath: (base: string, path: string) => ({ toString: () => `${base}/${path}` }) },
}));

class FakeWorker {
  static readonly all: FakeWorker[] = [];
  onmessage: (event: { data: FromWebWorker }) => void = () => {};
  onerror: (event: { message: string }) => void = () => {};
  readonly received: ToWebWorker[] = [];
  isTerminated = false;
  readonly name: string;

  constructor(_: string, { name }: { readonly name: string }) {
    this.name = name;
    FakeWorker.all.push(this);
  }

  postMessage(message: ToWebWorker): void {
    this.received.push(message);
  }

  terminate(): void {
    this.isTerminated = true;
  }
}

const fetched: string[] = [];
/** Addresses that are answered with 404. */
let missing: readonly string[] = [];

beforeEach(() => {
  FakeWorker.all.length = 0;
  fetched.length = 0;
  missing = [];
  vi.stubGlobal("Worker", FakeWorker);
  vi.stubGlobal("fetch", async (address: string) => {
    fetched.push(address);
    return new Response(`text of ${address}`, { status: missing.includes(address) ? 404 : 200 });
  });
});

afterEach(() => vi.unstubAllGlobals());

const rest = () => new Promise((resolve) => setTimeout(resolve));

function startThread() {
  const messages: FromWorker[] = [];
  const ends: string[] = [];
  // Of an address, only what it is joined with is asked for.
  const host = webWorkerHost("ext:" as never);
  const thread = host.start({
    onMessage: (message) => messages.push(message),
    onEnd: (reason) => ends.push(reason),
  });
  return { thread, messages, ends };
}

test("what is said before the scripts are there waits for them, and a worker to come is not stuck", async () => {
  const { thread, messages, ends } = startThread();
  thread.post({ type: "reread" });
  expect(FakeWorker.all).toEqual([]);
  expect(thread.ticks).toBeLessThan(thread.ticks);
  await rest();
  const [worker] = FakeWorker.all;
  expect(fetched).toEqual(["ext:/dist/analysis.js", "ext:/dist/worker.web.js"]);
  thread.post({ type: "cancel", job: 1 });
  expect(worker!.received).toEqual([{ type: "reread" }, { type: "cancel", job: 1 }]);

  const { ticks } = thread;
  expect(thread.ticks).toBe(ticks);
  worker!.onmessage({ data: { type: "tick" } });
  expect(thread.ticks).toBe(ticks + 1);
  worker!.onmessage({ data: { type: "at", folder: "f", path: "a.j2" } });
  expect(thread.file).toEqual({ folder: "f", path: "a.j2" });
  worker!.onmessage({ data: { type: "at", folder: "f", path: "" } });
  expect(thread.file).toBeNull();
  worker!.onmessage({ data: { type: "done", job: 1 } });
  expect([messages, ends]).toEqual([[{ type: "done", job: 1 }], []]);
});

test("the worker gets its own files, and no others", async () => {
  missing = ["ext:/dist/grammars/gone.wasm"];
  startThread();
  await rest();
  const [worker] = FakeWorker.all;
  const wanted = ["dist/grammars/a.wasm", "dist/grammars/gone.wasm", "media/vocabularies/../icon.png"];
  for (const path of wanted) worker!.onmessage({ data: { type: "own-file-wanted", path } });
  await rest();
  const bytes = new TextEncoder().encode("text of ext:/dist/grammars/a.wasm");
  const byPath = new Map(worker!.received.map((answer) => ["path" in answer && answer.path, answer]));
  expect([...byPath.keys()].sort()).toEqual(wanted.sort());
  expect(byPath.get("dist/grammars/a.wasm")).toMatchObject({ type: "own-file", bytes });
  expect(byPath.get("dist/grammars/gone.wasm")).toMatchObject({
    type: "own-file-missing",
    reason: "dist/grammars/gone.wasm was answered with 404",
  });
  expect(byPath.get("media/vocabularies/../icon.png")).toMatchObject({ type: "own-file-missing" });
  expect(fetched.filter((address) => address.includes("icon"))).toEqual([]);
});

test("a worker that fails is ended, and one that never comes is told of", async () => {
  const first = startThread();
  await rest();
  const [worker] = FakeWorker.all;
  worker!.onerror({ message: "Uncaught RangeError" });
  expect([worker!.isTerminated, first.ends]).toEqual([true, ["Uncaught RangeError"]]);

  missing = ["ext:/dist/analysis.js"];
  const second = startThread();
  await rest();
  expect(second.ends).toEqual(["dist/analysis.js was answered with 404"]);
  expect(FakeWorker.all).toHaveLength(1);
});

test("one that is ended before its scripts are there is never started", async () => {
  const { thread, ends } = startThread();
  thread.terminate();
  await rest();
  expect([FakeWorker.all, ends]).toEqual([[], []]);
});
