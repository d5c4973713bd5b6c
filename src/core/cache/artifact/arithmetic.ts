/**
 * The arithmetic of the public Marconi artifact (repository `ruipeterpan/marconi`), slips included.
 * Used to be compared with its golden data, never for a user's numbers; those come from src/core/cost.
 * Source: the artifact's formulas as described in our notes on it; the paper's appendix has the same ones.
 */

/** A model as the artifact describes it: layers by kind, model width D, state width N; two bytes per value. */
export interface ArtifactModel {
  readonly ssmLayers: number;
  readonly attentionLayers: number;
  readonly mlpLayers: number;
  readonly width: number;
  readonly stateWidth: number;
}

/** Bytes of one node's recurrent states over all SSM layers: recurrent state and convolution state. */
export function nodeStateBytes(model: ArtifactModel): number {
  const { ssmLayers, width, stateWidth } = model;
  return ssmLayers * (2 * width * stateWidth + 8 * (2 * width + 2 * stateWidth));
}

/** KV bytes of one token over all attention layers. */
export function tokenKvBytes(model: ArtifactModel): number {
  return model.attentionLayers * 4 * model.width;
}

/** FLOPs of one attention layer over `tokens`. */
export function attentionFlops(model: ArtifactModel, tokens: number): number {
  return 8 * tokens * model.width * model.width + 4 * tokens * tokens * model.width;
}

/** FLOPs of one MLP layer over `tokens`. */
export function mlpFlops(model: ArtifactModel, tokens: number): number {
  return 16 * tokens * model.width * model.width;
}

/** FLOPs of one SSM layer over `tokens`. */
export function ssmFlops(model: ArtifactModel, tokens: number): number {
  const { width, stateWidth } = model;
  return 12 * tokens * width * width + 16 * tokens * width * stateWidth + 10 * tokens * width;
}

/**
 * What eviction believes a node saves, per byte it believes the node holds.
 * Two slips are kept: the MLP part subtracts the parent's attention FLOPs, and the KV of the whole path counts.
 */
export function efficiency(model: ArtifactModel, endTokens: number, edgeTokens: number): number {
  const parentTokens = endTokens - edgeTokens;
  const saved =
    model.ssmLayers * ssmFlops(model, edgeTokens) +
    model.attentionLayers * (attentionFlops(model, endTokens) - attentionFlops(model, parentTokens)) +
    model.mlpLayers * (mlpFlops(model, endTokens) - attentionFlops(model, parentTokens));
  return saved / (nodeStateBytes(model) + tokenKvBytes(model) * endTokens);
}

/** FLOPs saved by kind of layer; exact, because sums pass 2^53 on large traces. */
export interface FlopsSaved {
  readonly ssm: bigint;
  readonly attention: bigint;
  readonly mlp: bigint;
  readonly total: bigint;
}

/** Sums over requests that reused these many tokens each. */
export function flopsSaved(model: ArtifactModel, reusedTokens: readonly number[]): FlopsSaved {
  const width = BigInt(model.width);
  const stateWidth = BigInt(model.stateWidth);
  let sum = 0n;
  let squares = 0n;
  for (const tokens of reusedTokens) {
    const exact = BigInt(tokens);
    sum += exact;
    squares += exact * exact;
  }
  const ssm = BigInt(model.ssmLayers) * sum * (12n * width * width + 16n * width * stateWidth + 10n * width);
  const attention = BigInt(model.attentionLayers) * (8n * sum * width * width + 4n * squares * width);
  const mlp = BigInt(model.mlpLayers) * 16n * sum * width * width;
  return { ssm, attention, mlp, total: ssm + attention + mlp };
}
