/** The one loop in which requests go through a cache. Whoever wants to know something of it observes it. */
import { every } from "../steps.ts";
import { type CacheSystem, Served } from "./cache-system.ts";

export interface ServeLoop<R> {
  /** In the order of their arrival. */
  readonly requests: Iterable<R>;
  readonly cache: Pick<CacheSystem, "contents" | "pending">;
  /** Lets the cache serve the request. */
  serve(request: R, out: Served): void;
  /** Before each request; `false` ends the loop there. */
  before?(request: R): boolean;
  /** When it was served; `served` is used again for the next one. Returns the work that the request was. */
  after(request: R, served: Served): number;
  /** Work between two steps, so that a step takes a few milliseconds. */
  readonly stepWork: number;
}

/** Yields the number of requests done, now and then. */
export function* serveLoop<R>(loop: ServeLoop<R>): Generator<number, void, void> {
  const { cache } = loop;
  const served = new Served();
  const isDue = every(loop.stepWork);
  let done = 0;
  for (const request of loop.requests) {
    if (loop.before?.(request) === false) return;
    served.begin();
    loop.serve(request, served);
    done++;
    const work = loop.after(request, served);
    if (cache.pending !== undefined) for (const _ of cache.pending()) yield done;
    if (isDue(work)) yield done;
  }
}
