/** Models and GPUs by name. */
import { unknownName } from "../near-words.ts";
import { gpus } from "./catalogue/gpus.ts";
import { models } from "./catalogue/models.ts";
import { CostError } from "./cost-error.ts";
import type { GpuSpec } from "./gpu-spec.ts";
import type { ModelSpec } from "./model-spec.ts";

export const defaultModelId = "ibm-granite/granite-4.0-h-small";
export const defaultGpuId = "H100-SXM";

/** By id, alias, or the part of either after the slash; case does not matter. Throws `CostError` with near matches. */
export function findModel(name: string): ModelSpec {
  const wanted = name.trim().toLowerCase();
  const named = models.map((model) => ({
    model,
    ids: [model.id, ...model.aliases.map((alias) => alias.id)],
  }));
  const exact = named.find(({ ids }) => ids.some((id) => id.toLowerCase() === wanted));
  if (exact) return exact.model;
  const byShortName = named.filter(({ ids }) => ids.some((id) => shortName(id) === wanted));
  if (byShortName.length === 1) return byShortName[0].model;
  const ids = named.flatMap((each) => each.ids);
  throw new CostError(unknownName("model", name, ids, shortName));
}

/** By id or marketing name; case does not matter. Throws `CostError` with near matches. */
export function findGpu(name: string): GpuSpec {
  const wanted = name.trim().toLowerCase();
  const found = gpus.find((gpu) => gpu.id.toLowerCase() === wanted || gpu.name.toLowerCase() === wanted);
  if (found) return found;
  const ids = gpus.map((gpu) => gpu.id);
  throw new CostError(unknownName("GPU", name, ids));
}

function shortName(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1).toLowerCase();
}
