/**
 * Which nodes requests use that have not ended: those may not be evicted, nor removed, until they have. A request runs while
 * it is served, and with several in flight until as many later ones have begun; requests end in the order in which they came.
 */
import { Int32Column } from "../tokens/columns.ts";
import type { NodeId } from "../tree/radix-tree.ts";

/** A request that was served and has not ended. */
interface Running {
  readonly request: number;
  /** The end of its path. */
  readonly end: NodeId;
  /** `null` where it is not known. */
  readonly conversation: number | null;
}

export class Pins {
  /** Counts requests, from 1. */
  now = 0;
  /** Requests up to this one have ended. */
  private ended = 0;
  private isServing = false;
  /** Served and not ended, the oldest first. */
  private running: Running[] = [];
  /** The last request by which a node is pinned. */
  private readonly pinnedBy: Int32Column;

  constructor(pinnedBy = new Int32Column(64)) {
    this.pinnedBy = pinnedBy;
  }

  /** Those that were served and have not ended. */
  get runningRequests(): number {
    return this.running.length;
  }

  beginRequest(): void {
    this.now++;
    this.isServing = true;
  }

  /** The request runs on, on the path to `end`. */
  keepRunning(end: NodeId, conversation: number | null): void {
    this.isServing = false;
    this.running.push({ request: this.now, end, conversation });
  }

  endRequest(): void {
    this.isServing = false;
    this.ended = this.now;
  }

  /** The oldest running request ends, of which there must be one; where its path ends. */
  endOldest(): NodeId {
    const { request, end } = this.running.shift()!;
    this.ended = request;
    return end;
  }

  isPinned(node: NodeId): boolean {
    return this.pinnedBy.data[node] > this.ended;
  }

  /** Whether the request that is being served uses it. */
  isInUse(node: NodeId): boolean {
    return this.isServing && this.pinnedBy.data[node] === this.now;
  }

  isEndOfRunning(node: NodeId): boolean {
    return this.running.some(({ end }) => end === node);
  }

  isRunning(conversation: number): boolean {
    return this.running.some((request) => request.conversation === conversation);
  }

  pin(node: NodeId): void {
    this.pinnedBy.data[node] = this.now;
  }

  /** A node came to be, whose id may have been pinned before. */
  added(node: NodeId): void {
    this.pinnedBy.reserve(node + 1);
    this.pinnedBy.data[node] = 0;
  }

  /** Whoever uses the lower part uses the upper one. */
  wasSplit(upper: NodeId, lower: NodeId): void {
    this.pinnedBy.reserve(upper + 1);
    this.pinnedBy.data[upper] = this.pinnedBy.data[lower];
  }

  /** Between two requests. */
  copy(): Pins {
    const copy = new Pins(this.pinnedBy.copy());
    copy.now = this.now;
    copy.ended = this.ended;
    copy.running = this.running.slice();
    return copy;
  }
}
