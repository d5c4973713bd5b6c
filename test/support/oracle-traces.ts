/** The golden traces beside the repository, where they are present: they are too large to live in it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StateCost } from "../../src/core/cache/cache-system.ts";
import {
  type PaperModel,
  paperCheckpointBytes,
  paperKvBytesPerToken,
  paperPrefillFlops,
} from "../../src/core/cost/paper-formulas.ts";
import { type OracleFile, readOracle } from "../../src/log/marconi-oracle.ts";

export const oracleFolder = join(import.meta.dirname, "../../../shared/oracle/marconi");

/** Why the golden traces cannot be used; `null` where they are present. */
export const oracleMissing = existsSync(oracleFolder) ? null : "no golden traces beside the repository";

const files = new Map<string, OracleFile>();

export function oracleNames(): string[] {
  return readdirSync(oracleFolder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}

export function oracleFile(name: string): OracleFile {
  const known = files.get(name);
  if (known !== undefined) return known;
  const file = readOracle(readFileSync(join(oracleFolder, `${name}.json`), "utf8"));
  files.set(name, file);
  return file;
}

/** Prompt and output of each request. */
export function requestsOf(file: OracleFile): readonly { prompt: Int32Array; output: Int32Array }[] {
  return file.requests.map(({ tokens, inputLength }) => ({
    prompt: tokens.subarray(0, inputLength),
    output: tokens.subarray(inputLength),
  }));
}

/** State sizes and FLOPs of the paper, which are the artifact's too. */
export function paperCost(model: PaperModel): StateCost {
  return {
    kvBytesPerToken: paperKvBytesPerToken(model),
    checkpointBytes: paperCheckpointBytes(model),
    prefillFlops: (reusedTokens, promptTokens) =>
      paperPrefillFlops(model, promptTokens) - paperPrefillFlops(model, reusedTokens),
  };
}
