/** GGUF files for tests: what a converter would write, without weights. */

type Value = number | boolean | string | readonly number[] | readonly string[];

/** Numbers are written as `uint32`, lists of them as `int32`, as the converters of llama.cpp do. */
export function ggufBytes(values: Readonly<Record<string, Value>>, tensors: readonly string[]): Uint8Array {
  const entries = Object.entries(values);
  return bytesOf([
    ..."GGUF",
    u32(3),
    u64(tensors.length),
    u64(entries.length),
    ...entries.flatMap(([key, value]) => [text(key), valueBytes(value)]),
    ...tensors.flatMap((name) => [text(name), u32(2), u64(64), u64(64), u32(0), u64(0)]),
  ]);
}

export function bytesOf(parts: readonly (string | Uint8Array)[]): Uint8Array {
  const all = parts.map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part));
  const result = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const part of all) {
    result.set(part, filled);
    filled += part.length;
  }
  return result;
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

export function u64(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

export function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return bytesOf([u64(bytes.length), bytes]);
}

function valueBytes(value: Value): Uint8Array {
  if (typeof value === "string") return bytesOf([u32(8), text(value)]);
  if (typeof value === "boolean") return bytesOf([u32(7), new Uint8Array([value ? 1 : 0])]);
  if (typeof value === "number") return bytesOf([u32(4), u32(value)]);
  if (value.some((item) => typeof item === "string"))
    return bytesOf([u32(9), u32(8), u64(value.length), ...value.map((item) => text(String(item)))]);
  return bytesOf([u32(9), u32(5), u64(value.length), ...value.map((item) => u32(Number(item)))]);
}
