/** Takes in what comes, in order, and never for long: many messages at once hold nobody who has other things to do. */
export interface InboxClock {
  /** Milliseconds. */
  now(): number;
  /** Calls back when others have had their turn. */
  later(call: () => void): void;
}

/** A third of a frame: what the last message takes comes on top. */
const turnMilliseconds = 5;

export class Inbox<T> {
  readonly #take: (message: T) => void;
  readonly #clock: InboxClock;
  #waiting: T[] = [];
  #isDue = false;

  constructor(take: (message: T) => void, clock: InboxClock) {
    this.#take = take;
    this.#clock = clock;
  }

  push(message: T): void {
    this.#waiting.push(message);
    if (!this.#isDue) this.#turn();
  }

  #turn(): void {
    this.#isDue = true;
    const start = this.#clock.now();
    let next = 0;
    try {
      while (next < this.#waiting.length && this.#clock.now() - start < turnMilliseconds) {
        this.#take(this.#waiting[next++]!);
      }
    } finally {
      this.#waiting = this.#waiting.slice(next);
      // Also when nothing waits: what comes before the others have had their turn belongs to the next one.
      this.#clock.later(() => {
        this.#isDue = false;
        if (this.#waiting.length > 0) this.#turn();
      });
    }
  }
}
