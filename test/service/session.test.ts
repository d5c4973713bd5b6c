import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { Analyzer } from "../../src/analysis/analyzer.ts";
import type { AnalysisProgress } from "../../src/analysis/analyzer-host.ts";
import { type Studied, Study } from "../../src/analysis/study.ts";
import { type AnalysisSettings, defaultSettings, UserError } from "../../src/config/settings.ts";
import { drain } from "../../src/core/steps.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import type { FromWorker } from "../../src/protocol/worker.ts";
import { report } from "../show/report-fixture.ts";
import { MemoryTree } from "../support/memory-tree.ts";
import { analyze, folders, runSession } from "../support/session.ts";
import { look } from "../support/session-picture.ts";

type Run = (settings: AnalysisSettings) => Generator<AnalysisProgress, Studied, void>;
type Posted<T extends FromWorker["type"]> = Extract<FromWorker, { readonly type: T }>;

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
const study = new Study({ tokenizer });
study.documents.setWorkspace([{ path: "a.j2", text: "Hello {{ name }}" }], null);
const studied = drain(study.study(defaultSettings));

const unused = () => {
  throw new Error("a session asks for the parts");
};
// biome-ignore lint/correctness/useYield: there is nothing to search for.
const nothingMore: Analyzer["advised"] = function* ({ findings }) {
  return { findings, steadyTokenHitRate: null };
};
// biome-ignore lint/correctness/useYield: made at once.
const oneReport: Analyzer["report"] = function* () {
  return report;
};

/** Takes `steps` steps of 4 ms each. */
function slow(clock: { ms: number }, steps: number): Run {
  return function* () {
    for (let done = 1; done <= steps; done++) {
      clock.ms += 4;
      yield { done, total: steps };
    }
    return { ...studied };
  };
}

