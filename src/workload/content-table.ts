/** Numbers texts by the place where they stand: equal numbers mean equal text at the same place. */
export interface ContentTable {
  idOf(place: string, text: string): number;
  /** A number that no other text has. */
  fresh(): number;
}

interface Content {
  readonly id: number;
  /** Owners that hold it. */
  owners: number;
}

/**
 * One numbering for many templates, each of which is rendered again by itself: what two of them share, such as a partial,
 * has one number in both. A text that nobody holds any more is forgotten, so that hours of edits do not add up.
 */
export class SharedContents {
  readonly #places = new Map<string, Map<string, Content>>();
  #count = 0;

  /** The table of one owner; `release` gives up all that it numbered. */
  owned(): ContentTable & { release(): void } {
    const held = new Map<string, Map<string, Content>>();
    return {
      idOf: (place, text) => {
        const own = entryOf(held, place);
        let content = own.get(text);
        if (content === undefined) {
          content = this.#contentOf(place, text);
          content.owners++;
          own.set(text, content);
        }
        return content.id;
      },
      fresh: () => this.#count++,
      release: () => {
        for (const [place, texts] of held) this.#release(place, texts);
        held.clear();
      },
    };
  }

  #contentOf(place: string, text: string): Content {
    const texts = entryOf(this.#places, place);
    let content = texts.get(text);
    if (content === undefined) {
      content = { id: this.#count++, owners: 0 };
      texts.set(text, content);
    }
    return content;
  }

  #release(place: string, held: ReadonlyMap<string, Content>): void {
    const texts = this.#places.get(place);
    for (const [text, content] of held) if (--content.owners === 0) texts?.delete(text);
    if (texts?.size === 0) this.#places.delete(place);
  }
}

function entryOf(places: Map<string, Map<string, Content>>, place: string): Map<string, Content> {
  let texts = places.get(place);
  if (texts === undefined) {
    texts = new Map();
    places.set(place, texts);
  }
  return texts;
}
