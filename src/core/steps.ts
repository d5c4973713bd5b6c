/** Long work is a generator that yields now and then, so that whoever drives it can stop, show progress, or let others in. */

/** Runs steps to their end at once; returns their result. */
export function drain<T>(steps: Generator<unknown, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same steps, each of them told in other words. */
export function* forward<From, To, T>(
  steps: Generator<From, T, void>,
  map: (step: From) => To,
): Generator<To, T, void> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    yield map(step.value);
  }
}

/** Counts work, and says each time that so much of it has been done since it last said so: then it is time to yield. */
export function every(limit: number): (work: number) => boolean {
  let done = 0;
  return (work) => {
    done += work;
    if (done < limit) return false;
    done = 0;
    return true;
  };
}
