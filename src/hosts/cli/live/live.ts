/** `live ENGINE`: requests sent to a server that the user has, and compared with our simulation of it. */
import { statSync } from "node:fs";
import { UserError } from "../../../config/settings.ts";
import { llamaCppOptionsOf } from "../../../core/cache/engines/llama-cpp/launch-options.ts";
import type { LlamaCppServerOptions } from "../../../core/cache/engines/llama-cpp/options.ts";
import { drain } from "../../../core/steps.ts";
import { harmless } from "../../../words/foreign.ts";
import { type Command, existingFolder, parseArguments, wholeNumber } from "../command.ts";
import { analysisOptions, openAnalysis } from "../open-analysis.ts";
import { lineOf } from "../oracle/oracle.ts";
import { compareWithServer } from "./llama-cpp.ts";
import { withSmallIds } from "./small-ids.ts";
import { firstFreeToken, vocabularyTokens } from "./tiny-hybrid.ts";

/** What the rules of a server of that time differ in. */
const rules: Readonly<Record<string, Partial<LlamaCppServerOptions>>> = {
  september: { thinsOnlyWhenFull: true, replacesEqual: true },
  august: { thinsOnlyWhenFull: false, replacesEqual: false },
};

const syntax = {
  name: "live",
  operands: {
    word: "ENGINE",
    noun: "engine",
    least: 1,
    most: 1,
    needs: "the name of an engine: llama.cpp",
  },
  about:
    "send the requests of a folder to a server of yours, and compare its cache with ours, request by request",
  note: "The server is started with a tiny random hybrid model on a free port of this machine, and ended.",
  settings: analysisOptions,
  options: {
    server: { type: "string", word: "PATH", usage: "the llama-server binary that you have" },
    folder: { type: "string", word: "FOLDER", usage: "whose requests are sent", default: "examples" },
    requests: { type: "string", word: "N", usage: "send the first of them only", default: "100" },
    args: {
      type: "string",
      word: "WORDS",
      usage: 'options of the server: --args="--parallel 4 --cache-ram 0"',
      default: "",
    },
    rules: {
      type: "string",
      word: "MONTH",
      usage: "when the server was built, in 2026; a later one counts as september",
      default: "september",
      choices: ["september", "august"],
    },
  },
} as const;

export const liveCommand: Command = {
  ...syntax,
  async run(args, host) {
    const given = parseArguments(syntax, args);
    const [engine] = given.operands;
    if (engine !== "llama.cpp") throw new UserError(`live knows the engine llama.cpp, and no "${engine}".`);
    const { server } = given.values;
    if (server === undefined) {
      process.stderr.write(
        "live needs a server to compare with: --server PATH names the llama-server binary of your llama.cpp. Nothing is downloaded or built.\n",
      );
      return 2;
    }
    checkBinary(server);
    const words = given.values.args.split(/\s+/).filter((word) => word !== "");
    const options = { ...optionsOf(words), ...rules[given.values.rules] };
    const folder = existingFolder(given.values.folder);
    const most = wholeNumber("--requests", given.values.requests) ?? 0;
    const { analyzer, settings } = await openAnalysis({ ...given, operands: [folder] }, host);
    const { requests } = drain(analyzer.study(settings)).workload;
    const sent = requests.filter(({ promptTokens }) => promptTokens.length > 0).slice(0, most);
    if (sent.length === 0)
      throw new UserError(`There is no request to send: ${folder} has no prompt, or --requests is 0.`);
    const checked = await compareWithServer({
      server,
      args: words,
      options,
      requests: withSmallIds(sent, firstFreeToken, vocabularyTokens),
      title: folder,
      progress: (done) => showProgress(done, sent.length),
    });
    const isPass = checked.differences.length === 0;
    host.print(harmless(lineOf(checked, isPass)));
    return isPass ? 0 : 1;
  },
};

/** Throws `UserError`. */
function checkBinary(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return;
  throw new UserError(`There is no file ${path}; --server names the llama-server binary of your llama.cpp.`);
}

/** Throws `UserError`. */
function optionsOf(words: readonly string[]): LlamaCppServerOptions {
  try {
    return llamaCppOptionsOf(words);
  } catch (error) {
    throw new UserError(`--args: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** On a terminal alone, on a line that is written anew. */
function showProgress(done: number, total: number): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r${done} of ${total} requests answered${done === total ? "\n" : ""}`);
}
