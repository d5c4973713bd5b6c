/** Long work in steps: a generator that yields every few milliseconds, so that whoever drives it can stop it. */

/** Runs steps to their end at once; returns their result. */
export function drain<T>(steps: Generator<unknown, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Passes the steps on, each as something else. */
export function* forward<From, To, T>(
  steps: Generator<From, T, void>,
  as: (step: From) => To,
): Generator<To, T, void> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    yield as(step.value);
  }
}

/** Pauses after every so many items of a loop, so that a step takes a few milliseconds; use as `yield* pace.next()`. */
export class Pace {
  readonly #items: number;
  #done = 0;

  constructor(items: number) {
    this.#items = items;
  }

  *next(): Generator<void, void, void> {
    if (++this.#done % this.#items === 0) yield;
  }
}
