/** A sequence in a slot or in host memory, with the checkpoints that belong to it. */
import type { OrderedSequence } from "./sequence-order.ts";

export interface Checkpoint {
  /** Leading tokens that it stands behind. */
  readonly position: number;
  /** The number of the request that made it. */
  readonly request: number;
}

export interface Sequence extends OrderedSequence {
  /** Ascending by position; those of one position in the order in which they were made. */
  checkpoints: Checkpoint[];
}
