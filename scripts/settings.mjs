// Writes what package.json and the schema of promptcache.json say of settings, from the table in src/config/settings.ts.
//   tsx scripts/settings.mjs [--check]
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isMain, root, say } from "./lib/run.mjs";

/**
 * A row of the table, as far as it is needed here.
 * @typedef {{
 *   kind: { schema: Record<string, unknown>, expected: string },
 *   fallback: unknown,
 *   description: string,
 *   inFile: "top" | "workload" | undefined,
 *   inEditor?: { note?: string, scope?: string },
 * }} Row
 */

/** @param {string} path */
const load = (path) => import(pathToFileURL(join(root, path)).href);

/** @type {{ settingRows: [string, Row][] }} */
const { settingRows } = await load("src/config/settings.ts");
/** @type {{ section: string }} */
const { section } = await load("src/config/editor-settings.ts");
/** @type {{ plain(text: string): string, quoted(text: string): string }} */
const { plain, quoted } = await load("src/config/setting-kinds.ts");

/** `contributes.configuration.properties` of package.json. */
function editorProperties() {
  const rows = settingRows.filter(([, { inEditor }]) => inEditor !== undefined);
  return Object.fromEntries(
    rows.map(([key, { kind, fallback, description, inFile, inEditor = {} }], index) => {
      const { schema, expected } = kind;
      const overrides = inFile && "Unless set here, the value of `promptcache.json` counts.";
      const hasPattern = typeof schema["pattern"] === "string" && schema["pattern"] !== "\\S";
      const property = {
        ...schema,
        ...(hasPattern && { patternErrorMessage: `Give ${plain(expected)}.` }),
        default: fallback,
        ...(inEditor.scope !== undefined && { scope: inEditor.scope }),
        order: index + 1,
        markdownDescription: [description, inEditor.note, overrides].filter(Boolean).join(" "),
      };
      return [`${section}.${key}`, property];
    }),
  );
}

/** The settings that promptcache.json holds at a place, as properties of its schema. @param {string} place */
function fileProperties(place) {
  const rows = settingRows.filter(([, { inFile }]) => inFile === place);
  return Object.fromEntries(
    rows.map(([key, { kind, fallback, description }]) => [
      key,
      { ...kind.schema, default: fallback, description: quoted(description) },
    ]),
  );
}

/** The same bounds where a template or an application has a value of its own. @param {any} properties */
function setBounds(properties) {
  for (const [key, { kind }] of settingRows) {
    if (properties[key] !== undefined) Object.assign(properties[key], kind.schema);
  }
}

/** The files as they should be. @returns {Map<string, unknown>} */
function wanted() {
  const manifest = read("package.json");
  manifest.contributes.configuration.properties = editorProperties();
  const schema = read(schemaFile);
  const { $schema, ...others } = schema.properties;
  schema.properties = { $schema, ...fileProperties("top"), ...without(others, "top") };
  const { workload } = schema.properties;
  workload.properties = { ...fileProperties("workload"), ...without(workload.properties, "workload") };
  setBounds(schema.definitions.template.properties);
  setBounds(schema.definitions.application.properties);
  return new Map([
    ["package.json", manifest],
    [schemaFile, schema],
  ]);
}

const schemaFile = "schemas/promptcache.schema.json";

/** Without what the table says, or used to say. @param {Record<string, unknown>} properties @param {string} place */
function without(properties, place) {
  const ours = fileProperties(place);
  return Object.fromEntries(Object.entries(properties).filter(([key]) => ours[key] === undefined));
}

/** @param {string} file */
function read(file) {
  return JSON.parse(readFileSync(join(root, file), "utf8"));
}

/** Files that say something else than the table. */
export function staleSettings() {
  const files = [...wanted()].map(([file, value]) => ({ file, value }));
  return files.filter(({ file, value }) => JSON.stringify(read(file)) !== JSON.stringify(value));
}

if (isMain(import.meta.url)) {
  const stale = staleSettings();
  const names = stale.map(({ file }) => file);
  if (stale.length === 0) say("package.json and the schema say what the table says");
  else if (process.argv.includes("--check")) {
    say(`npm run settings would change ${names.join(", ")}`);
    process.exitCode = 1;
  } else {
    for (const { file, value } of stale)
      writeFileSync(join(root, file), `${JSON.stringify(value, null, 2)}\n`);
    const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
    spawnSync(process.execPath, [biome, "format", "--write", ...names], { cwd: root });
    say(`written: ${names.join(", ")}`);
  }
}
