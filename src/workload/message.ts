/** Messages as they are rendered, made of pieces that know their source. */
import type { BlockKind, Role } from "../prompt/template.ts";

/** Rendered text of one place. */
export interface Piece {
  /** Index into `Workload.segments`. */
  readonly segment: number;
  readonly place: string;
  readonly text: string;
  /** Static text of a block's body. */
  readonly isLayout: boolean;
  /** Set where a block of content ends with it. */
  readonly endsBlock?: BlockKind;
}

export interface Message {
  /** `null` for text without any role. */
  readonly role: Role | null;
  /** What began the message: a marker, or what stands for a history; `null` where nothing in the template did. */
  readonly marker: { readonly segment: number } | null;
  readonly pieces: readonly Piece[];
}

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
