/** Where HCache keeps states, and how fast they come back (arXiv 2410.05004, section 4.2). */

/** Tokens of one chunk of one layer: the unit in which hidden states are written. */
export const storageChunkTokens = 64;

/** From fast to slow. On the GPU states are KV already, and nothing is restored. */
export type Tier = "gpu" | "host" | "ssd";

export interface TierBandwidths {
  /** Host memory to all GPUs of the model together: what the bus reaches. */
  readonly hostBytesPerSecond: number;
  /** Reading from one SSD. */
  readonly ssdBytesPerSecond: number;
  readonly ssds: number;
}

/** SSDs add up until they fill the bus; infinite for what is on the GPU. */
export function tierBytesPerSecond(tier: Tier, bandwidths: TierBandwidths): number {
  switch (tier) {
    case "gpu":
      return Number.POSITIVE_INFINITY;
    case "host":
      return bandwidths.hostBytesPerSecond;
    case "ssd":
      return Math.min(bandwidths.hostBytesPerSecond, bandwidths.ssds * bandwidths.ssdBytesPerSecond);
  }
}

export interface StoredSequence {
  readonly tokens: number;
  readonly layers: number;
  readonly bytesPerTokenLayer: number;
  readonly ssds: number;
}

export interface ChunkLayout {
  readonly chunks: number;
  /** Whole chunks: the last one of each layer counts in full. */
  readonly bytes: number;
  /** Round robin, beginning at the first SSD for every layer, so that the layers are read alike. */
  readonly bytesBySsd: readonly number[];
}

export function chunkLayout(sequence: StoredSequence): ChunkLayout {
  const { tokens, layers, bytesPerTokenLayer, ssds } = sequence;
  const chunksPerLayer = Math.ceil(tokens / storageChunkTokens);
  const chunkBytes = storageChunkTokens * bytesPerTokenLayer;
  const bytesBySsd = Array.from({ length: ssds }, (_, ssd) => {
    const chunks = Math.floor(chunksPerLayer / ssds) + (ssd < chunksPerLayer % ssds ? 1 : 0);
    return layers * chunks * chunkBytes;
  });
  const chunks = layers * chunksPerLayer;
  return { chunks, bytes: chunks * chunkBytes, bytesBySsd };
}
