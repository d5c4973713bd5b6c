/**
 * Plans steps over all requests, first come first served, and takes their answers.
 * Source: vllm-project/vllm `v1/core/sched/{scheduler,async_scheduler}.py`, `step_with_batch_queue` in `v1/engine/core.py`.
 */
import { invariant } from "../../../invariant.ts";
import { Coordinator, type Found } from "./coordinator.ts";
import type { VllmGroup, VllmOptions } from "./options.ts";
import type { VllmRequest } from "./request.ts";
import { alignedTokens, type StepRules } from "./step-planner.ts";

interface Part {
  readonly request: VllmRequest;
  readonly tokens: number;
  /** Draft tokens among them. */
  readonly drafts: number;
  /** Whether the step ends the prefill, or decodes, and so samples a token. */
  readonly samples: boolean;
}

type Step = readonly Part[];

export class VllmScheduler {
  readonly coordinator: Coordinator;
  private readonly options: VllmOptions;
  private readonly stepRules: StepRules;
  private readonly splitsSteps: boolean;
  private readonly groups: readonly VllmGroup[];
  /** Tokens by which what is planned, computed and answered for can differ while a request decodes. */
  private readonly lag: number;
  private readonly waiting: VllmRequest[] = [];
  private readonly running: VllmRequest[] = [];
  /** Whether the first of `waiting` was refused, and nothing has become free since. */
  private isFull = false;
  /** Steps that have not answered, the oldest first. */
  private readonly onTheWay: Step[] = [];

  constructor(groups: readonly VllmGroup[], capacityBlocks: number, options: VllmOptions) {
    this.options = options;
    this.groups = groups;
    this.lag = 3 + 2 * options.draftTokens;
    this.coordinator = new Coordinator(groups, capacityBlocks, options);
    const { blockTokens, unitTokens } = this.coordinator;
    this.stepRules = {
      blockTokens,
      unitTokens,
      maxBatchedTokens: options.maxBatchedTokens,
      dropsBlock: options.draftTokens > 0 && options.dropsDraftBlock,
    };
    this.splitsSteps = options.mambaCacheMode === "align" && groups.some(({ kind }) => kind === "recurrent");
  }

  add(request: VllmRequest): void {
    if (this.waiting.length === 0) this.isFull = false;
    this.waiting.push(request);
  }

  /** Serves one request from its beginning to its end; nobody else may be there. False when it was given up. */
  serve(request: VllmRequest): boolean {
    this.add(request);
    while (!request.isFinished) {
      this.leap();
      this.step();
    }
    this.onTheWay.length = 0;
    return !request.isGivenUp;
  }

  /**
   * Decodes up to where the next step does more than one token per request: takes a block, makes one reachable, or gives one
   * up. Such steps lie around block ends, and around where a block leaves a window. Nothing happens where a request is in its
   * prefill or near its end; those that wait for room would not get it in between.
   */
  leap(): void {
    if (this.running.length === 0 || (this.waiting.length > 0 && !this.isFull)) return;
    let tokens = Number.POSITIVE_INFINITY;
    for (const request of this.running) tokens = Math.min(tokens, this.quietSteps(request));
    if (tokens <= 0) return;
    for (const request of this.running) {
      request.computed += tokens;
      request.tokens += tokens;
    }
  }

  private quietSteps(request: VllmRequest): number {
    if (request.computed < request.promptTokens + 2 * this.lag) return 0;
    let steps = request.promptTokens + request.outputTokens - request.tokens - 2 * this.lag;
    for (const { blockTokens, windowTokens } of this.groups) {
      steps = Math.min(steps, this.quietTokens(request.computed, blockTokens));
      if (windowTokens !== null)
        steps = Math.min(steps, this.quietTokens(request.computed - windowTokens + 1, blockTokens));
    }
    return steps;
  }

  /** Steps of decoding from a position until the next block end is near; 0 where one is. */
  private quietTokens(position: number, blockTokens: number): number {
    const place = ((position % blockTokens) + blockTokens) % blockTokens;
    return place <= this.lag ? 0 : blockTokens - this.lag - place;
  }

  /**
   * Plans a step, and takes the answer of the oldest one when no more may be on their way; the requests that ended. One that
   * the pool is too small for, even alone, ends too: a server would not start with such a length; what it had computed stays.
   */
  step(): VllmRequest[] {
    const ended: VllmRequest[] = [];
    const step = this.plan(ended);
    this.onTheWay.push(step);
    const most = this.options.hasAsyncScheduling ? 2 : 1;
    if (step.length > 0 && this.onTheWay.length < most) return ended;
    return [...ended, ...this.answer(this.onTheWay.shift()!)];
  }

