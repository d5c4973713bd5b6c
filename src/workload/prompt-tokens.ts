/** Messages to token ids, and to the runs that say which source each token came from. */
import type { PromptRuns } from "../core/replay/request.ts";
import type { Encoding, Tokenizer } from "../prompt/tokenizer.ts";
import type { Message, Piece } from "./render.ts";

/** Numbers texts by the place where they stand: equal numbers mean equal text at the same place. */
export interface ContentTable {
  idOf(place: string, text: string): number;
}

export function createContentTable(): ContentTable {
  const places = new Map<string, Map<string, number>>();
  let count = 0;
  return {
    idOf(place, text) {
      let texts = places.get(place);
      if (texts === undefined) {
        texts = new Map();
        places.set(place, texts);
      }
      let id = texts.get(text);
      if (id === undefined) {
        id = count++;
        texts.set(text, id);
      }
      return id;
    },
  };
}

export interface PromptTokens {
  readonly tokens: Int32Array;
  /** Where each message ends, in tokens; ascending. */
  readonly messageEnds: readonly number[];
  readonly runs: PromptRuns;
}

/** For one template. Keeps the encodings of messages that come again, as system messages and histories do. */
export class PromptEncoder {
  readonly #tokenizer: Tokenizer;
  readonly #contents: ContentTable;
  readonly #known = new Map<string, Encoding>();
  #knownLength = 0;

  constructor(tokenizer: Tokenizer, contents: ContentTable) {
    this.#tokenizer = tokenizer;
    this.#contents = contents;
  }

  prompt(messages: readonly Message[]): PromptTokens {
    const starts: number[] = [];
    const segments: number[] = [];
    const contents: number[] = [];
    const parts: Int32Array[] = [];
    const messageEnds: number[] = [];
    let length = 0;
    for (const message of messages) {
      const pieces = trimmedPieces(message);
      if (pieces.length === 0) continue;
      const { ids, ends } = this.text(pieces.map((piece) => piece.text).join(""));
      forEachRun(pieces, ends, (piece, start) => {
        starts.push(length + start);
        segments.push(piece.segment);
        contents.push(this.#contents.idOf(piece.place, piece.text));
      });
      parts.push(ids);
      length += ids.length;
      messageEnds.push(length);
    }
    const runs = {
      starts: Int32Array.from(starts),
      segments: Int32Array.from(segments),
      contents: Int32Array.from(contents),
    };
    return { tokens: joined(parts, length), messageEnds, runs };
  }

  text(text: string): Encoding {
    let encoding = this.#known.get(text);
    if (encoding === undefined) {
      encoding = this.#tokenizer.encodeWithEnds(text);
      this.#knownLength += text.length;
      if (this.#knownLength > maximumKnownLength) {
        this.#known.clear();
        this.#knownLength = text.length;
      }
      this.#known.set(text, encoding);
    }
    return encoding;
  }
}

/** UTF-16 units of remembered message text, per template. */
const maximumKnownLength = 4_000_000;

/**
 * Formats trim the messages that they can see whole. A message that a block makes, as loops over a history do,
 * is complete only here: the layout of the block around it is not sent.
 */
export function trimmedPieces(message: Message): readonly Piece[] {
  if (message.role === null) return message.pieces;
  const pieces = [...message.pieces];
  for (let first = pieces[0]; first?.isLayout === true; first = pieces[0]) {
    const text = first.text.trimStart();
    if (text !== "") {
      pieces[0] = { ...first, text };
      break;
    }
    pieces.shift();
  }
  for (let last = pieces.at(-1); last?.isLayout === true; last = pieces.at(-1)) {
    const text = last.text.trimEnd();
    if (text !== "") {
      pieces[pieces.length - 1] = { ...last, text };
      break;
    }
    pieces.pop();
  }
  return pieces;
}

/** Calls `visit` for each piece in which at least one token starts, with the first such token. */
function forEachRun(
  pieces: readonly Piece[],
  ends: Int32Array,
  visit: (piece: Piece, firstToken: number) => void,
): void {
  let index = 0;
  let pieceEnd = pieces[0]!.text.length;
  let visited = -1;
  for (let token = 0; token < ends.length; token++) {
    const start = token === 0 ? 0 : ends[token - 1]!;
    // Tokens that share one character end together: the later ones start inside it, in the same piece.
    const isInsideCharacter = token > 0 && ends[token] === start;
    while (!isInsideCharacter && start >= pieceEnd && index < pieces.length - 1) {
      index++;
      pieceEnd += pieces[index]!.text.length;
    }
    if (index !== visited) {
      visit(pieces[index]!, token);
      visited = index;
    }
  }
}

function joined(parts: readonly Int32Array[], length: number): Int32Array {
  const all = new Int32Array(length);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
