/**
 * Token sequences in the order of their tokens, each with what it shares with the next one. A new sequence finds its place
 * by binary search; what it shares with all others follows from its two neighbours, without another look at tokens:
 * the common prefix of two sequences is the least of those between neighbours on the way from one to the other.
 */
import { commonPrefixLength } from "../../../tokens/common-prefix.ts";

export interface OrderedSequence {
  readonly tokens: Int32Array;
  /** Leading tokens in common with the sequence that was measured last. */
  shared: number;
}

interface Place {
  /** Of the first sequence that does not stand before it. */
  readonly index: number;
  readonly sharedBefore: number;
  readonly sharedAfter: number;
}

export class SequenceOrder<Sequence extends OrderedSequence> {
  readonly #sequences: Sequence[] = [];
  /** Tokens that the sequence at this index shares with the next one; 0 for the last. */
  readonly #sharedWithNext: number[] = [];

  /** O(log n) comparisons, of about the length of `tokens` together. */
  add(sequence: Sequence): void {
    this.#insert(sequence, this.#placeOf(sequence.tokens));
  }

  /** A sequence of the same tokens as one that is there. No token is compared. */
  addCopy(copy: Sequence, of: Sequence): void {
    const index = this.#sequences.indexOf(of);
    this.#sequences.splice(index + 1, 0, copy);
    this.#sharedWithNext.splice(index, 0, of.tokens.length);
  }

  delete(sequence: Sequence): void {
    const index = this.#sequences.indexOf(sequence);
    if (index < 0) return;
    const [toNext = 0] = this.#sharedWithNext.splice(index, 1);
    this.#sequences.splice(index, 1);
    if (index > 0) this.#sharedWithNext[index - 1] = Math.min(this.#sharedWithNext[index - 1], toNext);
  }

  /** Writes into each sequence what it shares with these tokens. */
  measure(tokens: Int32Array): void {
    const { index, sharedBefore, sharedAfter } = this.#placeOf(tokens);
    let shared = sharedBefore;
    for (let i = index - 1; i >= 0; i--) {
      if (i < index - 1) shared = Math.min(shared, this.#sharedWithNext[i]);
      this.#sequences[i].shared = shared;
    }
    shared = sharedAfter;
    for (let i = index; i < this.#sequences.length; i++) {
      if (i > index) shared = Math.min(shared, this.#sharedWithNext[i - 1]);
      this.#sequences[i].shared = shared;
    }
  }

  /** The others that begin with this one, equal ones among them. */
  beginningWith(sequence: Sequence): Sequence[] {
    const { length } = sequence.tokens;
    const found: Sequence[] = [];
    const index = this.#sequences.indexOf(sequence);
    for (let i = index; this.#sharedWithNext[i] >= length && i + 1 < this.#sequences.length; i++)
      found.push(this.#sequences[i + 1]);
    for (let i = index - 1; i >= 0 && this.#sharedWithNext[i] >= length; i--) found.push(this.#sequences[i]);
    return found;
  }

  /** The others that this one begins with, those of no tokens left out. */
  beginningsOf(sequence: Sequence): Sequence[] {
    const found: Sequence[] = [];
    let shared = sequence.tokens.length;
    for (let i = this.#sequences.indexOf(sequence) - 1; i >= 0; i--) {
      shared = Math.min(shared, this.#sharedWithNext[i]);
      if (shared === 0) break;
      if (this.#sequences[i].tokens.length <= shared) found.push(this.#sequences[i]);
    }
    return found;
  }

  #insert(sequence: Sequence, { index, sharedBefore, sharedAfter }: Place): void {
    this.#sequences.splice(index, 0, sequence);
    this.#sharedWithNext.splice(index, 0, sharedAfter);
    if (index > 0) this.#sharedWithNext[index - 1] = sharedBefore;
  }

  /** What both ends of the search share with the tokens, everything between them shares too. */
  #placeOf(tokens: Int32Array): Place {
    let [before, after] = [-1, this.#sequences.length];
    let [sharedBefore, sharedAfter] = [0, 0];
    while (after - before > 1) {
      const middle = (before + after) >> 1;
      const other = this.#sequences[middle].tokens;
      const known = Math.min(sharedBefore, sharedAfter);
      const limit = Math.min(other.length, tokens.length) - known;
      const shared = known + commonPrefixLength(other, known, tokens, known, limit);
      const isBefore = shared < tokens.length && (shared === other.length || other[shared] < tokens[shared]);
      if (isBefore) [before, sharedBefore] = [middle, shared];
      else [after, sharedAfter] = [middle, shared];
    }
    return { index: after, sharedBefore, sharedAfter };
  }
}
