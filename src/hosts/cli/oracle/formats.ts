/** The kinds of golden files. A new one is its own file and one entry. */
import type { OracleFormat } from "./format.ts";
import { llamaCppOracle } from "./llama-cpp.ts";
import { marconiOracle } from "./marconi.ts";
import { sglangOracle } from "./sglang.ts";
import { vllmOracle } from "./vllm.ts";

export const oracleFormats: readonly OracleFormat[] = [
  marconiOracle,
  vllmOracle,
  sglangOracle,
  llamaCppOracle,
];
