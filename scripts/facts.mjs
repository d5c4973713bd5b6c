// Makes the catalogues of models, GPUs and hosted providers, and the tables of docs/models-and-gpus.md, from facts/*.json.
// npm run facts [-- --check] [-- folder, default facts]
// With --check nothing is written: the exit code says whether everything is what the facts give.
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FactsError } from "./facts/facts-error.mjs";
import { gpusOf, prefillDefaultsOf, ttftSeriesOf } from "./facts/gpus.mjs";
import { literal } from "./facts/literal.mjs";
import { chatTemplatesOf, modelsOf, vocabulariesOf } from "./facts/models.mjs";
import { providersOf } from "./facts/providers.mjs";
import { root } from "./lib/run.mjs";

const costCatalogue = "src/core/cost/catalogue";
const chatCatalogue = "src/prompt/chat/catalogue.ts";
const providerCatalogue = "src/core/providers/catalogue.ts";

/** @param {string} file */
const header = (file) =>
  `// Generated from facts/${file}. Do not edit: change the facts, and run npm run facts.\n`;

/** The generated files by path, from the root. @param {string} folder @returns {Promise<Record<string, string>>} */
async function generated(folder) {
  const [models, gpus, providers] = await Promise.all(
    ["models.json", "gpus.json", "providers.json"].map((file) => readFacts(folder, file)),
  );
  const vocabularies = vocabulariesOf(models);
  const chatTemplates = chatTemplatesOf(models);
  return {
    [`${costCatalogue}/models.ts`]: modelsSource(modelsOf(models)),
    ["src/tokenizers/vocabularies-of-models.ts"]: `${header("models.json")}import type { VocabularyRow } from "./vocabulary-row.ts";\n\nexport const vocabularies: Readonly<Record<string, VocabularyRow>> = ${literal(vocabularies.rows)};\n\n/** Names of rows by id of a model. */\nexport const vocabulariesOfModels: Readonly<Record<string, string>> = ${literal(vocabularies.ofModels)};\n`,
    [chatCatalogue]: formatted(
      chatCatalogue,
      `${header("models.json")}import type { TemplateRow } from "./template-row.ts";\n\nexport const chatTemplates: Readonly<Record<string, TemplateRow>> = ${literal(chatTemplates.rows)};\n\n/** Names of rows by id of a model. */\nexport const chatTemplatesOfModels: Readonly<Record<string, string>> = ${literal(chatTemplates.ofModels)};\n`,
    ),
    [`${costCatalogue}/gpus.ts`]: `${header("gpus.json")}import type { GpuSpec, PrefillDefaults } from "../gpu-spec.ts";\n\nexport const gpus: readonly GpuSpec[] = ${literal(gpusOf(gpus))};\n\nexport const prefillDefaults: PrefillDefaults = ${literal(prefillDefaultsOf(gpus))};\n`,
    [`${costCatalogue}/ttft-series.ts`]: `${header("gpus.json, ttft_measurements")}import type { TtftSeries } from "../gpu-spec.ts";\n\nexport const ttftSeries: readonly TtftSeries[] = ${literal(ttftSeriesOf(gpus))};\n\n/** Ratios that authors published without enough detail for a prediction, unless validate-ttft.ts names one. */\nexport const relativeClaims: readonly string[] = ${literal(gpus.ttft_measurements.relative_claims)};\n`,
    [providerCatalogue]: formatted(
      providerCatalogue,
      `${header("providers.json")}import type { Provider } from "./provider.ts";\n\nexport const providers: readonly Provider[] = ${JSON.stringify(providersOf(providers))};\n`,
    ),
  };
}

/** What most models do not have is named once: written out with each, it would be a fifth of the catalogue. @param {readonly object[]} all */
function modelsSource(all) {
  /** @param {[string, unknown]} field */
  const isNull = ([, value]) => value === null;
  const absent = Object.fromEntries(all.flatMap((model) => Object.entries(model).filter(isNull)));
  const given = all.map((model) =>
    Object.fromEntries(Object.entries(model).filter((field) => !isNull(field))),
  );
  return [
    `${header("models.json")}import type { ModelSpec } from "../model-spec.ts";`,
    `/** Of a model that has nothing of the kind. */\nconst absent = ${literal(absent)};`,
    `const given: readonly (Omit<ModelSpec, keyof typeof absent> & Partial<ModelSpec>)[] = ${literal(given)};`,
    "export const models: readonly ModelSpec[] = /* @__PURE__ */ given.map((model) => ({ ...absent, ...model }));\n",
  ].join("\n\n");
}

/** @param {string} folder @param {string} file */
async function readFacts(folder, file) {
  try {
    return JSON.parse(await readFile(join(folder, file), "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FactsError(`facts/${file}`, "the file", `it cannot be read (${reason})`, "it must be JSON");
  }
}

/** @param {string} path @param {string} source */
function formatted(path, source) {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const run = spawnSync(process.execPath, [biome, "format", `--stdin-file-path=${path}`], {
    cwd: root,
    input: source,
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

/** @param {Record<string, string>} files */
async function changed(files) {
  const paths = [];
  for (const [path, source] of Object.entries(files)) {
    const present = await readFile(join(root, path), "utf8").catch(() => null);
    if (present !== source) paths.push(path);
  }
  return paths;
}

async function main() {
  const given = process.argv.slice(2);
  const isCheck = given.includes("--check");
  const folder = resolve(given.find((argument) => argument !== "--check") ?? join(root, "facts"));
  const files = await generated(folder);
  const paths = await changed(files);
  if (isCheck) {
    for (const path of paths) console.error(`${path} is not what facts/ gives: run npm run facts.`);
    return paths.length === 0 ? 0 : 1;
  }
  for (const path of paths) await writeFile(join(root, path), files[path] ?? "");
  // The tables come from the new catalogues, and those are TypeScript.
  const tables = spawnSync(process.execPath, ["--import", "tsx", join(root, "scripts/facts/tables.mjs")], {
    cwd: root,
    stdio: "inherit",
  });
  console.log(paths.length === 0 ? "The catalogues are what facts/ gives." : `Written: ${paths.join(", ")}`);
  return tables.status ?? 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof FactsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
