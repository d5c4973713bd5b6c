/** The command line: arguments in, a report out. Only what was asked for goes to standard output. */
import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../config/settings.ts";
import { CostError } from "../../core/cost/cost-error.ts";
import { harmless, harmlessLines } from "../../words/foreign.ts";
import { runAdvise } from "./advise.ts";
import { parseReportArgs } from "./arguments.ts";
import { catalogueText } from "./catalogue.ts";
import { runCorpora } from "./corpora.ts";
import { runHints } from "./hints.ts";
import { parseHistoryArgs, runHistory } from "./history.ts";
import { replayOracleFolder } from "./oracle.ts";
import { parsePoliciesArgs, policiesText } from "./policies.ts";
import { type DataFolders, runExplain, runReport } from "./report.ts";
import { parseSweepArgs, sweep } from "./sweep.ts";
import { formatTtftValidation } from "./validate-ttft.ts";

const usage = `Prompt Cache Lens: what a prefix cache does with your prompts.

  report PATH            analyse a folder or a file
      --model ID         default ibm-granite/granite-4.0-h-small
      --gpu ID           default H100-SXM
      --tensor-parallel N
      --policy NAME      default marconi
      --capacity BYTES   auto, or such as 20GiB
      --tokenizer NAME   auto, shipped, a vocabulary that ships, or the path of a tokenizer.json
      --sessions N  --turns N  --seed N
      --format text|json
  explain PATH --request N   where every token of one request of that workload went, and why; options as above
  advise PATH            settings of a server, or breakpoints of a hosted API, that are better for these prompts; options as above
  hints PATH             checkpoint-hints.json: where a server should keep states of these prompts, and what that is worth
      --output FILE      instead of standard output; options as above
  history FILE           recorded conversations (JSON lines with messages) under a cut history, against one that only grows
      --keep KIND        turns, messages, observations (default) or summary
      --last N           how many stay (default 5)
      --every N          cut when N more have come (default as many as stay)
      --model ID  --gpu ID  --policy NAME  --capacity BYTES  --format text|json
  catalogue models|gpus|policies
  oracle FOLDER          replay marconi-oracle/1 files and compare every number
  sweep FILES            replay traces (marconi-oracle/1, Mooncake) under many configurations
      --capacities LIST  such as 20GiB,5% (of what unlimited memory would hold)
      --policies LIST    default marconi,sglang-radix,clairvoyant,ideal
      --alphas LIST      Marconi with these fixed alphas, or grid
      --models LIST      of the catalogue, or of the file
      --gpu ID  --tensor-parallel N   what models of the catalogue run on
      --workers N        default all cores
      --format text|json
  policies PATHS         traces, and those in folders, under several policies and capacities: who wins, who loses, by how much
      --models LIST  --gpu ID  --workers N  --format text|json
      --no-alphas        without the grid of fixed alphas, which takes most of the time
  corpora FOLDER         what is found in each folder of it: templates by format, holes by scope, problems, time
      --list             every template, with how it begins
  validate-ttft          predicted against measured times to first token

Ends with 0; with 1 when numbers differ or something fails, with 2 when it was asked for something that cannot be done.
`;

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  const isHelp = rest.some((argument) => argument === "--help" || argument === "-h");
  switch (isHelp ? "help" : command) {
    case "report":
      return runReport(parseReportArgs(rest), dataFolders());
    case "explain":
      return runExplain(parseReportArgs(rest), dataFolders());
    case "advise":
      return runAdvise(parseReportArgs(rest), dataFolders());
    case "hints":
      return runHints(parseReportArgs(rest), dataFolders());
    case "history":
      return runHistory(parseHistoryArgs(rest), dataFolders());
    case "catalogue":
      print(catalogueText(rest[0] ?? ""));
      return 0;
    case "oracle":
      return replayOracleFolder(folderOf(rest), print) === 0 ? 0 : 1;
    case "sweep":
      return sweep(parseSweepArgs(rest), bundleFolder(), print);
    case "policies":
      return sweep(parsePoliciesArgs(rest), bundleFolder(), print, policiesText);
    case "corpora":
      return runCorpora(rest, dataFolders().grammars, print);
    case "validate-ttft":
      print(formatTtftValidation());
      return 0;
    case "help":
    case "--help":
    case "-h":
      process.stdout.write(usage);
      return 0;
    default:
      process.stderr.write(
        command === undefined ? usage : `Unknown command "${harmless(command)}".\n\n${usage}`,
      );
      return 2;
  }
}

function bundleFolder(): string {
  return dirname(fileURLToPath(import.meta.url));
}

function folderOf([folder]: readonly string[]): string {
  if (folder === undefined) throw new UserError("oracle needs the folder with the oracle files.");
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder;
  throw new UserError(`There is no folder ${folder}.`);
}

function dataFolders(): DataFolders {
  // The build puts the grammars beside the bundles that read code.
  return { media: mediaFolder(), grammars: join(dirname(fileURLToPath(import.meta.url)), "grammars") };
}

/** Beside the bundle's folder in the package, or beside src in a checkout. */
function mediaFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [join(here, "..", "media"), join(here, "..", "..", "media")];
  return resolve(
    candidates.find((folder) => existsSync(join(folder, "vocabularies"))) ?? candidates[0] ?? "media",
  );
}

/** Whoever reads the output may have seen enough, as `head` has: that is no failure. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  process.stderr.write(`The output cannot be written: ${error.message}\n`);
  process.exit(1);
});

/** Of our own mistakes: the stack has lines, and a message may hold names. */
function failureText(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return harmlessLines(text.split("\n"));
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isUsers = error instanceof UserError || error instanceof CostError;
    process.stderr.write(`${isUsers ? harmless(error.message) : failureText(error)}\n`);
    process.exitCode = isUsers ? 2 : 1;
  },
);
