/** `oracle DIR`: replays golden files of the artifact and of engines, and compares request by request. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { OracleRequest } from "../../../log/marconi-oracle.ts";
import { harmless } from "../../../words/foreign.ts";
import { type Command, existingFolder, parseArguments } from "../command.ts";
import type { Checked, OracleFormat } from "./format.ts";
import { oracleFormats } from "./formats.ts";
import { TraceShelf } from "./trace-shelf.ts";

const syntax = {
  name: "oracle",
  operands: {
    word: "FOLDER",
    noun: "folder",
    least: 1,
    most: 1,
    needs: "the folder with the oracle files",
  },
  about: "replay golden files of the Marconi artifact and of engines, and compare every number",
  settings: [],
  options: {},
} as const;

export const oracleCommand: Command = {
  ...syntax,
  run(args, { print }) {
    const [folder] = parseArguments(syntax, args).operands;
    return replayOracleFolder(existingFolder(folder!), print) === 0 ? 0 : 1;
  },
};

/** Prints one line per file and the closing count; returns the number of failures. */
export function replayOracleFolder(folder: string, printText: (line: string) => void): number {
  const print = (line: string) => printText(harmless(line));
  let passed = 0;
  let failed = 0;
  const runs = { equal: 0, all: 0 };
  const traces = new Map<string, readonly OracleRequest[]>();
  const files = goldenFiles(folder);
  for (const { path, name } of files) {
    for (const checked of checkFile(path, name, traces)) {
      const isPass = checked.differences.length === 0;
      if (isPass) passed++;
      else failed++;
      runs.equal += checked.runs?.equal ?? 0;
      runs.all += checked.runs?.all ?? 0;
      print(lineOf(checked, isPass));
    }
  }
  if (files.length === 0) print(`No .json file in ${folder}.`);
  const ofRuns = runs.all === 0 ? "" : ` (${runs.equal} of ${runs.all} runs of the artifact, every number)`;
  print(`${passed} passed, ${failed} failed${ofRuns}`);
  return files.length === 0 ? 1 : failed;
}

export function lineOf({ title, summary, differences, unreachable }: Checked, isPass: boolean): string {
  const parts = [summary, differences.slice(0, 3).join("; "), unreachable];
  const said = parts.filter((part) => part !== undefined && part !== "").join("; ");
  return `${isPass ? "ok  " : "FAIL"} ${title}${said === "" ? "" : `: ${said}`}`;
}

/** A file that cannot be read, or not replayed, is a failed one; the others still count. */
function* checkFile(
  path: string,
  name: string,
  known: Map<string, readonly OracleRequest[]>,
): Generator<Checked, void, void> {
  try {
    const text = readFileSync(path, "utf8");
    yield* formatOf(text).check(text, name, new TraceShelf(join(path, ".."), known));
  } catch (error) {
    yield { title: name, differences: [error instanceof Error ? error.message : String(error)] };
  }
}

/** The first one for a text that is none, to say what is wrong with it. */
function formatOf(text: string): OracleFormat {
  return oracleFormats.find((format) => format.isOne(text)) ?? oracleFormats[0]!;
}

/** Of the folder and of those below it, in the order of their names. */
function goldenFiles(folder: string): { readonly path: string; readonly name: string }[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({ path, name: relative(folder, path) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
