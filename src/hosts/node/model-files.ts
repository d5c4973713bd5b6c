/**
 * The model that the setting `model` names by a path: a config.json, a GGUF file, or a folder that holds one. Read as data of
 * a stranger: of bounded size, and with a word where it cannot be used.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  isCatalogueModel,
  isModelPath,
  type ModelFromFile,
  type SettingsInForce,
} from "../../analysis/model-in-force.ts";
import { type AnalysisSettings, UserError } from "../../config/settings.ts";
import { type ReadModel, readConfig } from "../../core/cost/config/read-config.ts";
import { readGguf } from "../../core/cost/config/read-gguf.ts";
import { CostError } from "../../core/cost/cost-error.ts";
import { hasGgufVocabulary, readGgufVocabulary } from "../../tokenizers/gguf-vocabulary.ts";
import { bytes } from "../../words/numbers.ts";
import { ggufHeaderOf, isGgufFile } from "./gguf-files.ts";
import { downloadedFile, huggingFaceCache } from "./hugging-face-cache.ts";
import { type FilePlaces, isWithin, type NamedThing, namedFile } from "./named-files.ts";

/** Larger files hold no configuration: the largest that we know has 0.3 MB. */
const maxConfigBytes = 4 * 2 ** 20;

const thing: NamedThing = { noun: "model", own: "promptCacheLens.model", existing };

/** Reads a file once, and again when it has changed; `cache` holds downloaded models. Throws `UserError`. */
export function createModelReader(
  cache: string | null = huggingFaceCache(process.env),
): (settings: AnalysisSettings, places: FilePlaces) => SettingsInForce {
  const known = new Map<string, { readonly version: string; readonly read: ReadFile }>();
  const read = (file: string, id: string | null = null): ReadFile => {
    const { mtimeMs, size } = statSync(file);
    const version = `${mtimeMs} ${size}`;
    const before = known.get(file);
    if (before?.version === version) return before.read;
    const now = readModelFile(file, size, id ?? basename(dirname(file)));
    known.set(file, { version, read: now });
    return now;
  };
  return (settings, places) => {
    const name = settings.model.trim();
    if (isCatalogueModel(name)) return settings;
    const isFile = isModelPath(name) || isFolder(name, places);
    const downloaded = isFile || cache === null ? null : downloadedFile(cache, name, "config.json");
    if (!isFile && downloaded === null) return settings;
    const file = downloaded ?? namedFile(name, places, thing);
    const { hasVocabulary, chatTemplate: own, ...model } = read(file, downloaded === null ? null : name);
    // What was downloaded for an id is nobody else's.
    const beside = downloaded === null ? places : { isUsers: true, workspace: null };
    const tokenizer = hasVocabulary ? file : tokenizerBeside(file, beside);
    const chatTemplate = own ?? chatTemplateBeside(file, beside);
    const modelFile: ModelFromFile = {
      ...{ path: name, ...model, tokenizer },
      ...(chatTemplate !== null && { chatTemplate }),
    };
    return { ...settings, modelFile };
  };
}

/** Bare words are names of the catalogue unless there is such a folder. */
function isFolder(name: string, { isUsers, workspace }: FilePlaces): boolean {
  if (name === "" || (workspace === null && !isUsers)) return false;
  return modelIn(resolve(workspace ?? ".", name)) !== null;
}

/** A config.json, else the only GGUF file or the first part of one; `null` for none. */
function modelIn(folder: string): string | null {
  const config = join(folder, "config.json");
  if (existsSync(config)) return config;
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return null;
  const files = readdirSync(folder).filter((name) => /\.gguf$/i.test(name) && !/mmproj/i.test(name));
  const first = files.filter((name) => !/-\d{5}-of-\d{5}\.gguf$/i.test(name) || /-00001-of-/.test(name));
  return first.length === 1 ? join(folder, first[0]!) : null;
}

function existing(file: string, named: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  const inside = found?.isDirectory() === true ? modelIn(file) : null;
  if (inside !== null) return inside;
  if (found?.isFile() === true) return file;
  throw new UserError(
    `There is no model file ${named} (looked for ${file}); give the path of a config.json or GGUF file, of a folder that holds one, or the id of a model of the catalogue.`,
  );
}

function tokenizerBeside(file: string, { isUsers, workspace }: FilePlaces): string | null {
  const tokenizer = join(dirname(file), "tokenizer.json");
  return existsSync(tokenizer) && (isUsers || isWithin(tokenizer, workspace!)) ? tokenizer : null;
}

/** As Hugging Face's libraries save it: in a file of its own, or else among the settings of the tokenizer. */
function chatTemplateBeside(
  file: string,
  { isUsers, workspace }: FilePlaces,
): NonNullable<ModelFromFile["chatTemplate"]> | null {
  for (const name of ["chat_template.jinja", "tokenizer_config.json"]) {
    const path = join(dirname(file), name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() !== true || found.size > maxConfigBytes) continue;
    if (!isUsers && !isWithin(path, workspace!)) continue;
    const text = readFileSync(path, "utf8");
    if (name.endsWith(".jinja") || text.includes('"chat_template"')) return { path: name, text };
  }
  return null;
}

interface ReadFile extends ReadModel {
  /** Of the file itself; `null` for none. */
  readonly chatTemplate: NonNullable<ModelFromFile["chatTemplate"]> | null;
  /** Whether the file itself can count tokens. */
  readonly hasVocabulary: boolean;
}

function readModelFile(file: string, size: number, name: string): ReadFile {
  try {
    if (isGgufFile(file)) return readGgufModel(file, size);
    if (size > maxConfigBytes)
      throw new CostError(`it has ${bytes(size)}, and ${bytes(maxConfigBytes)} are read at most`);
    return { ...readConfig(readFileSync(file, "utf8"), name), hasVocabulary: false, chatTemplate: null };
  } catch (error) {
    // Also what the system says of a file that may not be read.
    throw new UserError(
      `The model file ${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function readGgufModel(file: string, size: number): ReadFile {
  const header = ggufHeaderOf(file, size);
  const { model, notes } = readGguf(header, basename(file).replace(/\.gguf$/i, ""));
  const vocabulary = readGgufVocabulary(header.values, file);
  const isRead = vocabulary.kind === "byte-level";
  const note =
    isRead || !hasGgufVocabulary(header.values)
      ? []
      : [`The vocabulary in the file counts no tokens: ${vocabulary.reason}.`];
  const text = header.values.get("tokenizer.chat_template");
  const chatTemplate = typeof text === "string" ? { path: basename(file), text } : null;
  return { model, notes: [...notes, ...note], hasVocabulary: isRead, chatTemplate };
}
