/**
 * `recall REPOSITORIES TRUTH`: how many of the prompts that a reader saw in each repository of a folder are found, and how
 * many of the templates are prompts. For whoever changes what counts as a prompt.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Documents } from "../../src/analysis/documents.ts";
import { UserError } from "../../src/config/settings.ts";
import { drain } from "../../src/core/steps.ts";
import { type Command, existingFolder, parseArguments } from "../../src/hosts/cli/command.ts";
import { readWorkspace } from "../../src/hosts/cli/read-workspace.ts";
import { startWatch } from "../../src/hosts/node/stopwatch.ts";
import { createGrammars, type Grammars } from "../../src/service/grammars.ts";
import { installedGrammar } from "../support/installed-grammars.ts";
import { measure, type Recall } from "./measure.ts";
import { type Minimum, readMinimums } from "./minimums.ts";
import { isReached, recallText, tallyOf } from "./recall-text.ts";
import { readTruth, type Truth } from "./truth.ts";

const syntax = {
  name: "recall",
  operands: {
    ...{ word: "REPOSITORIES TRUTH", noun: "folder and truth", least: 2, most: 2 },
    needs: "a folder of repositories, and a TSV file or a folder of them that says where prompts are",
  },
  about: "how many of the prompts that a reader saw are found",
  settings: [],
  options: {
    "at-least": { type: "string", word: "KIND=PERCENT,…", usage: "fail where less is found, or precise" },
  },
} as const;

export const recallCommand: Command = {
  ...syntax,
  async run(args, { print }) {
    const { operands, values } = parseArguments(syntax, args);
    const minimums = readMinimums(values["at-least"]);
    const folder = existingFolder(operands[0]!);
    const truths = readTruth(truthFiles(operands[1]!));
    const grammars = createGrammars(installedGrammar, startWatch);
    const recalls: Recall[] = [];
    for (const truth of truths) {
      if (existsSync(join(folder, truth.repository))) recalls.push(await recallOf(folder, truth, grammars));
      else print(`${truth.repository} is not in ${folder}; its places are left out.`);
    }
    if (recalls.length === 0) {
      throw new UserError(
        `${folder} has none of the repositories of ${operands[1]}; each lies in a folder of its name.`,
      );
    }
    for (const { of } of minimums) checkMeasured(of, recalls);
    print(recallText(recalls, minimums));
    return minimums.every((minimum) => isReached(minimum, tallyOf(recalls, minimum.of))) ? 0 : 1;
  },
};

function truthFiles(path: string): readonly { readonly source: string; readonly text: string }[] {
  const kind = statSync(path, { throwIfNoEntry: false });
  if (kind === undefined) throw new UserError(`There is no file or folder ${path}.`);
  const names = kind.isDirectory() ? readdirSync(path).filter((name) => name.endsWith(".tsv")) : null;
  if (names?.length === 0) throw new UserError(`${path} has no file whose name ends in .tsv.`);
  const files = names === null ? [path] : names.sort().map((name) => join(path, name));
  return files.map((source) => ({ source, text: readFileSync(source, "utf8") }));
}

async function recallOf(folder: string, truth: Truth, grammars: Grammars): Promise<Recall> {
  const root = join(folder, truth.repository);
  for (const place of [...truth.places, ...truth.marked]) checkPlace(place, root);
  const documents = new Documents({ syntax: grammars });
  await readWorkspace(root, documents, grammars);
  const { templates } = drain(documents.parse());
  return measure(truth, templates, (path) => documents.documentAt(path)?.text ?? null);
}

/** A place in a file that is shorter, or is none, is of another commit. */
function checkPlace({ path, line, source }: Truth["places"][number] | Truth["marked"][number], root: string) {
  const file = join(root, path);
  const advice = "check out the commit that the truth names, or correct the row";
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new UserError(`${source}: there is no file ${file}; ${advice}.`);
  }
  const lines = readFileSync(file, "utf8").split(/\r\n|\n|\r/).length;
  if (line > lines) throw new UserError(`${source}: ${file} has ${lines} lines, not ${line}; ${advice}.`);
}

function checkMeasured(of: Minimum["of"], recalls: readonly Recall[]): void {
  if (tallyOf(recalls, of).of > 0) return;
  const what = of === "precision" ? "of a file of which every prompt is listed" : `of the kind ${of}`;
  throw new UserError(
    `--at-least asks for ${of}, but the truth of these repositories names nothing ${what}.`,
  );
}
