/**
 * HCache (EuroSys 2025, arXiv 2410.05004): states are restored from the hidden states that entered each layer. They take
 * half of the bytes of multi-head KV, and projecting them to K and V takes a small part of the FLOPs of a prefill.
 * Here: its cost model (section 3) and its bubble-free scheduler (section 4.1), on numbers alone. Models: restoration.ts.
 */
import { invariant } from "../invariant.ts";

/** Seconds that one layer takes; every layer is taken to be alike. Loads share one lane, computing another. */
export interface LayerTimes {
  readonly loadHiddenSeconds: number;
  /** Hidden states to K and V. */
  readonly projectSeconds: number;
  readonly loadKvSeconds: number;
  /** From tokens; `null` where a layer cannot be recomputed on its own account, as in a hybrid. */
  readonly recomputeSeconds: number | null;
}

/** What the layers that do not use hidden states do instead. */
export type OtherMethod = "kv" | "recompute";

/** Whole layers: dividing by tokens gives matrix shapes that lose 7 to 12 % (section 4.1). */
export interface Schedule {
  readonly hiddenLayers: number;
  readonly otherLayers: number;
  /** `null` when no layer is left over. */
  readonly otherMethod: OtherMethod | null;
  readonly seconds: number;
}

export interface PaperLayer {
  readonly tokens: number;
  readonly hiddenWidth: number;
  /** The paper writes sizes in elements; 2 for the 16-bit types that it measured. */
  readonly bytesPerElement: number;
  readonly bytesPerSecond: number;
  readonly flopsPerSecond: number;
}

/**
 * Times of one layer as the paper counts them (section 3.2): multi-head attention, an MLP of four times the width with two
 * matrices, N²·D of attention. They reproduce its figures; a user's numbers come from restoration.ts.
 */
export function paperLayerTimes(layer: PaperLayer): LayerTimes {
  const { tokens, hiddenWidth, bytesPerElement, bytesPerSecond, flopsPerSecond } = layer;
  const hiddenBytes = tokens * hiddenWidth * bytesPerElement;
  return {
    loadHiddenSeconds: hiddenBytes / bytesPerSecond,
    projectSeconds: (4 * tokens * hiddenWidth ** 2) / flopsPerSecond,
    loadKvSeconds: (2 * hiddenBytes) / bytesPerSecond,
    recomputeSeconds: paperRecomputeFlops(tokens, hiddenWidth) / flopsPerSecond,
  };
}

/** One layer from tokens: 24·N·D² + N²·D. */
export function paperRecomputeFlops(tokens: number, hiddenWidth: number): number {
  return 24 * tokens * hiddenWidth ** 2 + tokens ** 2 * hiddenWidth;
}

/**
 * The schedule by the closed form of section 4.1. When projecting is the slower lane, the last layers are loaded as KV;
 * when loading is, the first layers are recomputed from tokens. It rounds up, so that a faster disk can give a schedule
 * that is slower by up to one layer: `fastestSchedule` does not.
 */
export function publishedSchedule(layers: number, times: LayerTimes): Schedule {
  const { loadHiddenSeconds, projectSeconds, loadKvSeconds, recomputeSeconds } = times;
  if (projectSeconds > loadHiddenSeconds) {
    const balance = loadKvSeconds / (loadKvSeconds + projectSeconds - loadHiddenSeconds);
    return schedule(layers, Math.ceil(layers * balance), "kv", times, 0);
  }
  if (recomputeSeconds === null || recomputeSeconds === 0) return schedule(layers, layers, "kv", times, 0);
  const balance = recomputeSeconds / (recomputeSeconds + loadHiddenSeconds - projectSeconds);
  return schedule(layers, Math.ceil(layers * balance), "recompute", times, 0);
}

/**
 * The best of all whole-layer schedules that use hidden states at all. Never slower than the published one, and never
 * slower on a faster disk or GPU. `fixedLoadSeconds` occupy the loading lane first, such as a recurrent checkpoint's.
 * The fewest hidden layers win a tie. O(layers).
 */
export function fastestSchedule(layers: number, times: LayerTimes, fixedLoadSeconds = 0): Schedule {
  invariant(layers > 0, "a schedule needs a layer");
  const methods: readonly OtherMethod[] = times.recomputeSeconds === null ? ["kv"] : ["kv", "recompute"];
  let best: Schedule | null = null;
  for (const method of methods) {
    for (let hiddenLayers = 1; hiddenLayers <= layers; hiddenLayers++) {
      const candidate = schedule(layers, hiddenLayers, method, times, fixedLoadSeconds);
      if (best === null || candidate.seconds < best.seconds) best = candidate;
    }
  }
  invariant(best !== null, "no schedule was tried");
  return best;
}

/** Seconds of a whole schedule: layers are pipelined, so the slower lane decides. */
function schedule(
  layers: number,
  hiddenLayers: number,
  method: OtherMethod,
  times: LayerTimes,
  fixedLoadSeconds: number,
): Schedule {
  const otherLayers = layers - hiddenLayers;
  const loadedAsKv = method === "kv" ? otherLayers : 0;
  const recomputed = method === "recompute" ? otherLayers : 0;
  const loading =
    fixedLoadSeconds + hiddenLayers * times.loadHiddenSeconds + loadedAsKv * times.loadKvSeconds;
  const computing = hiddenLayers * times.projectSeconds + recomputed * (times.recomputeSeconds ?? 0);
  return {
    hiddenLayers,
    otherLayers,
    otherMethod: otherLayers === 0 ? null : method,
    seconds: Math.max(loading, computing),
  };
}
