/** Bytes of a file to text, or the reason why the file is left out. */

import { t } from "../../words/l10n.ts";
import { bytes, plural } from "../../words/numbers.ts";

export type FileText =
  | { readonly text: string; readonly reason: null }
  | { readonly text: null; readonly reason: string };

/** Node, workers and pages all have it; `lib` knows it only together with the rest of the DOM. */
declare class TextDecoder {
  constructor(label: "utf-8", options?: { readonly fatal: true });
  /** Throws where the bytes are not valid. */
  decode(bytes: Uint8Array): string;
}

/** Bytes looked at to tell binary files, as Git does. */
const probedBytes = 8000;

export function tooLarge(size: number, maxBytes: number): string | null {
  if (size <= maxBytes) return null;
  // Just above the limit the two would read alike.
  const said = bytes(size) === bytes(maxBytes) ? (value: number) => plural(value, "byte") : bytes;
  return t("it has {size}, more than the {maxBytes} that are read at most", {
    size: said(size),
    maxBytes: said(maxBytes),
  });
}

export function decode(content: Uint8Array): FileText {
  const hasUtf16Mark =
    (content[0] === 0xff && content[1] === 0xfe) || (content[0] === 0xfe && content[1] === 0xff);
  if (hasUtf16Mark) return { text: null, reason: t("it is UTF-16; save it as UTF-8") };
  if (content.subarray(0, probedBytes).includes(0)) return { text: null, reason: t("it is binary") };
  try {
    // A byte order mark is dropped, as the editor does: offsets then agree with an open document.
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(content), reason: null };
  } catch {
    return { text: null, reason: t("it is not valid UTF-8; save it as UTF-8") };
  }
}

/** The text of a file that is read in any case, whatever its encoding. */
export function decodeLoosely(content: Uint8Array): string {
  return new TextDecoder("utf-8").decode(content);
}
