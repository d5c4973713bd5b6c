/**
 * The arithmetic of the public Marconi artifact (repository `ruipeterpan/marconi`), slips included.
 * Used to be compared with its golden data, never for a user's numbers; those come from src/core/cost.
 * Bytes and FLOPs are the paper's; the slips are in `efficiency`.
 */
import {
  type PaperModel,
  paperAttentionFlops,
  paperCheckpointBytes,
  paperKvBytesPerToken,
  paperMlpFlops,
  paperSsmFlops,
} from "../../cost/paper-formulas.ts";

/**
 * What eviction believes a node saves, per byte it believes the node holds.
 * Two slips are kept: the MLP part subtracts the parent's attention FLOPs, and the KV of the whole path counts.
 */
export function efficiency(model: PaperModel, endTokens: number, edgeTokens: number): number {
  const parentTokens = endTokens - edgeTokens;
  const saved =
    model.ssmLayers * paperSsmFlops(model, edgeTokens) +
    model.attentionLayers *
      (paperAttentionFlops(model, endTokens) - paperAttentionFlops(model, parentTokens)) +
    model.mlpLayers * (paperMlpFlops(model, endTokens) - paperAttentionFlops(model, parentTokens));
  return saved / (paperCheckpointBytes(model) + paperKvBytesPerToken(model) * endTokens);
}

/** FLOPs saved by kind of layer; exact, because sums pass 2^53 on large traces. */
export interface FlopsSaved {
  readonly ssm: bigint;
  readonly attention: bigint;
  readonly mlp: bigint;
  readonly total: bigint;
}

/** Sums over requests that reused these many tokens each. */
export function flopsSaved(model: PaperModel, reusedTokens: readonly number[]): FlopsSaved {
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
