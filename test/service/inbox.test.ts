import { expect, test } from "vitest";
import { type CodeLanguage, codeLanguageOf } from "../../src/prompt/code/syntax.ts";
import type { SourceDocument } from "../../src/prompt/format.ts";
import type { AssignedFormat } from "../../src/prompt/registry.ts";
import type { ToWorker } from "../../src/protocol/worker.ts";
import { Inbox } from "../../src/service/inbox.ts";

function setUp() {
  const loaded = new Set<CodeLanguage>();
  const delivered: string[] = [];
  const finishers: (() => void)[] = [];
  const grammars = {
    missing(documents: Iterable<SourceDocument>, assigned?: AssignedFormat) {
      const languages = [...documents].flatMap(
        ({ path }) => assigned?.(path)?.languageOf?.(path) ?? codeLanguageOf(path) ?? [],
      );
      return new Set(languages.filter((language) => !loaded.has(language)));
    },
    async load(languages: Iterable<CodeLanguage>) {
      await new Promise<void>((resolve) => finishers.push(resolve));
      for (const language of languages) loaded.add(language);
    },
  };
  const inbox = new Inbox(grammars, (message) =>
    delivered.push(message.type === "document" ? message.document.path : message.type),
  );
  const finishLoading = async () => {
    finishers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { inbox, delivered, finishLoading };
}

const document = (path: string): ToWorker => ({ type: "document", document: { path, text: "" } });
const cancel: ToWorker = { type: "cancel", job: 1 };

test("without code, messages are delivered before receive returns", () => {
  const { inbox, delivered } = setUp();
  void inbox.receive(document("a.md"));
  void inbox.receive(cancel);
  expect(delivered).toEqual(["a.md", "cancel"]);
});

test("code waits for its grammar, and what follows waits behind it", async () => {
  const { inbox, delivered, finishLoading } = setUp();
  void inbox.receive(document("a.md"));
  void inbox.receive(document("b.py"));
  void inbox.receive(document("c.md"));
  void inbox.receive({
    type: "workspace",
    documents: [{ path: "d.ts", text: "" }],
    config: null,
    skipped: [],
  });
  expect(delivered).toEqual(["a.md"]);
  await finishLoading();
  expect(delivered).toEqual(["a.md", "b.py", "c.md"]);
  await finishLoading();
  expect(delivered).toEqual(["a.md", "b.py", "c.md", "workspace"]);
  void inbox.receive(document("e.py"));
  expect(delivered.at(-1)).toBe("e.py");
});

test("a file that promptcache.json makes code waits for its grammar", async () => {
  const { inbox, delivered, finishLoading } = setUp();
  const text = JSON.stringify({ formats: { "agents/*.txt": "python" } });
  void inbox.receive({ type: "config", config: { path: "promptcache.json", text } });
  void inbox.receive(document("notes.txt"));
  void inbox.receive(document("agents/plan.txt"));
  expect(delivered).toEqual(["config", "notes.txt"]);
  await finishLoading();
  expect(delivered.at(-1)).toBe("agents/plan.txt");
});
