/**
 * Bytes and FLOPs as the Marconi paper counts them (arXiv 2411.19379, appendix, Tables 1 and 2): 2 bytes per element,
 * as many KV heads as query heads, two MLP matrices of four times the width, a state without expansion factor.
 * They reproduce the paper's figures and its artifact; a user's numbers come from model-cost.ts.
 */

export interface PaperModel {
  readonly ssmLayers: number;
  readonly attentionLayers: number;
  readonly mlpLayers: number;
  /** Model width D. */
  readonly width: number;
  /** State width N. */
  readonly stateWidth: number;
}

/** The 7B hybrid of the paper's main results: 24 SSM, 4 attention and 28 MLP layers, D 4096, N 128. */
export const paperHybrid7b: PaperModel = {
  ssmLayers: 24,
  attentionLayers: 4,
  mlpLayers: 28,
  width: 4096,
  stateWidth: 128,
};

/** 4·D per attention layer. */
export function paperKvBytesPerToken(model: PaperModel): number {
  return model.attentionLayers * 4 * model.width;
}

/** Convolution window per SSM layer: kernel 4, expansion 2, width 2·D + 2·N. */
export function paperConvBytesPerCheckpoint(model: PaperModel): number {
  return model.ssmLayers * 8 * (2 * model.width + 2 * model.stateWidth);
}

/** 2·D·N per SSM layer. */
export function paperRecurrentBytesPerCheckpoint(model: PaperModel): number {
  return model.ssmLayers * 2 * model.width * model.stateWidth;
}

export function paperCheckpointBytes(model: PaperModel): number {
  return paperRecurrentBytesPerCheckpoint(model) + paperConvBytesPerCheckpoint(model);
}

/** One attention layer, `tokens` from the start: 8·L·D² + 4·L²·D. */
export function paperAttentionFlops(model: PaperModel, tokens: number): number {
  return 8 * tokens * model.width ** 2 + 4 * tokens ** 2 * model.width;
}

/** One MLP layer: 16·L·D². */
export function paperMlpFlops(model: PaperModel, tokens: number): number {
  return 16 * tokens * model.width ** 2;
}

/** One SSM layer: 12·L·D² + 16·L·D·N + 10·L·D. */
export function paperSsmFlops(model: PaperModel, tokens: number): number {
  return tokens * model.width * (12 * model.width + 16 * model.stateWidth + 10);
}

/** All layers, `tokens` from the start. */
export function paperPrefillFlops(model: PaperModel, tokens: number): number {
  return (
    model.attentionLayers * paperAttentionFlops(model, tokens) +
    model.mlpLayers * paperMlpFlops(model, tokens) +
    model.ssmLayers * paperSsmFlops(model, tokens)
  );
}

/** FLOPs saved per byte held for a cached sequence of so many tokens with one checkpoint at its end (equation 1). */
export function paperFlopEfficiency(model: PaperModel, tokens: number): number {
  return (
    paperPrefillFlops(model, tokens) / (paperCheckpointBytes(model) + tokens * paperKvBytesPerToken(model))
  );
}
