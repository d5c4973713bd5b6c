/** Those who asked, by the number of their question. */
import type { QuestionAnswer } from "./editor.ts";

export class PendingAnswers {
  readonly #asking = new Map<number, (answer: QuestionAnswer | null) => void>();
  #count = 0;

  /** `send` is told the number of the question. */
  ask(send: (id: number) => void): Promise<QuestionAnswer | null> {
    const id = ++this.#count;
    return new Promise((resolve) => {
      this.#asking.set(id, resolve);
      send(id);
    });
  }

  settle(id: number, answer: QuestionAnswer | null): void {
    this.#asking.get(id)?.(answer);
    this.#asking.delete(id);
  }

  /** Whoever was asked is gone. */
  abandon(): void {
    for (const resolve of this.#asking.values()) resolve(null);
    this.#asking.clear();
  }
}
