/** `catalogue models|gpus|policies`: what can be chosen, one line each. */
import { type AnalysisSettings, defaultSettings, UserError } from "../../config/settings.ts";
import { gpus } from "../../core/cost/catalogue/gpus.ts";
import { findGpu } from "../../core/cost/find.ts";
import type { Policy } from "../../core/policies/policy.ts";
import { policies } from "../../core/policies/registry.ts";
import { catalogueTable } from "../../show/catalogue-table.ts";
import { learnedFrom } from "../../show/learned.ts";
import { prefixTable } from "../../show/prefix-table.ts";
import { count } from "../../words/numbers.ts";
import { textTable } from "../../words/table.ts";
import { type Command, parseArguments } from "./command.ts";

type ServedSettings = Pick<AnalysisSettings, "gpu" | "tensorParallel" | "kvType" | "draftTokens">;

const tables: Readonly<Record<string, (settings: ServedSettings) => string>> = {
  models: catalogueTable,
  gpus: () =>
    textTable(
      gpus.map(({ id, name, memoryMarketedGb }) => [id, name, `${count(memoryMarketedGb)} GB`]),
      (column) => column === 2,
    ).join("\n"),
  policies: () => [...policies.map(policyText), hostedModels].join("\n\n"),
  prefixes: ({ gpu, ...served }) =>
    [
      "Tokens from which on a shared prefix hits (– none up to 16,384, × cannot be served so).",
      prefixTable(findGpu(gpu), { ...served, kvType: served.kvType === "fp8" ? "fp8" : "bf16" }),
    ].join("\n\n"),
};

const syntax = {
  name: "catalogue",
  operands: {
    word: Object.keys(tables).join("|"),
    noun: "table",
    least: 1,
    most: 1,
    needs: "the name of a table: models, gpus, policies or prefixes",
  },
  about: "the models, GPUs or caching systems that can be chosen, and from how many tokens on prefixes hit",
  note: "The settings count for prefixes: by model and server, without any prompt.",
  settings: ["gpu", "tensorParallel", "kvType", "draftTokens"],
  options: {},
} as const;

export const catalogueCommand: Command = {
  ...syntax,
  run(args, { print }) {
    const { operands, chosen } = parseArguments(syntax, args);
    const [name = ""] = operands;
    const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
    if (table === undefined)
      throw new UserError(`catalogue knows models, gpus, policies and prefixes, not "${name}".`);
    print(table({ ...defaultSettings, ...chosen }));
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