/** A folder `w` with one prompt, and another, `v`, with none; the analysis says what it is given. */
function setUp(makeRun: (clock: { ms: number }) => Run) {
  const clock = { ms: 0 };
  const given: string[] = [];
  const tree = new MemoryTree({ "a.j2": "Hello {{ name }}" });
  const analyzer = (): Analyzer => ({
    setWorkspace: (documents, config, skipped) =>
      given.push([...documents.map(({ path }) => path), config?.path ?? "-", skipped.length].join(" ")),
    setDocument: () => {},
    setConfig: () => {},
    removeDocument: () => {},
    // biome-ignore lint/correctness/useYield: nothing is asked for.
    *asked() {
      return { all: new Set(), missing: new Set() };
    },
    ...{ run: unused, study: makeRun(clock), advised: nothingMore, report: oneReport },
  });
  const session = runSession({
    createAnalyzer: analyzer,
    trees: { w: tree, v: new MemoryTree() },
    host: { now: () => clock.ms },
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const turns = async (count: number) => {
    for (let i = 0; i < count; i++) await turn();
  };
  const of = <T extends FromWorker["type"]>(type: T) =>
    session.posted.filter((message): message is Posted<T> => message.type === type);
  return { ...session, clock, given, tree, turns, of };
}

function openIn(folder: string, ...paths: readonly string[]) {
  return paths.map((path) => ({ folder, path }));
}

describe("session", () => {
  it("reports once, with progress now and then, and says that it is done", async () => {
    const { settle, types, of, given } = setUp((clock) => slow(clock, 60));
    await settle(folders("w"), analyze(1, { open: openIn("w", "a.j2") }));
    // 240 ms of work.
    expect(types()).toEqual(["progress 1", "progress 1", "answer 1", "done 1"]);
    expect(of("progress")[0]).toMatchObject({ done: 25, total: 60 });
    expect(given).toEqual(["a.j2 - 0"]);
    expect(of("answer")[0]).toMatchObject({ folder: "w", texts: [["a.j2", "Hello {{ name }}"]] });
  });

  it("lets messages in between two slices", async () => {
    const { send, turns, settle, types } = setUp((clock) => slow(clock, 600));
    send(folders("w"), analyze(1));
    await turns(40);
    expect(types().filter((type) => type.startsWith("progress")).length).toBeGreaterThan(0);
    await settle({ type: "cancel", job: 1 });
    expect(types().at(-1)).toBe("cancelled 1");
  });

  it("lets the newest job wait for the answer that is being made", async () => {
    const { send, settle, types } = setUp((clock) => slow(clock, 10));
    send(folders("w"), analyze(1));
    await settle(analyze(2), analyze(3, { isDue: true }));
    expect(types()).toEqual(["cancelled 2", "answer 1", "done 1", "answer 3", "done 3"]);
  });

  it("drops the running job for a newer one when it has taken too long", async () => {
    const { send, settle, turns, types } = setUp((clock) => slow(clock, 600));
    send(folders("w"), analyze(1));
    await turns(120);
    send(analyze(2));
    expect(types().filter((type) => !type.startsWith("progress"))).toEqual(["cancelled 1"]);
    await settle();
    expect(types().filter((type) => !type.startsWith("progress"))).toEqual([
      ...["cancelled 1", "answer 2", "done 2"],
    ]);
  });

  it("makes the report only for whoever looks, behind the answer, and tells it once", async () => {
    const { settle, types } = setUp((clock) => slow(clock, 1));
    await settle(folders("w"), analyze(1));
    expect(types()).toEqual(["answer 1", "done 1"]);
    await settle(look("w", "notes"));
    await settle(analyze(2));
    expect(types()).toEqual(["answer 1", "done 1", "report 0", "done 2"]);
    await settle({ type: "look", at: null }, analyze(3, { isDue: true }));
    expect(types().slice(4)).toEqual(["answer 3", "done 3"]);
  });

  it("tells the parts of a report that are looked at, each once", async () => {
    const { settle, of } = setUp((clock) => slow(clock, 1));
    await settle(folders("w"), analyze(1), look("w", "ledger"));
    await settle(look("w", "tree"));
    await settle(look("w", "tree"), analyze(2));
    const told = of("report").map(({ report: { revision, part } }) => [revision, part.id]);
    expect(told).toEqual([
      [1, "ledger"],
      [1, "tree"],
      [1, "tree"],
    ]);
    expect(Object.keys(JSON.parse(of("report")[0]!.report.part.json))).toEqual(["templates"]);
  });

  it("serves requests for the curve of a shared prefix only while somebody looks at it, and once for a scenario", async () => {
    let caches = 0;
    const counted = {
      ...studied.scenario,
      createCache: () => {
        caches++;
        return studied.scenario.createCache();
      },
    };
    const { settle, of } = setUp((clock) => {
      const run = slow(clock, 1);
      return function* (settings) {
        return { ...(yield* run(settings)), scenario: counted };
      };
    });
    await settle(folders("w"), analyze(1), look("w", "ledger"));
    await settle(look("w", "memory"));
    expect(caches).toBe(0);
    await settle(look("w", "prefix"));
    const [part] = of("report")
      .slice(-1)
      .map((message) => message.report.part);
    expect(part!.id).toBe("prefix");
    const { prefixTokens, reusedTokens } = JSON.parse(part!.json);
    expect(prefixTokens.length).toBe(reusedTokens.length);
    expect(prefixTokens.length).toBeGreaterThan(20);
    const first = caches;
    // Another study of the same scenario, looked at anew.
    await settle(analyze(2, { isDue: true }), look("w", "ledger"));
    await settle(look("w", "prefix"));
    expect(of("report").at(-1)!.report.part).toEqual(part);
    expect(caches - first).toBe(1);
  });

  it("tells of files only what has changed, in parts that hold nobody", async () => {
    const { settle, of, tree } = setUp((clock) => slow(clock, 1));
    await settle(folders("w"), analyze(1));
    expect(of("answer")[0]!.files.map(([path]) => path)).toEqual(["a.j2"]);
    tree.nodes.set("b.j2", "b");
    await settle({ type: "touched", folder: "w", paths: ["b.j2"] }, analyze(2));
    // What is shown of a.j2 is what was shown.
    expect(of("answer")[1]).toMatchObject({ files: [], texts: [], isWhole: true });
  });

  it("does not cancel a job that is over, or another one", async () => {
    const { settle, types } = setUp((clock) => slow(clock, 1));
    await settle(folders("w"), analyze(1), { type: "cancel", job: 7 });
    await settle({ type: "cancel", job: 1 });
    expect(types()).toEqual(["answer 1", "done 1"]);
  });

  it("is about one picture: what comes meanwhile counts in the next job", async () => {
    const { send, turns, settle, of } = setUp((clock) => slow(clock, 600));
    send(folders("w"), analyze(1, { open: openIn("w", "a.j2") }));
    await turns(40);
    await settle({ type: "overlay", folder: "w", path: "a.j2", text: "Bye {{ name }}" });
    expect(of("answer")[0]?.texts).toEqual([["a.j2", "Hello {{ name }}"]]);
    await settle(analyze(2, { open: openIn("w", "a.j2") }));
    expect(of("answer")[1]?.texts).toEqual([["a.j2", "Bye {{ name }}"]]);
  });

  it("reports again only where something has changed, or was chosen, or is due", async () => {
    const { settle, types, tree } = setUp((clock) => slow(clock, 1));
    await settle(folders("w", "v"), analyze(1));
    await settle({ type: "touched", folder: "w", paths: ["main.c", "a.j2"] }, analyze(2));
    expect(types()).toEqual(["answer 1", "done 1", "done 2"]);
    tree.nodes.set("a.j2", "Changed {{ name }}");
    await settle({ type: "touched", folder: "w", paths: ["a.j2"] }, analyze(3));
    await settle(analyze(4, { chosen: { policy: "vllm" } }));
    await settle(analyze(5, { chosen: { policy: "vllm" } }));
    await settle(analyze(6, { chosen: { policy: "vllm" }, isDue: true }));
    expect(types().slice(3)).toEqual([
      ...["answer 3", "done 3", "answer 4", "done 4"],
      ...["done 5", "answer 6", "done 6"],
    ]);
  });

  it("tells of texts those that are open, and each once", async () => {
    const { settle, of, tree } = setUp((clock) => slow(clock, 1));
    tree.nodes.set("b.j2", "b");
    await settle(folders("w"), analyze(1, { open: openIn("w", "a.j2") }));
    await settle(analyze(2, { open: openIn("w", "a.j2", "b.j2") }));
    await settle(analyze(3, { open: openIn("w", "a.j2", "b.j2") }));
    tree.nodes.set("a.j2", "Changed {{ name }}");
    await settle(
      { type: "touched", folder: "w", paths: ["a.j2"] },
      analyze(4, { open: openIn("w", "a.j2", "b.j2") }),
    );
    expect(of("answer").map(({ job, texts }) => [job, texts])).toEqual([
      [1, [["a.j2", "Hello {{ name }}"]]],
      [2, [["b.j2", "b"]]],
      [4, [["a.j2", "Changed {{ name }}"]]],
    ]);
  });

  it("puts the user's choice before promptcache.json, and that before the defaults", async () => {
    const { settle, of, tree } = setUp((clock) => slow(clock, 1));
    const text = '{ "model": "from file", "gpu": "from file", "workload": { "turns": 9 } }';
    tree.nodes.set("promptcache.json", text);
    await settle(folders("w"), analyze(1, { chosen: { model: "chosen" } }));
    expect(of("answer")[0]).toMatchObject({
      settings: { model: "chosen", gpu: "from file", turns: 9, policy: "marconi" },
    });
  });

  it.each([
    ["what the user can mend without a stack", new UserError("No such model."), false],
    ["a fault of ours with its stack", new Error("Broken invariant: x"), true],
  ])("tells %s, and lives on", async (_, error, hasDetail) => {
    let isBroken = true;
    const { settle, of, types, tree } = setUp((clock) => (settings) => {
      if (isBroken) throw error;
      return slow(clock, 1)(settings);
    });
    tree.nodes.set("promptcache.json", "{}");
    await settle(folders("w"), analyze(1));
    expect(of("failed")[0]).toMatchObject({ job: 1, folder: "w", message: error.message });
    expect(of("failed")[0]!.detail !== null).toBe(hasDetail);
    isBroken = false;
    await settle(analyze(2));
    expect(types()).toEqual(["failed 1", "done 1", "answer 2", "done 2"]);
  });

  it("fails where a grammar or the tree does, and reads again with the next job", async () => {
    let isBroken = true;
    const tree = new MemoryTree({ "a.j2": "a" });
    const { posted, settle, types } = runSession({
      createAnalyzer: () => {
        throw new Error("unreachable");
      },
      host: {
        diskTree: () => ({
          list: async (folder) => {
            if (isBroken) throw new Error("The disk is on fire.");
            return tree.list(folder);
          },
          stat: (path) => tree.stat(path),
          read: (path, maxBytes) => tree.read(path, maxBytes),
        }),
        createAnalyzer: () => ({
          ...{ setWorkspace() {}, setDocument() {}, setConfig() {}, removeDocument() {} },
          // biome-ignore lint/correctness/useYield: nothing is asked for.
          *asked() {
            return { all: new Set<string>(), missing: new Set<string>() };
          },
          ...{ run: unused, study: slow({ ms: 0 }, 1), advised: nothingMore, report: oneReport },
        }),
      },
    });
    await settle({ type: "folders", folders: [{ id: "w", disk: "/w", isLoose: false }] }, analyze(1));
    expect(posted[0]).toMatchObject({ type: "failed", message: "The disk is on fire." });
    isBroken = false;
    await settle(analyze(2));
    expect(types()).toEqual(["failed 1", "done 1", "answer 2", "done 2"]);
  });

  it("tells whoever reads model files who named one, and whether files of the folder may be read", async () => {
    const asked: object[] = [];
    const { settle } = runSession({
      createAnalyzer: () => createAnalyzer({ tokenizer }),
      trees: { w: new MemoryTree({ "a.j2": "Hello {{ name }}" }) },
      host: {
        readModel: (settings, places) => {
          asked.push({ model: settings.model, ...places });
          return settings;
        },
      },
    });
    const qwen = { chosen: { model: "Qwen/Qwen3-8B" } };
    await settle(
      { type: "folders", folders: [{ id: "w", disk: null, isLoose: false }] },
      analyze(1, { ...qwen, isTrusted: true }),
    );
    await settle(analyze(2, { ...qwen, isTrusted: false }));
    expect(asked).toEqual([
      { model: "Qwen/Qwen3-8B", isUsers: true, workspace: null },
      { model: "Qwen/Qwen3-8B", isUsers: false, workspace: null },
    ]);
  });

  it("has the vocabulary in force before it analyses, and fails where it cannot be had", async () => {
    const events: string[] = [];
    let isMissing = true;
    const { settle, types, posted } = runSession({
      createAnalyzer: () =>
        createAnalyzer({
          tokenizer: (id) => {
            events.push(`use ${id}`);
            return tokenizer(id);
          },
        }),
      trees: { w: new MemoryTree({ "a.j2": "Hello {{ name }}" }) },
      host: {
        loadTokenizer: async (id) => {
          events.push(`load ${id}`);
          if (isMissing) throw new UserError("There is no such vocabulary.");
        },
      },
    });
    const qwen = { chosen: { model: "Qwen/Qwen3-8B" } };
    await settle(folders("w"), analyze(1, qwen));
    expect(posted[0]).toMatchObject({
      type: "failed",
      message: "There is no such vocabulary.",
      detail: null,
    });
    expect(events).toEqual(["load qwen3"]);
    isMissing = false;
    await settle(analyze(2, qwen));
    // The steady state comes behind the answer, and changes the number of the status bar.
    expect(types()).toEqual(["failed 1", "done 1", "answer 2", "done 2", "answer 0"]);
    expect(events.slice(1, 3)).toEqual(["load qwen3", "use qwen3"]);
  });

  it("reads on for a newer job, and ends the reading when it is cancelled", async () => {
    const { send, settle, turns, types, tree } = setUp((clock) => slow(clock, 1));
    tree.turns = 3;
    const lists = () => tree.asked.filter((asked) => asked.startsWith("list")).length;
    send(folders("w"), analyze(1));
    await turns(8);
    expect(lists()).toBe(1);
    await settle(analyze(2));
    expect(lists()).toBe(1);
    expect(types()).toEqual(["answer 1", "done 1", "done 2"]);
    send({ type: "reread" }, analyze(3));
    await turns(8);
    expect(lists()).toBe(2);
    await settle({ type: "cancel", job: 3 });
    expect(types().at(-1)).toBe("cancelled 3");
    await settle(analyze(4));
    expect(lists()).toBe(3);
  });

  it("ends with a cancel also where the other side never answers", async () => {
    const never = new Promise<never>(() => {});
    const { settle, send, types } = runSession({
      createAnalyzer: () => ({}) as Analyzer,
      trees: { w: { list: () => never, stat: () => never, read: () => never } },
    });
    send(folders("w"), analyze(1));
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    await settle({ type: "cancel", job: 1 });
    expect(types()).toEqual(["cancelled 1"]);
  });

  it("goes on where promptcache.json names what there is not, and marks it there", async () => {
    const config = '{ "model": "no-such/model", "policy": "vllm" }';
    const { settle, posted } = runSession({
      createAnalyzer: () => createAnalyzer({ tokenizer }),
      trees: { w: new MemoryTree({ "a.j2": "Hello {{ name }}", "promptcache.json": config }) },
    });
    await settle(folders("w"), analyze(1));
    const answer = posted.find((message): message is Posted<"answer"> => message.type === "answer");
    expect(answer?.settings).toMatchObject({ model: defaultSettings.model, policy: "vllm" });
    const file = new Map(answer?.files).get("promptcache.json");
    expect(file?.diagnostics).toMatchObject([
      { range: { start: 11, end: 26 }, message: expect.stringMatching(/^Unknown model "no-such\/model"/) },
    ]);
    expect(posted.filter(({ type }) => type === "failed")).toEqual([]);
  });

  it("tells the shared prefixes beside a search, which goes on", async () => {
    let [ms, searches, isSearching] = [0, 0, true];
    const session = runSession({
      createAnalyzer: () => ({
        ...createAnalyzer({ tokenizer }),
        *advised({ findings }) {
          searches++;
          while (isSearching) yield { done: 0, total: 1 };
          return { findings, steadyTokenHitRate: null };
        },
      }),
      trees: { w: new MemoryTree({ "a.j2": "Hello {{ name }}" }) },
      // Every step is a slice.
      host: { now: () => (ms += 20) },
    });
    const { send, settle, posted } = session;
    const turns = async () => {
      for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    const told = () => posted.filter(({ type }) => type === "told");
    const ask = (id: number, folder: string) =>
      send({ type: "ask", id, folder, question: { kind: "prefixes" } });
    send(folders("w"), analyze(1));
    await turns();
    ask(1, "w");
    ask(2, "v");
    await turns();
    expect(told()).toMatchObject([
      { id: 2, answer: null },
      { id: 1, answer: { kind: "prefixes", value: [{ kind: "alone" }, { kind: "prompt", label: "a" }] } },
    ]);
    isSearching = false;
    await settle();
    expect(searches).toBe(1);
  });

  it("goes on without the tokenizer of promptcache.json that cannot be loaded, and not without the user's", async () => {
    const config = '{ "tokenizer": "own.json" }';
    const { settle, posted } = runSession({
      createAnalyzer: () => createAnalyzer({ tokenizer }),
      trees: { w: new MemoryTree({ "a.j2": "Hello {{ name }}", "promptcache.json": config }) },
      host: {
        loadTokenizer: async (vocabulary) => {
          if (vocabulary === "own.json") throw new UserError("It is no tokenizer.");
        },
      },
    });
    await settle(folders("w"), analyze(1));
    const answer = posted.find((message): message is Posted<"answer"> => message.type === "answer");
    expect(answer?.settings.tokenizer).toBe("auto");
    expect(new Map(answer?.files).get("promptcache.json")?.diagnostics).toMatchObject([
      { range: { start: 15, end: 25 }, message: 'It is no tokenizer. Until then "auto" counts.' },
    ]);
    await settle(analyze(2, { chosen: { tokenizer: "own.json" } }));
    expect(posted.filter(({ type }) => type === "failed")).toMatchObject([
      { message: "It is no tokenizer." },
    ]);
  });
});
