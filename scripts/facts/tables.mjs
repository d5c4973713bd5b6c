// Writes the tables of models and GPUs into docs/models-and-gpus.md; scripts/facts.mjs runs it with tsx.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../lib/run.mjs";

const page = join(root, "docs/models-and-gpus.md");
const { catalogueTable, gpuTable } = await import(
  pathToFileURL(join(root, "src/show/catalogue-table.ts")).href
);

let text = await readFile(page, "utf8");
for (const [name, table] of [
  ["models", catalogueTable()],
  ["gpus", gpuTable()],
]) {
  const marks = new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`);
  text = text.replace(marks, () => `<!-- ${name} -->\n${table}\n<!-- /${name} -->`);
}
await writeFile(page, text);
