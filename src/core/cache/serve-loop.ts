/** The one loop in which requests go through a cache. Whoever wants to know something of it observes it. */
import { every } from "../steps.ts";
import { type CacheSystem, Served } from "./cache-system.ts";

export interface ServeLoop<R> {
  /** In the order of their arrival. */
  readonly requests: Iterable<R>;
  readonly cache: Pick<CacheSystem, "contents" | "pending" | "flights">;
  /**
   * Where the cache runs several at once, a request waits for the one that it continues, and later ones overtake it; left out
   * where all are served in their order.
   */
  conversationOf?(request: R): number;
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
  for (const request of inTheirTurn(loop)) {
    if (loop.before?.(request) === false) return;
    served.begin();
    loop.serve(request, served);
    done++;
    const work = loop.after(request, served);
    if (cache.pending !== undefined) for (const _ of cache.pending()) yield done;
    if (isDue(work)) yield done;
  }
}

function* inTheirTurn<R>({ requests, cache, conversationOf }: ServeLoop<R>): Generator<R, void, void> {
  const { flights } = cache;
  if (flights === undefined || conversationOf === undefined) {
    yield* requests;
    return;
  }
  const waiting = [...requests];
  while (waiting.length > 0) {
    const isNext = (request: R) => !flights.include(conversationOf(request));
    const place = flights.areFull ? -1 : waiting.findIndex(isNext);
    if (place < 0) {
      flights.goOn();
      continue;
    }
    const [request] = waiting.splice(place, 1);
    flights.expect(conversationOf(request));
    yield request;
  }
}
