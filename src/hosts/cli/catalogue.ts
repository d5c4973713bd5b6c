/** `catalogue models|gpus|policies`: what can be chosen, one line each. */
import { UserError } from "../../config/settings.ts";
import { gpus } from "../../core/cost/catalogue/gpus.ts";
import type { Policy } from "../../core/policies/policy.ts";
import { policies } from "../../core/policies/registry.ts";
import { catalogueTable } from "../../show/catalogue-table.ts";
import { learnedFrom } from "../../show/learned.ts";
import { count } from "../../words/numbers.ts";
import { textTable } from "../../words/table.ts";
import { type Command, parseArguments } from "./command.ts";

const tables: Readonly<Record<string, () => string>> = {
  models: catalogueTable,
  gpus: () =>
    textTable(
      gpus.map(({ id, name, memoryMarketedGb }) => [id, name, `${count(memoryMarketedGb)} GB`]),
      (column) => column === 2,
    ).join("\n"),
  policies: () => [...policies.map(policyText), hostedModels].join("\n\n"),
};

const syntax = {
  name: "catalogue",
  operands: {
    word: Object.keys(tables).join("|"),
    noun: "table",
    least: 1,
    most: 1,
    needs: "the name of a table: models, gpus or policies",
  },
  about: "the models, GPUs or caching systems that can be chosen",
  settings: [],
  options: {},
} as const;

export const catalogueCommand: Command = {
  ...syntax,
  run(args, { print }) {
    const [name = ""] = parseArguments(syntax, args).operands;
    const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
    if (table === undefined) throw new UserError(`catalogue knows models, gpus and policies, not "${name}".`);
    print(table());
    return 0;
  },
};

const hostedModels =
  "Where a provider's rules differ by model, name it behind a colon: --policy anthropic:claude-opus-5.";

function policyText({ id, name, kind, description, version, source, learned, leavesOut }: Policy): string {
  const sentence = description.endsWith(".") ? description : `${description}.`;
  return [
    `${id} (${kind})`,
    `  ${name}. ${sentence}`,
    `  Version: ${version}. Source: ${source}.`,
    ...(learned === undefined ? [] : [`  Rules of ${learned.asOf}: ${learnedFrom[learned.from]}.`]),
    `  Leaves out: ${leavesOut}`,
  ].join("\n");
}
