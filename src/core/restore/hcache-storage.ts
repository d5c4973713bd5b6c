/** Where HCache keeps states, and how fast they come back (arXiv 2410.05004, section 4.2). */

/** Tokens of one chunk of one layer: the unit in which hidden states are written. */
export const storageChunkTokens = 64;

/** From fast to slow. On the GPU states are KV already, and nothing is restored. */
export type Tier = "gpu" | "host" | "ssd";

/** A memory below the GPU's. */
export interface LowerTier {
  readonly tier: Exclude<Tier, "gpu">;
  readonly capacityBytes: number;
  readonly bandwidths: TierBandwidths;
}

/** The server of HCache's tests (section 6): 256 GB of host memory and four SSDs of 4 TB beside four GPUs. */
export const testServer = {
  gpus: 4,
  hostBytes: 256e9,
  ssds: 4,
  ssdBytes: 4e12,
  ssdBytesPerSecond: 6.9e9,
} as const;

/** What belongs to so many GPUs of such servers, from fast to slow; host memory is as far away as their bus makes it. */
export function lowerTiersOf(gpus: number, hostBytesPerSecond: number): LowerTier[] {
  const share = gpus / testServer.gpus;
  const ssds = Math.ceil(testServer.ssds * share);
  const bandwidths = { hostBytesPerSecond, ssdBytesPerSecond: testServer.ssdBytesPerSecond, ssds };
  return [
    { tier: "host", capacityBytes: testServer.hostBytes * share, bandwidths },
    { tier: "ssd", capacityBytes: testServer.ssdBytes * ssds, bandwidths },
  ];
}

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

/**
 * Seconds to read tokens `[start, end)` of one layer from a tier, if a token took one byte there: whole chunks over the bus,
 * and of the SSDs the one that holds most decides.
 */
export function readSecondsPerByte(
  tier: Tier,
  start: number,
  end: number,
  bandwidths: TierBandwidths,
): number {
  if (tier === "gpu" || end <= start) return 0;
  const { hostBytesPerSecond, ssdBytesPerSecond, ssds } = bandwidths;
  const tokens = end - Math.floor(start / storageChunkTokens) * storageChunkTokens;
  const { bytes, bytesBySsd } = chunkLayout({ tokens, layers: 1, bytesPerTokenLayer: 1, ssds });
  const busSeconds = bytes / hostBytesPerSecond;
  return tier === "host"
    ? busSeconds
    : Math.max(busSeconds, ...bytesBySsd.map((each) => each / ssdBytesPerSecond));
}
