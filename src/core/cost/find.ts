/** Models and GPUs by name. */
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
  throw notFound(
    "model",
    name,
    named.flatMap(({ ids }) => ids),
    shortName,
  );
}

/** By id or marketing name; case does not matter. Throws `CostError` with near matches. */
export function findGpu(name: string): GpuSpec {
  const wanted = name.trim().toLowerCase();
  const found = gpus.find((gpu) => gpu.id.toLowerCase() === wanted || gpu.name.toLowerCase() === wanted);
  if (found) return found;
  throw notFound(
    "GPU",
    name,
    gpus.map((gpu) => gpu.id),
    (id) => id.toLowerCase(),
  );
}

function shortName(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1).toLowerCase();
}

function notFound(
  what: string,
  name: string,
  ids: readonly string[],
  keyOf: (id: string) => string,
): CostError {
  const near = nearest(name, ids, keyOf);
  const some = ids.length > 25 ? `${ids.slice(0, 8).join(", ")} and ${ids.length - 8} more` : ids.join(", ");
  const hint = near.length > 0 ? `Did you mean ${near.join(", or ")}?` : `Known: ${some}.`;
  return new CostError(`Unknown ${what} "${name}". ${hint}`);
}

/** Up to three ids, best first: those that contain the name, and those within a third of its length by edits. */
function nearest(name: string, ids: readonly string[], keyOf: (id: string) => string): string[] {
  const wanted = keyOf(name.trim());
  const squeezed = squeeze(wanted);
  if (squeezed === "") return [];
  const scored = ids.map((id) => {
    const key = squeeze(keyOf(id));
    const distance = key.includes(squeezed) ? 0 : editDistance(squeezed, key);
    return { id, distance, length: key.length };
  });
  return scored
    .filter(({ distance }) => distance <= Math.max(1, squeezed.length / 3))
    .sort((a, b) => a.distance - b.distance || a.length - b.length)
    .slice(0, 3)
    .map(({ id }) => id);
}

/** People type `h100 sxm` and `granite4-h-small`: punctuation says little. */
function squeeze(text: string): string {
  return text.replaceAll(/[^a-z0-9]/g, "");
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
