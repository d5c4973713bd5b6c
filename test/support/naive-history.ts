/** What was sent before, as a list of sequences: the specification that `SequenceHistory` is compared with. */

interface Known {
  readonly symbols: readonly number[];
  /** `null` where it brought nothing new when it was sent. */
  readonly turn: number | null;
  isContinued: boolean;
}

export class NaiveHistory {
  turn = 0;
  deepestFork = 0;
  private readonly known: Known[] = [];

  observe(sequence: readonly number[], promptSymbols: number): void {
    const prompt = sequence.slice(0, promptSymbols);
    this.turn = this.turnOf(prompt);
    this.deepestFork = this.forkOf(prompt);
    const isNew =
      sequence.length > 0 &&
      !this.known.some(({ symbols }) => commonLength(symbols, sequence) === sequence.length);
    this.known.push({ symbols: sequence, turn: isNew ? this.turn : null, isContinued: false });
  }

  continuationRate(turn: number): number {
    const ended = this.known.filter((known) => known.turn === turn);
    return (ended.filter(({ isContinued }) => isContinued).length + 1) / (ended.length + 1);
  }

  private turnOf(prompt: readonly number[]): number {
    const before = this.known.filter(
      ({ symbols, turn }) =>
        turn !== null && symbols.length > 0 && commonLength(symbols, prompt) === symbols.length,
    );
    const deepest = before.reduce<Known | null>(
      (best, known) => (best === null || known.symbols.length > best.symbols.length ? known : best),
      null,
    );
    if (deepest === null) return 0;
    deepest.isContinued = true;
    return Math.min(6, deepest.turn! + 1);
  }

  private forkOf(prompt: readonly number[]): number {
    const longest = Math.max(0, ...this.known.map(({ symbols }) => commonLength(symbols, prompt)));
    for (let depth = longest; depth > 0; depth--) {
      const shared = this.known.filter(({ symbols }) => commonLength(symbols, prompt) >= depth);
      const next = new Set(
        shared.filter(({ symbols }) => symbols.length > depth).map(({ symbols }) => symbols[depth]),
      );
      // At the end of what is known one continuation is a fork: the prompt takes another way, or stops before it.
      if (next.size >= (depth === longest ? 1 : 2)) return depth;
    }
    return 0;
  }
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
