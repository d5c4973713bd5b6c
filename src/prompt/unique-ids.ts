/** Ids of the templates of one file. */

/** Several documents of one file, one key or one name twice, ask for the same id. */
export class UniqueIds {
  readonly #given = new Set<string>();
  /** How often each was asked for. */
  readonly #counts = new Map<string, number>();

  next(wanted: string): string {
    let count = this.#counts.get(wanted) ?? 0;
    let id = wanted;
    do {
      count++;
      if (count > 1) id = `${wanted}${wanted.includes("#") ? "-" : "#"}${count}`;
    } while (this.#given.has(id));
    this.#counts.set(wanted, count);
    this.#given.add(id);
    return id;
  }
}
