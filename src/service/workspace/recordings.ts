/**
 * What looks like a prompt and is none of the author's: tests and what they recorded, data sets, logs of evaluations, and
 * what was built or brought along. By name and place, and by how a file begins.
 */

import { t } from "../../words/l10n.ts";
import { plural } from "../../words/numbers.ts";

/** Folders of tests and of what they recorded. */
const recordingFolders = new Set(
  (
    "test tests testing __tests__ e2e testdata test-data test_data fixtures fixture __fixtures__ mocks __mocks__ " +
    "snapshots __snapshots__ cassettes recordings __recordings__ golden goldens transcripts datasets dataset"
  ).split(" "),
);

/** Folders of results that hold data, such as `benchmark_results` and `eval-logs`. */
const resultFolder = /(?:^|[-_.])(?:results|logs|outputs|cassettes|snapshots|fixtures)$/;

const isData = /\.(?:jsonl?|ya?ml|csv|log)$/i;

/** A `spec` holds tests where it holds code; else it may be a specification. */
const specFile = /(?:^|\/)specs?\/(?:[^/]+\/)*[^/]+\.(?:[cm]?[jt]sx?|py|rb)$/i;

/** Files of test code, and results by their names. */
const recordingFile =
  /(?:^|\/)(?:test_[^/]*\.py|tests\.py|conftest\.py|[^/]*_test\.(?:py|go|rb|dart|exs|[cm]?[jt]sx?)|[^/]*_spec\.rb|[^/]*\.(?:test|spec|cy|eval|fixture|snapshot|cassette)s?\.(?:[cm]?[jt]sx?|py|jsonl?|ya?ml)|[^/]*\.snap|(?:[^/]*[-_.])?(?:dataset|datasets|results|fixtures|cassette)\.(?:jsonl?|ya?ml))$/i;

/** Classes of tests, where files are called as their classes are. */
const testClass = /[a-z0-9](?:Tests?|IT|Spec)\.(?:java|kts?|cs|php|scala|swift)$/;

/** Folders that hold what was built or brought along, where no ignore file names them. */
const builtFolders = new Set(
  (
    "vendor vendors third_party third-party thirdparty site-packages venv virtualenv dist build target .next .nuxt " +
    ".svelte-kit .output .tox .nox .mypy_cache .pytest_cache .ruff_cache .turbo .cache .gradle .eggs .terraform coverage " +
    "htmlcov __pypackages__ Pods DerivedData"
  ).split(" "),
);

export function isBuiltFolder(name: string): boolean {
  return builtFolders.has(name);
}

/** Whether a file was recorded, or is test code; `text` for those whose place does not tell. */
export function isRecording(path: string, text: string): boolean {
  const folders = path.split("/").slice(0, -1);
  return (
    folders.some((name) => recordingFolders.has(name.toLowerCase())) ||
    (isData.test(path) && folders.some((name) => resultFolder.test(name.toLowerCase()))) ||
    recordingFile.test(path) ||
    testClass.test(path) ||
    specFile.test(path) ||
    (/\.(?:json|ya?ml)$/i.test(path) && isCassette(text.slice(0, firstLook)))
  );
}

/** Characters. */
const firstLook = 4096;

/** HTTP traffic that a test plays back: interactions, each a request with its response. */
function isCassette(beginning: string): boolean {
  return (
    /(?:^|[{,\s])"?(?:interactions|http_interactions)"?\s?:/.test(beginning) &&
    /\brequest"?\s?:/.test(beginning)
  );
}

/** Whether data may hold requests as they were sent, by a quick look; only reading it tells. */
export function mayHoldRequests(path: string, text: string): boolean {
  return /\.(?:jsonc?|jsonl|ndjson)$/i.test(path) && /\b(?:messages|contents|input)\\*"\s*:\s*\[/.test(text);
}

/** Files that are left out, and those of them that may hold captured requests. */
export interface LeftOutFiles {
  readonly files: number;
  readonly withRequests: number;
}

/** What was left out by kind, in one line each, with how to have it read. */
export function* leftOutKinds(
  { files, withRequests }: LeftOutFiles,
  built: ReadonlySet<string>,
): Generator<string> {
  if (files > 0) {
    yield files === 1
      ? t('{0}; the setting "recordings" (--recordings read) reads it', filesText(files, withRequests))
      : t('{0}; the setting "recordings" (--recordings read) reads them', filesText(files, withRequests));
  }
  if (built.size > 0) {
    const names = [...built].sort();
    const folders = { folders: plural(built.size, "folder"), names: someOf(names) };
    yield built.size === 1
      ? t(
          '{folders} of what was built or brought along ({names}); the setting "recordings" (--recordings read) enters it',
          folders,
        )
      : t(
          '{folders} of what was built or brought along ({names}); the setting "recordings" (--recordings read) enters them',
          folders,
        );
  }
}

function filesText(files: number, withRequests: number): string {
  const left = plural(files, "file");
  return withRequests === 0
    ? t("{0} of tests, recordings and data", left)
    : t("{left} of tests, recordings and data, {requests} with captured requests among them", {
        ...{ left, requests: plural(withRequests, "file") },
      });
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, fewNames).join(", ");
  const more = names.length - fewNames;
  return more > 0 ? t("{shown}, and {more} more", { shown, more }) : shown;
}

const fewNames = 5;
