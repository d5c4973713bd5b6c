/** Geometry of a language model as its checkpoint states it: the inputs of every formula in this folder, nothing derived. */

/** Element types that states, weights and KV are kept in. */
export type Dtype = "bfloat16" | "float32";

/** A name that means the same geometry; `note` says what else differs. */
export interface Alias {
  readonly id: string;
  readonly note: string | null;
}

export interface HeadGeometry {
  readonly queryHeads: number;
  readonly kvHeads: number;
  /** Of queries and keys. */
  readonly headWidth: number;
  /** Of values; the same in most models. */
  readonly valueWidth: number;
}

/** Grouped-query attention. */
export interface AttentionGeometry extends HeadGeometry {
  /** Heads of the sliding layers where they differ (Gemma 4, MiMo-V2); `null` where all layers have the same. */
  readonly sliding: HeadGeometry | null;
  /** Tokens that a sliding layer looks back on, itself included; `null` without sliding layers. */
  readonly windowTokens: number | null;
  /** The query projection is twice as wide and the second half gates the output (Qwen3-Next and later). */
  readonly hasOutputGate: boolean;
  /** Groups of layer indices that keep one KV cache between them (Hymba). */
  readonly kvSharingGroups: readonly (readonly number[])[] | null;
  /** `null` where every query of a full layer attends to all tokens before it. */
  readonly indexer: IndexerGeometry | null;
}

/**
 * Chooses the tokens that each query attends to (DeepSeek sparse attention, arXiv 2512.02556, section 2.1): scores against
 * index keys, which are kept beside K and V or the latent vector.
 */
export interface IndexerGeometry {
  readonly heads: number;
  readonly keyWidth: number;
  /** Tokens that a query attends to at most. */
  readonly topTokens: number;
  /** Layers that run it. Of latent attention the others take the choice of the last one that did; of grouped queries they attend to all. */
  readonly layers: number;
  /** Tokens whose keys are kept as one; those of a group that is not full are state (GLM-5.3, Qwen3.8). 1 in most models. */
  readonly poolTokens: number;
}

/** Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): one latent vector per token instead of K and V. */
export interface LatentAttentionGeometry {
  readonly heads: number;
  readonly kvRank: number;
  /** `null` when the query is projected in one step. */
  readonly queryRank: number | null;
  readonly queryKeyWidth: number;
  readonly ropeWidth: number;
  readonly valueWidth: number;
  readonly hasOutputGate: boolean;
  /** `null` where every query attends to all tokens before it. */
  readonly indexer: IndexerGeometry | null;
}

/**
 * Attention to a window of the last tokens and to compressed entries of those before (DeepSeek-V4, section 2.3). An entry is
 * one vector that is key and value of every head. Groups of `sparseTokens` become an entry of which an indexer chooses, and each
 * reaches back over the group before it as well; groups of `denseTokens` become one that every query attends to.
 */
export interface CompressedAttentionGeometry {
  readonly heads: number;
  readonly entryWidth: number;
  /** Part of the entry that has a position. */
  readonly ropeWidth: number;
  readonly queryRank: number;
  /** The output is projected in groups of heads, to this rank each, and then to the hidden width. */
  readonly outputGroups: number;
  readonly outputRank: number;
  readonly windowTokens: number;
  readonly sparseTokens: number;
  readonly denseTokens: number;
  readonly indexHeads: number;
  readonly indexWidth: number;
  /** Entries that a query attends to at most in a sparse layer. */
  readonly topEntries: number;
}

/** Residual streams that each block reads mixed, by a gate of low rank over all of them, and writes back to each (Qwen3.8). */
export interface GatedResidualGeometry {
  readonly streams: number;
  readonly rank: number;
}

/**
 * Embeddings of the last tokens together, looked up beside a layer and added to its residual streams through a convolution over
 * every so many tokens (Qwen3.8, per-layer embedding).
 */
export interface NgramTableGeometry {
  /** Of the model, from 1. */
  readonly layer: number;
  readonly rows: number;
  readonly rowWidth: number;
  readonly rowsPerToken: number;
  readonly convKernel: number;
  readonly convDilation: number;
}

export interface Mamba1Geometry {
  readonly innerWidth: number;
  readonly stateWidth: number;
  readonly convKernel: number;
  readonly timeStepRank: number;
}

export interface Mamba2Geometry {
  readonly heads: number;
  readonly headWidth: number;
  readonly stateWidth: number;
  readonly groups: number;
  readonly convKernel: number;
  /** Tokens per chunk of the scan. */
  readonly chunkTokens: number;
  readonly isChunkRead: boolean;
}

export interface GatedDeltaNetGeometry {
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyWidth: number;
  readonly valueWidth: number;
  readonly convKernel: number;
}

