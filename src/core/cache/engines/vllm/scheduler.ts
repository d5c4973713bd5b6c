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
    this.waiting.push(request);
  }

  /**
   * Serves one request from its beginning to its end; nobody else may be there. False when the pool is too small for it: a
   * server would not start with such a length; it is given up, and what it had computed stays.
   */
  serve(request: VllmRequest): boolean {
    this.add(request);
    while (!request.isFinished) {
      this.leap(request);
      this.step();
      // Not admitted, or preempted for its own sake.
      if (request.isRunning || request.isFinished) continue;
      this.waiting.length = 0;
      this.onTheWay.length = 0;
      return false;
    }
    this.onTheWay.length = 0;
    return true;
  }

  /**
   * Decodes up to where the next step does more than one token: takes a block, makes one reachable, or gives one up. Such
   * steps lie around block ends, and around where a block leaves a window; the request is alone.
   */
  private leap(request: VllmRequest): void {
    if (!request.isRunning || request.computed < request.promptTokens + 2 * this.lag) return;
    let tokens = request.promptTokens + request.outputTokens - request.tokens - 2 * this.lag;
    for (const { blockTokens, windowTokens } of this.groups) {
      tokens = Math.min(tokens, this.quietTokens(request.computed, blockTokens));
      if (windowTokens !== null)
        tokens = Math.min(tokens, this.quietTokens(request.computed - windowTokens + 1, blockTokens));
    }
    if (tokens <= 0) return;
    request.computed += tokens;
    request.tokens += tokens;
  }

  /** Steps of decoding from a position until the next block end is near; 0 where one is. */
  private quietTokens(position: number, blockTokens: number): number {
    const place = ((position % blockTokens) + blockTokens) % blockTokens;
    return place <= this.lag ? 0 : blockTokens - this.lag - place;
  }

  /** Plans a step, and takes the answer of the oldest one when no more may be on their way; the requests that ended. */
  step(): VllmRequest[] {
    const step = this.plan();
    this.onTheWay.push(step);
    const most = this.options.hasAsyncScheduling ? 2 : 1;
    if (step.length > 0 && this.onTheWay.length < most) return [];
    return this.answer(this.onTheWay.shift()!);
  }

  private plan(): Step {
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
      if (!fits) break;
      parts.push(this.advance(request, tokens));
      budget -= tokens;
    }
    while (!hasPreempted && this.waiting.length > 0 && budget > 0) {
      const request = this.waiting[0];
      const part = this.admit(request, budget);
      if (part === null) break;
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

  private preempt(request: VllmRequest): void {
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
    const from = request.isRunning ? this.running : this.waiting;
    const place = from.indexOf(request);
    invariant(place >= 0, "a request of vLLM ended that nobody knows");
    from.splice(place, 1);
    if (request.isRunning) this.coordinator.free(request);
    request.isRunning = false;
  }
}
