/** A hosted provider's prompt cache as one of the systems that can be replayed. Its memory is the provider's business. */
import type { CacheContents, CacheSystem, Inspection, ServeContext, Served } from "../cache/cache-system.ts";
import { createMatcher, type ProviderTerms } from "./choose.ts";
import { inputCost } from "./money.ts";
import { providerFates } from "./provider-fates.ts";
import { type Marker, type Matcher, type ProviderRequest, ProviderServed } from "./request.ts";

/** Where the prompt's author is taken to set markers, in requests of which that is not known. */
export interface MarkerPlacement {
  /** Behind the leading tokens that are the same in every call. */
  readonly atStableEnd: boolean;
  /** Behind the last block of the prompt, for the next turn of the conversation. */
  readonly atPromptEnd: boolean;
}

export class ProviderCache implements CacheSystem {
  readonly blockTokens: number;
  /** Providers bill whole prompts as read; that the last token is computed all the same is not on the bill. */
  readonly computedTokensAtLeast = 0;
  /** Prefixes that are kept nowhere are `ruledOut`, with a reason, and never want for a recurrent state. */
  readonly needsCheckpoints = false;
  readonly keepsAnything = true;
  readonly terms: ProviderTerms;
  /** The bill of the last request; filled by `serve`. */
  readonly billed = new ProviderServed();
  private readonly matcher: Matcher;
  private readonly placement: MarkerPlacement;
  private nowSeconds = 0;

  constructor(terms: ProviderTerms, placement: MarkerPlacement = { atStableEnd: false, atPromptEnd: false }) {
    this.terms = terms;
    this.placement = placement;
    this.matcher = createMatcher(terms);
    this.blockTokens = this.matcher.stepTokens;
  }

  /** Without a context, the request comes at the time of the last one, marks nothing and tells no block ends. */
  serve(promptTokens: Int32Array, outputTokens: Int32Array, out: Served, context?: ServeContext): void {
    this.nowSeconds = laterOf(this.nowSeconds, context?.arrivalSeconds);
    const { length } = promptTokens;
    const blocks = context?.blockEnds && { blockEnds: endsInside(context.blockEnds, length) };
    const told = context && { ...context, ...blocks };
    const request: ProviderRequest = {
      ...told,
      arrivalSeconds: this.nowSeconds,
      promptTokens,
      outputTokens,
      markers: markersOf(length, told, this.placement).filter(({ end }) => isEnd(end, length)),
    };
    this.matcher.serve(request, this.billed);
    out.reusedTokens = this.billed.readTokens;
    // Nothing is evicted to make room, so no token may look as if it had been there and had to go.
    out.insertedTokens = 0;
    out.checkpoints.length = 0;
    out.evictedNodes = 0;
    out.evictedBytes = 0;
    out.inputUnits = this.inputCost;
    out.losses.length = 0;
    for (const { fate, start, end, reason } of providerFates(this.billed)) {
      if (reason !== null && (fate === "unaligned" || fate === "ruledOut"))
        out.losses.push({ fate, start, end, reason });
    }
  }

  /** What the last request's prompt cost, in prices of a plain input token. */
  get inputCost(): number {
    return inputCost(this.billed, this.terms);
  }

  contents(): CacheContents {
    return { kvBytes: 0, checkpointBytes: 0, checkpoints: 0 };
  }

  /** As of the last request. The positions of a prefix cache are its last one alone: prefixes may end anywhere in it. */
  inspect(tokens: Int32Array): Inspection {
    const ends = this.matcher.storedEnds(tokens, this.nowSeconds);
    return { cachedTokens: ends.at(-1) ?? 0, checkpoints: ends };
  }
}

/** The markers of a request: its own, also where these are none; where they are not known, those that authors usually set. */
export function markersOf(
  promptTokens: number,
  context: ServeContext | undefined,
  { atStableEnd, atPromptEnd }: MarkerPlacement,
): Marker[] {
  if (context?.markers !== undefined) return [...context.markers];
  const markers: Marker[] = [];
  if (atStableEnd) markers.push({ end: context?.stableTokens ?? 0 });
  // What asks for the answer stands behind the last block.
  if (atPromptEnd) markers.push({ end: context?.blockEnds?.at(-1) ?? promptTokens });
  return markers;
}

/** Of a prompt's tokens; a trace may say what it likes. */
function isEnd(position: number, promptTokens: number): boolean {
  return Number.isInteger(position) && position > 0 && position <= promptTokens;
}

function endsInside(ends: readonly number[], promptTokens: number): number[] {
  return ends.filter((end) => isEnd(end, promptTokens)).sort((a, b) => a - b);
}

/** A clock does not run backwards, and a time that is none would make every later lifetime one that has ended. */
function laterOf(nowSeconds: number, arrivalSeconds: number | undefined): number {
  return Number.isFinite(arrivalSeconds) ? Math.max(nowSeconds, arrivalSeconds as number) : nowSeconds;
}
