/** Waits for the end of a burst of changes, but not for ever. */
import type { Disposable } from "vscode";
import type { InboxClock } from "../../protocol/inbox.ts";

/** By the timers that all hosts have. */
export const clock: InboxClock = {
  now: () => performance.now(),
  later: (call) => setTimeout(call, 0),
};

export interface Waits {
  /** After each change. */
  readonly pauseMilliseconds: number;
  /** In all, while changes come without a pause. */
  readonly longestMilliseconds: number;
}

export class Debounce implements Disposable {
  readonly #call: () => void;
  readonly #waits: Waits;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the first of the changes came that no call has taken; 0 where there are none. */
  #changedAt = 0;

  constructor(waits: Waits, call: () => void) {
    this.#waits = waits;
    this.#call = call;
  }

  /** Something has changed. */
  schedule(): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    if (this.#changedAt === 0) this.#changedAt = now;
    const left = this.#changedAt + this.#waits.longestMilliseconds - now;
    this.#timer = setTimeout(
      () => {
        this.#changedAt = 0;
        this.#call();
      },
      Math.max(0, Math.min(this.#waits.pauseMilliseconds, left)),
    );
  }

  /** Nothing is called before the next change. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  dispose(): void {
    this.cancel();
  }
}
