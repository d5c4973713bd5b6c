/**
 * Writes GGUF, version 3: what is known of a model, the names and shapes of its tensors, and their numbers in 32 bits.
 * Source: ggml-org/ggml docs/gguf.md.
 */

/** A number is one of 32 bits without a sign; one with a point is written as `{ float }`. */
export type GgufValue =
  | string
  | number
  | boolean
  | { readonly float: number }
  | { readonly strings: readonly string[] }
  | { readonly floats: Float32Array }
  | { readonly ints: Int32Array };

export interface GgufTensor {
  readonly name: string;
  /** The dimension along which numbers lie side by side comes first. */
  readonly shape: readonly number[];
  /** As many as the shape says. */
  readonly values: Float32Array;
}

const alignment = 32;
const version = 3;
const types = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;
/** Of tensors. */
const f32 = 0;

/** Throws an `Error` where the numbers of a tensor are not as many as its shape says. */
export function writeGguf(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): Uint8Array {
  const head = new Writer();
  head.ascii("GGUF");
  head.uint32(version);
  head.uint64(tensors.length);
  head.uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    head.string(key);
    writeValue(head, value);
  }
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    const count = shape.reduce((product, length) => product * length, 1);
    if (count !== values.length)
      throw new Error(`The tensor ${name} has ${values.length} numbers, and its shape ${count}.`);
    head.string(name);
    head.uint32(shape.length);
    for (const length of shape) head.uint64(length);
    head.uint32(f32);
    head.uint64(offset);
    offset = aligned(offset + values.byteLength);
  }
  head.padTo(alignment);
  const start = head.length;
  const file = new Uint8Array(start + offset);
  file.set(head.bytes());
  const data = new DataView(file.buffer);
  let position = start;
  for (const { values } of tensors) {
    for (const [index, value] of values.entries()) data.setFloat32(position + 4 * index, value, true);
    position = aligned(position + values.byteLength);
  }
  return file;
}

function writeValue(out: Writer, value: GgufValue): void {
  if (typeof value === "string") {
    out.uint32(types.string);
    out.string(value);
  } else if (typeof value === "number") {
    out.uint32(types.uint32);
    out.uint32(value);
  } else if (typeof value === "boolean") {
    out.uint32(types.bool);
    out.uint8(value ? 1 : 0);
  } else if ("float" in value) {
    out.uint32(types.float32);
    out.float32(value.float);
  } else if ("strings" in value) {
    writeArrayHead(out, types.string, value.strings.length);
    for (const text of value.strings) out.string(text);
  } else if ("floats" in value) {
    writeArrayHead(out, types.float32, value.floats.length);
    for (const number of value.floats) out.float32(number);
  } else {
    writeArrayHead(out, types.int32, value.ints.length);
    for (const number of value.ints) out.uint32(number);
  }
}

function writeArrayHead(out: Writer, type: number, length: number): void {
  out.uint32(types.array);
  out.uint32(type);
  out.uint64(length);
}

function aligned(offset: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** Bytes that grow, the least one first. */
class Writer {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  uint8(value: number): void {
    const at = this.#take(1);
    this.#view.setUint8(at, value);
  }

  uint32(value: number): void {
    const at = this.#take(4);
    this.#view.setUint32(at, value, true);
  }

  uint64(value: number): void {
    const at = this.#take(8);
    this.#view.setBigUint64(at, BigInt(value), true);
  }

  float32(value: number): void {
    const at = this.#take(4);
    this.#view.setFloat32(at, value, true);
  }

  ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.uint8(text.charCodeAt(i));
  }

  /** Its length in UTF-8 stands in front of it. */
  string(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.uint64(encoded.length);
    const at = this.#take(encoded.length);
    this.#bytes.set(encoded, at);
  }

  padTo(multiple: number): void {
    while (this.length % multiple !== 0) this.uint8(0);
  }

  #take(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length <= this.#bytes.length) return at;
    const larger = new Uint8Array(2 * this.length);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
    return at;
  }
}
