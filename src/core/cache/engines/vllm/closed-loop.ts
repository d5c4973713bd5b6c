/**
 * Serves a trace with several requests in flight: a closed loop, in the order of the trace, in which a request waits for
 * the one that it continues and others overtake it.
 */
import { invariant } from "../../../invariant.ts";
import type { VllmRequest } from "./request.ts";
import type { VllmScheduler } from "./scheduler.ts";

export interface LoopRequest {
  readonly request: VllmRequest;
  /** Index of the request that has to have ended; `null` for none. */
  readonly continues: number | null;
}

const tooLarge = "A request needs more blocks than the pool has.";

/** The requests' indices in the order in which they were sent. Throws an `Error` when a request never fits. */
export function serveClosedLoop(
  scheduler: VllmScheduler,
  requests: readonly LoopRequest[],
  inFlight: number,
): number[] {
  if (inFlight === 1) return serveInTurn(scheduler, requests);
  const order: number[] = [];
  const waiting = requests.map((_, index) => index);
  let open = 0;
  while (waiting.length > 0 || open > 0) {
    for (let place = 0; place < waiting.length && open < inFlight; ) {
      const { request, continues } = requests[waiting[place]];
      if (continues !== null && !requests[continues].request.isFinished) {
        place++;
        continue;
      }
      scheduler.add(request);
      order.push(...waiting.splice(place, 1));
      open++;
    }
    invariant(open > 0, "every request waits for one that is not there");
    scheduler.leap();
    const ended = scheduler.step();
    if (ended.some(({ isGivenUp }) => isGivenUp)) throw new Error(tooLarge);
    open -= ended.length;
  }
  return order;
}

/** One after the other, which needs no look at the steps in which a request just goes on. */
function serveInTurn(scheduler: VllmScheduler, requests: readonly LoopRequest[]): number[] {
  for (const { request } of requests) if (!scheduler.serve(request)) throw new Error(tooLarge);
  return requests.map((_, index) => index);
}
