/** `catalogue models|gpus|policies`: what can be chosen, one line each. */

import { modelInForce } from "../../analysis/model-in-force.ts";
import { type AnalysisSettings, defaultSettings, UserError } from "../../config/settings.ts";
import { gpus } from "../../core/cost/catalogue/gpus.ts";
import { CostError } from "../../core/cost/cost-error.ts";
import { findGpu } from "../../core/cost/find.ts";
import type { ModelSpec } from "../../core/cost/model-spec.ts";
import { unknownName } from "../../core/near-words.ts";
import type { Policy } from "../../core/policies/policy.ts";
import { findPolicy, policies } from "../../core/policies/registry.ts";
import { catalogueTable } from "../../show/catalogue-table.ts";
import { learnedFrom } from "../../show/learned.ts";
import { prefixTable, smallestText } from "../../show/prefix-table.ts";
import { count } from "../../words/numbers.ts";
import { textTable } from "../../words/table.ts";
import { createModelReader } from "../node/model-files.ts";
import { type Command, parseArguments } from "./command.ts";

const settingNames = ["policy", "model", "gpu", "tensorParallel", "kvType", "draftTokens"] as const;

interface Asked {
  readonly settings: AnalysisSettings;
  /** Those that were given. */
  readonly chosen: Partial<AnalysisSettings>;
}

const tables: Readonly<Record<string, (asked: Asked) => string>> = {
  models({ settings }) {
    const policy = policyNamed(settings.policy);
    const gpu = findGpu(settings.gpu);
    return catalogueTable({
      name: `hits from (${policy.id})`,
      of: (model) => smallestText(policy, model, gpu, servedSo(settings)),
    });
  },
  gpus: () =>
    textTable(
      gpus.map(({ id, name, memoryMarketedGb }) => [id, name, `${count(memoryMarketedGb)} GB`]),
      (column) => column === 2,
    ).join("\n"),
  policies: () => [...policies.map(policyText), hostedModels].join("\n\n"),
  prefixes: ({ settings, chosen }) =>
    [
      "Tokens from which on a shared prefix hits (– none up to 16,384, × cannot be served so).",
      prefixTable(findGpu(settings.gpu), servedSo(settings), {
        ...(chosen.policy !== undefined && { policies: [policyNamed(chosen.policy)] }),
        ...(chosen.model !== undefined && { models: [modelNamed(settings)] }),
      }),
    ].join("\n\n"),
};

function servedSo({ tensorParallel, kvType, draftTokens }: AnalysisSettings) {
  return { tensorParallel, draftTokens, kvType: kvType === "fp8" ? "fp8" : "bf16" } as const;
}

function policyNamed(name: string): Policy {
  const policy = findPolicy(name);
  if (policy !== undefined) return policy;
  throw new UserError(
    unknownName(
      "policy",
      name,
      policies.map(({ id }) => id),
    ),
  );
}

/** Of the catalogue, of a file, or of the Hugging Face cache. */
function modelNamed(settings: AnalysisSettings): ModelSpec {
  try {
    return modelInForce(createModelReader()(settings, { isUsers: true, workspace: null }));
  } catch (error) {
    if (error instanceof CostError) throw new UserError(error.message);
    throw error;
  }
}

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
  note: "The settings count for prefixes, by model and server without any prompt, and for the last column of models.",
  settings: settingNames,
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
    print(table({ settings: { ...defaultSettings, ...chosen }, chosen }));
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
