/** `report PATH` and `explain PATH`: one analysis of a folder or a file. */
import { UserError } from "../../config/settings.ts";
import { drain } from "../../core/steps.ts";
import { explainText } from "../../show/explain-text.ts";
import { reportText } from "../../show/report-text.ts";
import { type Command, formatOption, json, parseArguments, wholeNumber } from "./command.ts";
import { analysisOptions, onePath, openAnalysis, settingsNote } from "./open-analysis.ts";
import type { WorkspaceFiles } from "./read-workspace.ts";

const reportSyntax = {
  name: "report",
  operands: onePath,
  about: "analyse a folder or a file: what a prefix cache does with its prompts",
  note: settingsNote,
  settings: analysisOptions,
  options: { format: formatOption },
} as const;

/** Prints the report to standard output and nothing else. */
export const reportCommand: Command = {
  ...reportSyntax,
  async run(args, host) {
    const given = parseArguments(reportSyntax, args);
    const { analyzer, files, settings } = await openAnalysis(given, host);
    const report = drain(analyzer.run(settings));
    const isJson = given.values.format === "json";
    process.stdout.write(isJson ? json(report) : reportText(report, positions(files)));
    return 0;
  },
};

const explainSyntax = {
  name: "explain",
  operands: onePath,
  about: "where every token of one request of that workload went, and why",
  note: settingsNote,
  settings: analysisOptions,
  options: {
    request: { type: "string", word: "N", usage: "the request; they count from 0" },
    format: formatOption,
  },
} as const;

export const explainCommand: Command = {
  ...explainSyntax,
  async run(args, host) {
    const given = parseArguments(explainSyntax, args);
    const request = wholeNumber("--request", given.values.request);
    if (request === undefined) throw new UserError("explain needs --request N; requests count from 0.");
    const { analyzer, files, settings } = await openAnalysis(given, host);
    const explained = drain(analyzer.explain(settings, request));
    const isJson = given.values.format === "json";
    process.stdout.write(isJson ? json(explained) : explainText(explained, positions(files)));
    return 0;
  },
};

function positions(
  files: WorkspaceFiles,
): (path: string, offset: number) => { line: number; column: number } {
  const texts = new Map(files.documents.map(({ path, text }) => [path, text]));
  if (files.config !== null) texts.set(files.config.path, files.config.text);
  return (path, offset) => {
    const before = (texts.get(path) ?? "").slice(0, offset);
    const lineStart = before.lastIndexOf("\n") + 1;
    return { line: before.split("\n").length, column: offset - lineStart + 1 };
  };
}