  private plan(givenUp: VllmRequest[]): Step {
    const { coordinator, options } = this;
    coordinator.beginStep();
    const parts: Part[] = [];
    let budget = options.maxBatchedTokens;
    let hasPreempted = false;
    for (let index = 0; index < this.running.length && budget > 0; index++) {
      const request = this.running[index];
      if (this.isDone(request)) continue;
      const wanted = request.tokens + request.drafts + request.placeholders - request.computed;
      const tokens = this.stepTokens(request, request.computed, Math.min(wanted, budget));
      if (tokens <= 0) continue;
      let fits = coordinator.allocate(request, tokens, null, false);
      while (!fits) {
        const last = this.running.pop()!;
        this.preempt(last);
        hasPreempted = true;
        if (last === request) break;
        fits = coordinator.allocate(request, tokens, null, false);
      }
      if (!fits) {
        if (this.running.length === 0) givenUp.push(this.giveUpFirst());
        break;
      }
      parts.push(this.advance(request, tokens));
      budget -= tokens;
    }
    while (!hasPreempted && this.waiting.length > 0 && budget > 0) {
      const request = this.waiting[0];
      const part = this.admit(request, budget);
      this.isFull = part === null;
      if (part === null) {
        if (this.running.length === 0) givenUp.push(this.giveUpFirst());
        break;
      }
      this.waiting.shift();
      parts.push(part);
      budget -= part.tokens;
    }
    coordinator.endPlanning();
    return parts;
  }

  /** Looks up a waiting request and begins it; `null` when it has to wait. */
  private admit(request: VllmRequest, budget: number): Part | null {
    const { coordinator } = this;
    const found: Found = coordinator.find(request);
    request.junction = found.junction;
    const wanted = Math.min(request.tokens - found.tokens, budget);
    const tokens = this.stepTokens(request, found.tokens, wanted);
    if (tokens <= 0 || !coordinator.allocate(request, tokens, found, true)) return null;
    if (request.hitTokens < 0) request.hitTokens = found.tokens;
    request.isRunning = true;
    request.computed = found.tokens;
    this.running.push(request);
    return this.advance(request, tokens);
  }

  private stepTokens(request: VllmRequest, start: number, tokens: number): number {
    const most = Math.min(tokens, this.options.maxModelTokens - start - 1);
    return this.splitsSteps ? alignedTokens(request, start, most, this.stepRules) : most;
  }

  /** Whether the steps on their way give the last token. */
  private isDone({ placeholders, computed, promptTokens, outputTokens }: VllmRequest): boolean {
    return placeholders > 0 && computed + 2 - placeholders >= promptTokens + outputTokens;
  }

  private advance(request: VllmRequest, tokens: number): Part {
    const { hasAsyncScheduling, draftTokens } = this.options;
    const behind = request.computed + tokens - request.tokens - request.placeholders;
    const drafts = Math.max(0, Math.min(request.drafts, behind));
    const isPrefill = request.computed < Math.max(request.promptTokens, request.tokens - 1);
    request.computed += tokens;
    request.inFlight += tokens;
    request.drafts = 0;
    if (isPrefill) request.stepEnds.push(request.computed);
    const samples = request.computed >= request.tokens + request.placeholders;
    if (samples && hasAsyncScheduling) {
      request.placeholders += 1 + drafts;
      request.drafts = draftTokens;
    }
    return { request, tokens, drafts, samples };
  }

  /** Of those that wait, with nobody running. */
  private giveUpFirst(): VllmRequest {
    const request = this.waiting.shift()!;
    request.isFinished = true;
    request.isGivenUp = true;
    this.isFull = false;
    return request;
  }

  private preempt(request: VllmRequest): void {
    this.isFull = false;
    this.coordinator.free(request);
    request.isRunning = false;
    request.computed = 0;
    request.drafts = 0;
    request.placeholders = 0;
    request.stale = request.inFlight;
    this.waiting.unshift(request);
  }

  private answer(step: Step): VllmRequest[] {
    const ended: VllmRequest[] = [];
    for (const { request, tokens, drafts, samples } of step) {
      request.inFlight -= tokens;
      if (request.isFinished) continue;
      const isStale = request.stale > 0;
      if (isStale) request.stale = Math.max(0, request.stale - tokens);
      if (!samples) continue;
      // The draft tokens are taken to be wrong: what the model samples is one token.
      if (!isStale) {
        request.computed -= drafts;
        if (this.options.hasAsyncScheduling) request.placeholders -= drafts + 1;
      }
      request.tokens++;
      if (this.options.hasAsyncScheduling) {
        if (request.isRunning) this.coordinator.cache(request, request.computed - request.placeholders);
      } else request.drafts = this.options.draftTokens;
      if (request.tokens < request.promptTokens + request.outputTokens) continue;
      this.finish(request);
      ended.push(request);
    }
    return ended;
  }

  private finish(request: VllmRequest): void {
    request.isFinished = true;
    this.isFull = false;
    const from = request.isRunning ? this.running : this.waiting;
    const place = from.indexOf(request);
    invariant(place >= 0, "a request of vLLM ended that nobody knows");
    from.splice(place, 1);
    if (request.isRunning) this.coordinator.free(request);
    request.isRunning = false;
  }
}
