/** `catalogue models|gpus|policies`: what can be chosen, one line each. */
import { UserError } from "../analysis/settings.ts";
import { gpus } from "../core/cost/catalogue/gpus.ts";
import { catalogueTable } from "../core/cost/catalogue-table.ts";
import { policies } from "../core/policies/registry.ts";

export function catalogueText(what: string): string {
  switch (what) {
    case "models":
      return catalogueTable();
    case "gpus":
      return gpus
        .map((gpu) => `${gpu.id.padEnd(14)} ${gpu.name.padEnd(34)} ${gpu.memoryMarketedGb} GB`)
        .join("\n");
    case "policies":
      return policies
        .map(
          ({ id, name, description, version, source, leavesOut }) =>
            `${id}\n  ${name}. ${description}\n  Version: ${version}. Source: ${source}.\n  Leaves out: ${leavesOut}`,
        )
        .join("\n\n");
    default:
      throw new UserError(`catalogue knows models, gpus and policies, not "${what}".`);
  }
}
