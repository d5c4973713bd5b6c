/** A session whose thread is the test: messages in, messages out. */
import type { Analyzer } from "../../src/analysis/analyzer.ts";
import type { TreeAnswer, TreeQuestion } from "../../src/protocol/file-tree.ts";
import type { FolderSpec, FromWorker, ToWorker } from "../../src/protocol/worker.ts";
import { Session, type SessionHost } from "../../src/service/session.ts";
import type { FileTree } from "../../src/service/workspace/file-tree.ts";

export interface SessionSetUp {
  createAnalyzer(onFile: (path: string) => void): Analyzer;
  /** By folder id: of those that the other side is asked about. */
  readonly trees?: Readonly<Record<string, FileTree>>;
  readonly host?: Partial<SessionHost>;
}

export function runSession({ createAnalyzer, trees = {}, host = {} }: SessionSetUp) {
  const posted: FromWorker[] = [];
  const session: Session = new Session({
    post(message) {
      if (message.type === "question") void answer(message);
      else posted.push(message);
    },
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    now: () => 0,
    grammars: { load: async () => {} },
    createAnalyzer,
    diskTree: () => null,
    onFile: () => {},
    readModel: (settings) => settings,
    locateTokenizer: (settings) => settings,
    loadTokenizer: async () => {},
    ...host,
  });
  const answer = async ({ id, folder, question }: Extract<FromWorker, { type: "question" }>) => {
    session.receive({ type: "answer", id, answer: await answerOf(trees[folder]!, question) });
  };
  const send = (...messages: readonly ToWorker[]) => {
    for (const message of messages) session.receive(message);
  };
  /** Sends, and waits until nothing is being done. */
  const settle = async (...messages: readonly ToWorker[]) => {
    send(...messages);
    await session.idle;
  };
  const types = () =>
    posted.map((message) => ("job" in message ? `${message.type} ${message.job}` : message.type));
  return { posted, send, settle, types };
}

export async function answerOf(tree: FileTree, question: TreeQuestion): Promise<TreeAnswer> {
  const { op, path } = question;
  if (op === "list") return { op, value: await tree.list(path) };
  if (op === "stat") return { op, value: await tree.stat(path) };
  return { op, value: await tree.read(path, question.maxBytes) };
}

export function folders(...ids: readonly string[]): ToWorker {
  return { type: "folders", folders: ids.map((id): FolderSpec => ({ id, disk: null, isLoose: false })) };
}

export function analyze(job: number, more: Partial<Extract<ToWorker, { type: "analyze" }>> = {}): ToWorker {
  return { type: "analyze", job, chosen: {}, isTrusted: false, isDue: false, open: [], ...more };
}
