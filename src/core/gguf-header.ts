/**
 * The header of a GGUF file (ggml-org/ggml, docs/gguf.md): the table of keys and values, and the names of the tensors. Read as
 * data of a stranger: every length is checked before it is believed, nothing is nested, and lists of texts are decoded only when
 * they are asked for. Of the tensors themselves nothing is read but their sizes.
 */

export type GgufValue = number | boolean | string | GgufList;

/** A list; numbers are decoded at once, texts when they are asked for. */
export interface GgufList {
  readonly length: number;
  /** `null` for a list of texts. */
  readonly numbers: readonly number[] | null;
  /** Of a list of texts. */
  texts(): readonly string[];
}

export interface GgufHeader {
  readonly version: number;
  readonly values: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly string[];
  /** Of the tensors of this file; `null` where one has a type that is not known. */
  readonly tensorBytes: number | null;
}

/** The bytes end before the header does: more of the file is needed. */
export class GgufTooShortError extends Error {
  override readonly name = "GgufTooShortError";
}

/** What is no header. The message completes "it is no GGUF file that can be read: ". */
export class GgufError extends Error {
  override readonly name = "GgufError";
}

/** More than any file has. */
const limits = {
  keys: 4096,
  keyBytes: 512,
  textBytes: 4 * 2 ** 20,
  items: 4_000_000,
  tensors: 200_000,
  dimensions: 8,
} as const;

/** Width in bytes of the kinds with a fixed one. */
const widths: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
/** Bytes and elements of a block of each type of tensors (ggml.h, `ggml_type`; ggml-common.h). */
const blockTypes: Readonly<Record<number, readonly [bytes: number, elements: number]>> = {
  0: [4, 1],
  1: [2, 1],
  2: [18, 32],
  3: [20, 32],
  6: [22, 32],
  7: [24, 32],
  8: [34, 32],
  9: [36, 32],
  10: [84, 256],
  11: [110, 256],
  12: [144, 256],
  13: [176, 256],
  14: [210, 256],
  15: [292, 256],
  16: [66, 256],
  17: [74, 256],
  18: [98, 256],
  19: [50, 256],
  20: [18, 32],
  21: [110, 256],
  22: [82, 256],
  23: [136, 256],
  24: [1, 1],
  25: [2, 1],
  26: [4, 1],
  27: [8, 1],
  28: [8, 1],
  29: [56, 256],
  30: [2, 1],
  34: [54, 256],
  35: [66, 256],
  39: [17, 32],
};

const textKind = 8;
const listKind = 9;

/** `bytes` begin where the file does. Throws `GgufTooShortError` or `GgufError`. */
export function readGgufHeader(bytes: Uint8Array, decode: (utf8: Uint8Array) => string): GgufHeader {
  const cursor = new Cursor(bytes, decode);
  if (cursor.ascii(4) !== "GGUF") throw new GgufError("it does not begin with GGUF");
  const version = cursor.uint32();
  if (version !== 2 && version !== 3) throw new GgufError(`its version is ${version}, and 2 and 3 are known`);
  const tensorCount = cursor.count("tensors", limits.tensors);
  const keyCount = cursor.count("keys", limits.keys);
  const values = new Map<string, GgufValue>();
  for (let index = 0; index < keyCount; index++) {
    const key = cursor.text(limits.keyBytes);
    values.set(key, cursor.value(cursor.uint32(), key));
  }
  const tensors: string[] = [];
  let tensorBytes: number | null = 0;
  for (let index = 0; index < tensorCount; index++) {
    tensors.push(cursor.text(limits.keyBytes));
    const dimensions = cursor.uint32();
    if (dimensions > limits.dimensions) throw new GgufError(`a tensor has ${dimensions} dimensions`);
    let elements = 1;
    for (let dimension = 0; dimension < dimensions; dimension++) elements *= cursor.size();
    const type = blockTypes[cursor.uint32()];
    if (type === undefined || tensorBytes === null) tensorBytes = null;
    else tensorBytes += (elements / type[1]) * type[0];
    // Where it stands.
    cursor.skip(8);
  }
  const isSum = tensorBytes !== null && Number.isSafeInteger(Math.ceil(tensorBytes));
  return { version, values, tensors, tensorBytes: isSum ? tensorBytes : null };
}

class Cursor {
  readonly #bytes: Uint8Array;
  readonly #decode: (utf8: Uint8Array) => string;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array, decode: (utf8: Uint8Array) => string) {
    this.#bytes = bytes;
    this.#decode = decode;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  skip(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw new GgufTooShortError("the header is longer");
    this.#at = start + length;
    return start;
  }

  uint32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  /** Of 64 bits; beyond what a number holds exactly it is near. */
  size(): number {
    const low = this.uint32();
    return low + this.uint32() * 2 ** 32;
  }

  count(what: string, most: number): number {
    const value = this.#view.getBigUint64(this.skip(8), true);
    if (value > most) throw new GgufError(`it says that it has ${value} ${what}`);
    return Number(value);
  }

  ascii(length: number): string {
    const start = this.skip(length);
    return String.fromCharCode(...this.#bytes.subarray(start, start + length));
  }

  text(most: number): string {
    const length = this.count("bytes in a text", most);
    const start = this.skip(length);
    return this.#decode(this.#bytes.subarray(start, start + length));
  }

  value(kind: number, key: string): GgufValue {
    if (kind === textKind) return this.text(limits.textBytes);
    if (kind === listKind) return this.#list(key);
    return this.#number(kind, key);
  }

  #number(kind: number, key: string): number | boolean {
    const width = widths[kind];
    if (width === undefined)
      throw new GgufError(`the value of ${JSON.stringify(key)} is of the unknown kind ${kind}`);
    const at = this.skip(width);
    switch (kind) {
      case 0:
        return this.#view.getUint8(at);
      case 1:
        return this.#view.getInt8(at);
      case 2:
        return this.#view.getUint16(at, true);
      case 3:
        return this.#view.getInt16(at, true);
      case 4:
        return this.#view.getUint32(at, true);
      case 5:
        return this.#view.getInt32(at, true);
      case 6:
        return this.#view.getFloat32(at, true);
      case 7:
        return this.#view.getUint8(at) !== 0;
      case 10:
        return Number(this.#view.getBigUint64(at, true));
      case 11:
        return Number(this.#view.getBigInt64(at, true));
      default:
        return this.#view.getFloat64(at, true);
    }
  }

  #list(key: string): GgufList {
    const kind = this.uint32();
    const length = this.count(`items in ${JSON.stringify(key)}`, limits.items);
    if (kind === textKind) return this.#texts(length);
    const width = widths[kind];
    if (width === undefined)
      throw new GgufError(
        `the items of ${JSON.stringify(key)} are of the kind ${kind}, which lists do not hold here`,
      );
    // Checked as a whole before anything is made: the length is only said.
    const start = this.skip(width * length);
    const end = this.#at;
    this.#at = start;
    const numbers = Array.from({ length }, () => Number(this.#number(kind, key)));
    this.#at = end;
    return { length, numbers, texts: () => [] };
  }

  #texts(length: number): GgufList {
    const start = this.#at;
    for (let index = 0; index < length; index++) this.skip(this.count("bytes in a text", limits.textBytes));
    const bytes = this.#bytes.subarray(start, this.#at);
    const texts = () => {
      const again = new Cursor(bytes, this.#decode);
      return Array.from({ length }, () => again.text(limits.textBytes));
    };
    return { length, numbers: null, texts };
  }
}
