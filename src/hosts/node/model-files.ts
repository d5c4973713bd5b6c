/**
 * The model that the setting `model` names by a path: a config.json, or a folder that holds one. Read as data of a stranger:
 * of bounded size, and with a word where it cannot be used.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  isCatalogueModel,
  isModelPath,
  type ModelFromFile,
  type SettingsInForce,
} from "../../analysis/model-in-force.ts";
import { type AnalysisSettings, UserError } from "../../config/settings.ts";
import { type ReadModel, readConfig } from "../../core/cost/config/read-config.ts";
import { CostError } from "../../core/cost/cost-error.ts";
import { bytes } from "../../words/numbers.ts";
import { type FilePlaces, isWithin, type NamedThing, namedFile } from "./named-files.ts";

/** Larger files hold no configuration: the largest that we know has 0.3 MB. */
const maxConfigBytes = 4 * 2 ** 20;

const thing: NamedThing = { noun: "model", own: "promptCacheLens.model", existing };

/** Reads a file once, and again when it has changed. Throws `UserError`. */
export function createModelReader(): (settings: AnalysisSettings, places: FilePlaces) => SettingsInForce {
  const known = new Map<string, { readonly version: string; readonly read: ReadModel }>();
  const read = (file: string): ReadModel => {
    const { mtimeMs, size } = statSync(file);
    const version = `${mtimeMs} ${size}`;
    const before = known.get(file);
    if (before?.version === version) return before.read;
    const now = readModelFile(file, size);
    known.set(file, { version, read: now });
    return now;
  };
  return (settings, places) => {
    const name = settings.model.trim();
    if (isCatalogueModel(name) || !(isModelPath(name) || isFolder(name, places))) return settings;
    const file = namedFile(name, places, thing);
    const tokenizer = join(dirname(file), "tokenizer.json");
    const mayRead = existsSync(tokenizer) && (places.isUsers || isWithin(tokenizer, places.workspace!));
    const modelFile: ModelFromFile = { path: name, ...read(file), tokenizer: mayRead ? tokenizer : null };
    return { ...settings, modelFile };
  };
}

/** Bare words are names of the catalogue unless there is such a folder. */
function isFolder(name: string, { isUsers, workspace }: FilePlaces): boolean {
  if (name === "" || (workspace === null && !isUsers)) return false;
  return existsSync(join(resolve(workspace ?? ".", name), "config.json"));
}

function existing(file: string, named: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) {
    const config = join(file, "config.json");
    if (existsSync(config)) return config;
  }
  if (found?.isFile() === true) return file;
  throw new UserError(
    `There is no model file ${named} (looked for ${file}); give the path of a config.json, of a folder that holds one, or the id of a model of the catalogue.`,
  );
}

function readModelFile(file: string, size: number): ReadModel {
  try {
    if (size > maxConfigBytes)
      throw new CostError(`it has ${bytes(size)}, and ${bytes(maxConfigBytes)} are read at most`);
    return readConfig(readFileSync(file, "utf8"), basename(dirname(file)));
  } catch (error) {
    // Also what the system says of a file that may not be read.
    throw new UserError(
      `The model file ${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