/** Kimi delta attention (Kimi Linear, arXiv 2510.26692). */
export interface KimiDeltaGeometry {
  readonly heads: number;
  readonly headWidth: number;
  readonly convKernel: number;
  /** Of the output gate. */
  readonly hasFullRankGate: boolean;
  /** Of the decay; of low rank in Kimi's models (Ling 3.0 has `no_kda_lora`). */
  readonly hasFullRankDecay: boolean;
}

export interface LightningGeometry {
  readonly heads: number;
  readonly headWidth: number;
}

/** Gated short convolution (LFM2). */
export interface ShortConvGeometry {
  readonly width: number;
  readonly convKernel: number;
}

/** Real-gated linear recurrent unit (Griffin, arXiv 2402.19427). */
export interface RgLruGeometry {
  readonly width: number;
  readonly convKernel: number;
  readonly gateBlocks: number;
}

export interface MlpGeometry {
  readonly innerWidth: number;
  /** 2, or 3 for a gated MLP. */
  readonly matrices: number;
}

export interface MoeGeometry {
  readonly experts: number;
  readonly expertsPerToken: number;
  readonly expertInnerWidth: number;
  readonly matrices: number;
  /** 0 without a shared expert. */
  readonly sharedInnerWidth: number;
  /** Width in which the routed experts work when it is not the hidden width (latent mixture of experts). */
  readonly latentWidth: number | null;
}

/** One block shared by several layers, and an adapter of low rank per layer (Zamba2). */
export interface SharedBlocksGeometry {
  readonly blocks: number;
  readonly adapterRank: number;
}

/**
 * How matrices are stored. Bits per weight beyond the element are scales: fp4 one byte per 16 weights (NVFP4), mxfp4 one per 32,
 * int4 two bytes per 128 (AWQ and GPTQ groups) or per 32 (Kimi), q4 and q3 are GGUF's Q4_K and Q3_K blocks (144 and 110 bytes
 * per 256). The scales of fp8, one number per tensor, row or block of 128 x 128, are left out: under 0.1 %.
 */
export type WeightFormat = "bf16" | "fp8" | "int8" | "int4" | "int4-group-32" | "fp4" | "mxfp4" | "q4" | "q3";

/** Checkpoints that are no bf16; embeddings and output head are in 16 bits nevertheless. */
export interface ReleasedWeights {
  readonly routedExperts: WeightFormat;
  readonly otherMatrices: WeightFormat;
  /** Of all tensors of the file; left out where the formats are all that is known. */
  readonly totalBytes?: number;
}

export interface ModelSpec {
  /** `owner/name` as the model hub spells it. */
  readonly id: string;
  readonly aliases: readonly Alias[];
  readonly family: string;
  /** `latent`: multi-head latent attention in every layer; `compressed`: compressed attention in every layer. */
  readonly kind: "hybrid" | "ssm" | "attention" | "latent" | "compressed";
  readonly hiddenWidth: number;
  /** Rows of the embedding; `null` when no source was found. */
  readonly vocabularyTokens: number | null;
  readonly hasTiedEmbeddings: boolean;
  /** One letter per mixer, meanings in layer-counts.ts. */
  readonly mixerPattern: string;
  /** One letter per feed-forward block; `null` where `mixerPattern` names those as well. */
  readonly ffnPattern: string | null;
  readonly attention: AttentionGeometry | null;
  readonly latentAttention: LatentAttentionGeometry | null;
  /** Left out by models without. */
  readonly compressedAttention?: CompressedAttentionGeometry;
  readonly gatedResidual?: GatedResidualGeometry;
  readonly ngramTable?: NgramTableGeometry;
  readonly mamba1: Mamba1Geometry | null;
  readonly mamba2: Mamba2Geometry | null;
  readonly gatedDeltaNet: GatedDeltaNetGeometry | null;
  readonly kimiDelta: KimiDeltaGeometry | null;
  readonly lightning: LightningGeometry | null;
  readonly shortConv: ShortConvGeometry | null;
  readonly rgLru: RgLruGeometry | null;
  readonly sharedBlocks: SharedBlocksGeometry | null;
  readonly mlp: MlpGeometry | null;
  readonly moe: MoeGeometry | null;
  /** Recurrent state under `mamba_ssm_cache_dtype: auto`; `null` when vLLM keeps none or does not run the model. */
  readonly vllmStateDtype: Dtype | null;
  readonly maxContextTokens: number | null;
  /** As published, rounded by the publisher; `null` where only the geometry was found. */
  readonly publishedParameters: number | null;
  /** Left out where the checkpoint is bf16. */
  readonly releasedWeights?: ReleasedWeights;
  /** How sure its numbers are; where they come from stands in facts/models.json. */
  readonly confidence: string;
}
