/**
 * Where the messages of the user begin in a rendered conversation, as a server sees it that looks for the text that opens one:
 * results of tools that a template writes as messages of the user are such, and so is what a content quotes.
 * Source: ggml-org/llama.cpp common/chat.cpp, `common_chat_msg_delimiters`.
 */
import type { SpecialPiece } from "../../tokenizers/special-tokens.ts";
import type { Layout } from "./layout.ts";

/** What is known of the template that rendered it. */
export interface Opening {
  /** Asks for an answer, and so opens a message of the model. */
  readonly generationPrompt: string;
  /** Special tokens of a text, and what stands between them. */
  pieces(text: string): readonly SpecialPiece[];
}

/** UTF-16 offsets, ascending; none where nobody can tell how a message of the user is opened. */
export function userStarts(
  { text, stretches }: Layout,
  isUser: (message: number) => boolean,
  opening: Opening,
): readonly number[] {
  const own = stretches.findLast(({ kind, index }) => kind === "markup" && index >= 0 && isUser(index));
  if (own === undefined) return [];
  const header = headerOf(text.slice(own.start, own.end), opening);
  if (header === "") return [];
  const starts: number[] = [];
  for (let at = text.indexOf(header); at >= 0; at = text.indexOf(header, at + header.length)) starts.push(at);
  return starts;
}

/** From the token on that opens messages of the model too, else from the last special token. */
function headerOf(markup: string, { generationPrompt, pieces }: Opening): string {
  const [first] = pieces(generationPrompt).filter(({ id }) => id !== null);
  const opens = first === undefined ? -1 : markup.lastIndexOf(generationPrompt.slice(first.start, first.end));
  const from = opens >= 0 ? opens : (pieces(markup).findLast(({ id }) => id !== null)?.start ?? -1);
  return from < 0 ? "" : markup.slice(from).trimEnd();
}
