/** A folder that only the host can read: what the mirror wants to know of it goes out as a question, and comes back. */
import { invariant } from "../../core/invariant.ts";
import type { EntryStat, FileRead, Listing, TreeAnswer, TreeQuestion } from "../../protocol/file-tree.ts";
import { t } from "../../words/l10n.ts";
import type { FileTree } from "./file-tree.ts";

export class TreeQuestions {
  readonly #post: (id: number, folder: string, question: TreeQuestion) => void;
  readonly #open = new Map<
    number,
    { readonly op: TreeQuestion["op"]; settle(value: TreeAnswer["value"]): void }
  >();
  #count = 0;

  constructor(post: (id: number, folder: string, question: TreeQuestion) => void) {
    this.#post = post;
  }

  treeOf(folder: string): FileTree {
    return {
      list: (path) => this.#ask(folder, { op: "list", path }) as Promise<Listing>,
      stat: (path) => this.#ask(folder, { op: "stat", path }) as Promise<EntryStat>,
      read: (path, maxBytes) => this.#ask(folder, { op: "read", path, maxBytes }) as Promise<FileRead>,
    };
  }

  /** An answer that nobody waits for any more is none. */
  answer(id: number, { op, value }: TreeAnswer): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    invariant(open.op === op, `the answer to ${open.op} is one to ${op}`);
    this.#open.delete(id);
    open.settle(value);
  }

  /** Nobody waits any longer: a host may never answer. */
  abandon(): void {
    const reason = t("the reading was stopped");
    for (const [id, { op }] of [...this.#open]) {
      if (op === "list") this.answer(id, { op, value: { entries: null, reason } });
      else if (op === "stat") this.answer(id, { op, value: null });
      else this.answer(id, { op, value: { kind: "refused", reason } });
    }
  }

  #ask(folder: string, question: TreeQuestion): Promise<TreeAnswer["value"]> {
    const id = ++this.#count;
    return new Promise((settle) => {
      this.#open.set(id, { op: question.op, settle });
      this.#post(id, folder, question);
    });
  }
}
