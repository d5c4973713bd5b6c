import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { SourceDocument } from "../../src/prompt/format.ts";

const repositoryRoot = join(fileURLToPath(import.meta.url), "..", "..", "..");
const corporaRoot = join(repositoryRoot, "..", "shared", "corpora");

/** Whether the collected prompt files of other projects lie beside the repository; says so when they do not. */
export function hasCorpora(): boolean {
  const found = existsSync(corporaRoot);
  if (!found) console.log(`Skipped: no corpora at ${corporaRoot}`);
  return found;
}

/** All documents of one corpus folder, in a fixed order. */
export function readCorpus(folder: string): readonly SourceDocument[] {
  return readTree(join(corporaRoot, folder), corporaRoot);
}

export function corpusFolders(): readonly string[] {
  return readdirSync(corporaRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Our own fixture files of one folder under `test/fixtures`. */
export function readFixtures(folder: string): readonly SourceDocument[] {
  const root = join(repositoryRoot, "test", "fixtures", folder);
  return readTree(root, root);
}

function readTree(folder: string, root: string): readonly SourceDocument[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(?:README\.corpus\.md|LICENSE\.source\.txt)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: relative(root, path).split("\\").join("/"), text: readFileSync(path, "utf8") }));
}
