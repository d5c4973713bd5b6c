/**
 * Messages in their order. One that brings code in a language that is new waits for its grammar, and those behind it
 * wait as well, so that the analysis itself never waits.
 */
import { parseConfig } from "../config/parse-config.ts";
import { createFormatAssignment } from "../config/template-config.ts";
import type { SourceDocument } from "../prompt/format.ts";
import type { AssignedFormat } from "../prompt/registry.ts";
import type { ToWorker } from "../protocol/worker.ts";
import type { Grammars } from "./grammars.ts";

export class Inbox {
  readonly #grammars: Pick<Grammars, "missing" | "load">;
  readonly #deliver: (message: ToWorker) => void;
  readonly #waiting: ToWorker[] = [];
  #isDraining = false;
  /** By the promptcache.json of the last message that brought one. */
  #assigned: AssignedFormat | undefined;

  constructor(grammars: Pick<Grammars, "missing" | "load">, deliver: (message: ToWorker) => void) {
    this.#grammars = grammars;
    this.#deliver = deliver;
  }

  /** Settles when the message has been delivered; at once, and before it returns, when no grammar has to be loaded. */
  async receive(message: ToWorker): Promise<void> {
    this.#waiting.push(message);
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (next.type === "workspace" || next.type === "config") {
        this.#assigned = createFormatAssignment(parseConfig(next.config).value);
      }
      const languages = this.#grammars.missing(documentsOf(next), this.#assigned);
      if (languages.size > 0) await this.#grammars.load(languages);
      this.#deliver(next);
    }
    this.#isDraining = false;
  }
}

function documentsOf(message: ToWorker): readonly SourceDocument[] {
  if (message.type === "workspace") return message.documents;
  return message.type === "document" ? [message.document] : [];
}
