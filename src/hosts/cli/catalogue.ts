/** `catalogue models|gpus|policies`: what can be chosen, one line each. */
import { UserError } from "../../config/settings.ts";
import { gpus } from "../../core/cost/catalogue/gpus.ts";
import type { Policy } from "../../core/policies/policy.ts";
import { policies } from "../../core/policies/registry.ts";
import { catalogueTable } from "../../show/catalogue-table.ts";
import { count } from "../../words/numbers.ts";
import { textTable } from "../../words/table.ts";

export function catalogueText(what: string): string {
  switch (what) {
    case "models":
      return catalogueTable();
    case "gpus":
      return textTable(
        gpus.map(({ id, name, memoryMarketedGb }) => [id, name, `${count(memoryMarketedGb)} GB`]),
        (column) => column === 2,
      ).join("\n");
    case "policies":
      return [...policies.map(policyText), hostedModels].join("\n\n");
    default:
      throw new UserError(`catalogue knows models, gpus and policies, not "${what}".`);
  }
}

const hostedModels =
  "Where a provider's rules differ by model, name it behind a colon: --policy anthropic:claude-opus-5.";

function policyText({ id, name, kind, description, version, source, leavesOut }: Policy): string {
  const sentence = description.endsWith(".") ? description : `${description}.`;
  return [
    `${id} (${kind})`,
    `  ${name}. ${sentence}`,
    `  Version: ${version}. Source: ${source}.`,
    `  Leaves out: ${leavesOut}`,
  ].join("\n");
}
