/** Reads what `writeGguf` writes, by the format's own words and not by its code. */

export interface ReadTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface ReadGguf {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tensors: readonly ReadTensor[];
}

export function readGguf(file: Uint8Array): ReadGguf {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 0;
  const skip = (bytes: number) => {
    at += bytes;
    return at - bytes;
  };
  const u32 = () => view.getUint32(skip(4), true);
  const u64 = () => Number(view.getBigUint64(skip(8), true));
  const text = () => {
    const length = u64();
    const from = skip(length);
    return new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(from, from + length));
  };
  const value = (type: number): unknown => {
    switch (type) {
      case 4:
        return u32();
      case 5:
        return view.getInt32(skip(4), true);
      case 6:
        return view.getFloat32(skip(4), true);
      case 7:
        return view.getUint8(skip(1)) === 1;
      case 8:
        return text();
      case 9: {
        const of = u32();
        return Array.from({ length: u64() }, () => value(of));
      }
      default:
        throw new Error(`a value of type ${type}`);
    }
  };
  const magic = new TextDecoder().decode(file.subarray(0, skip(4) + 4));
  const version = u32();
  if (magic !== "GGUF" || version !== 3) throw new Error(`${magic} ${version}`);
  const tensorCount = u64();
  const metadata: Record<string, unknown> = {};
  for (let left = u64(); left > 0; left--) {
    const key = text();
    metadata[key] = value(u32());
  }
  const infos = Array.from({ length: tensorCount }, () => {
    const name = text();
    const shape = Array.from({ length: u32() }, u64);
    return { name, shape, type: u32(), offset: u64() };
  });
  const start = Math.ceil(at / 32) * 32;
  const tensors = infos.map(({ name, shape, type, offset }) => {
    if (type !== 0 || offset % 32 !== 0) throw new Error(`${name} is of type ${type} at ${offset}`);
    const count = shape.reduce((product, length) => product * length, 1);
    const values = Array.from({ length: count }, (_, index) =>
      view.getFloat32(start + offset + 4 * index, true),
    );
    return { name, shape, values };
  });
  return { metadata, tensors };
}
