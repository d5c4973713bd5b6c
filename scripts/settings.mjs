// Writes what package.json, its texts and the schema of promptcache.json say of settings, from the table in src/config/settings.ts.
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

const editorRows = settingRows.filter(([, { inEditor }]) => inEditor !== undefined);

/** Under which key of package.nls.json a text of a setting stands. @param {string} key */
const textsOf = (key) => ({ description: `settings.${key}`, error: `settings.${key}.error` });

/** @param {Row} row */
function hasPattern({ kind: { schema } }) {
  return typeof schema["pattern"] === "string" && schema["pattern"] !== "\\S";
}

/** `contributes.configuration.properties` of package.json. */
function editorProperties() {
  return Object.fromEntries(
    editorRows.map(([key, row], index) => {
      const { kind, fallback, inEditor = {} } = row;
      const texts = textsOf(key);
      const property = {
        ...kind.schema,
        ...(hasPattern(row) && { patternErrorMessage: `%${texts.error}%` }),
        default: fallback,
        ...(inEditor.scope !== undefined && { scope: inEditor.scope }),
        order: index + 1,
        markdownDescription: `%${texts.description}%`,
      };
      return [`${section}.${key}`, property];
    }),
  );
}

/** What package.nls.json says of settings. @returns {Record<string, string>} */
function editorTexts() {
  return Object.fromEntries(
    editorRows.flatMap(([key, row]) => {
      const { kind, description, inFile, inEditor = {} } = row;
      const texts = textsOf(key);
      const overrides = inFile && "Unless set here, the value of `promptcache.json` counts.";
      return [
        [texts.description, [description, inEditor.note, overrides].filter(Boolean).join(" ")],
        ...(hasPattern(row) ? [[texts.error, `Give ${plain(kind.expected)}.`]] : []),
      ];
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
  const otherTexts = Object.entries(read(textsFile)).filter(([key]) => !key.startsWith("settings."));
  return new Map([
    ["package.json", manifest],
    [textsFile, { ...Object.fromEntries(otherTexts), ...editorTexts() }],
    [schemaFile, schema],
  ]);
}

const textsFile = "package.nls.json";
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
  if (stale.length === 0) say("package.json, its texts and the schema say what the table says");
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
