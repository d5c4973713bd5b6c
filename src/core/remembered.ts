/** The last result of a stage, given again while its inputs are the same values or objects. */
export class Remembered<T> {
  #inputs: readonly unknown[] | null = null;
  #result: T | undefined;

  /** The result that belongs to these inputs, if it is the last one. */
  of(inputs: readonly unknown[]): { readonly result: T } | null {
    const known = this.#inputs;
    const isSame =
      known !== null &&
      known.length === inputs.length &&
      inputs.every((input, at) => Object.is(input, known[at]));
    return isSame ? { result: this.#result as T } : null;
  }

  keep(inputs: readonly unknown[], result: T): T {
    this.#inputs = inputs;
    this.#result = result;
    return result;
  }

  /** The result of `make`, unless the inputs are those of last time. */
  get(inputs: readonly unknown[], make: () => T): T {
    return (this.of(inputs) ?? { result: this.keep(inputs, make()) }).result;
  }

  /** The same of work in steps; work that is not carried to its end leaves no result. */
  *steps<S>(inputs: readonly unknown[], make: () => Generator<S, T, void>): Generator<S, T, void> {
    const known = this.of(inputs);
    return known === null ? this.keep(inputs, yield* make()) : known.result;
  }
}
