/** The beginning of a GGUF file, up to the end of its header. The weights, which may be larger than the memory, are not read. */
import { closeSync, openSync, readSync } from "node:fs";
import { CostError } from "../../core/cost/cost-error.ts";
import { type GgufHeader, GgufTooShortError, readGgufHeader } from "../../core/gguf-header.ts";
import { bytes } from "../../words/numbers.ts";

/** A header holds the vocabulary: the largest that we know has 15 MB. */
const maxHeaderBytes = 64 * 2 ** 20;
/** Read at first; four times as much each time that it is not enough. */
const firstHeaderBytes = 2 ** 20;

export function isGgufFile(path: string): boolean {
  return /\.gguf$/i.test(path);
}

/** Throws what is in the way: `GgufError` or `CostError`. */
export function ggufHeaderOf(file: string, size: number): GgufHeader {
  const decoder = new TextDecoder();
  for (let length = firstHeaderBytes; ; length *= 4) {
    const end = Math.min(length, size, maxHeaderBytes);
    try {
      return readGgufHeader(beginning(file, end), (utf8) => decoder.decode(utf8));
    } catch (error) {
      if (!(error instanceof GgufTooShortError)) throw error;
      if (end === size) throw new CostError("it ends before its header does");
      if (end === maxHeaderBytes)
        throw new CostError(`its header is longer than the ${bytes(maxHeaderBytes)} that are read at most`);
    }
  }
}

function beginning(file: string, length: number): Uint8Array {
  const buffer = new Uint8Array(length);
  const handle = openSync(file, "r");
  try {
    let filled = 0;
    while (filled < length) {
      const read = readSync(handle, buffer, filled, length - filled, filled);
      if (read === 0) break;
      filled += read;
    }
    return buffer.subarray(0, filled);
  } finally {
    closeSync(handle);
  }
}
