/** `report PATH` and `explain PATH`: one analysis of a folder or a file. */
import { join } from "node:path";
import { createAnalyzer } from "../analysis/analyze.ts";
import { effectiveSettings } from "../analysis/effective-settings.ts";
import { type AnalysisSettings, UserError } from "../analysis/settings.ts";
import { drain } from "../core/steps.ts";
import { createGrammars } from "../files/grammar-files.ts";
import { huggingFaceCache, locateTokenizer } from "../files/tokenizer-files.ts";
import { createTokenizerLoader } from "../files/vocabulary-files.ts";
import { explainText } from "./explain-text.ts";
import { outputFormat } from "./options.ts";
import { readWorkspace, type WorkspaceFiles } from "./read-workspace.ts";
import { reportText } from "./report-text.ts";

export interface ReportArgs {
  readonly path: string;
  readonly values: {
    readonly model?: string | undefined;
    readonly gpu?: string | undefined;
    readonly "tensor-parallel"?: string | undefined;
    readonly policy?: string | undefined;
    readonly capacity?: string | undefined;
    readonly tokenizer?: string | undefined;
    readonly sessions?: string | undefined;
    readonly turns?: string | undefined;
    readonly seed?: string | undefined;
    readonly request?: string | undefined;
    readonly output?: string | undefined;
    readonly format: string;
  };
}

/** Where the files lie that ship beside the code. */
export interface DataFolders {
  readonly media: string;
  /** Holds tree-sitter and its grammars. */
  readonly grammars: string;
}

/** Prints the report to standard output and nothing else; returns the exit code. */
export async function runReport({ path, values }: ReportArgs, folders: DataFolders): Promise<number> {
  const { analyzer, files, settings } = await openAnalysis({ path, values }, folders);
  const report = drain(analyzer.run(settings));
  process.stdout.write(values.format === "json" ? json(report) : reportText(report, positions(files)));
  return 0;
}

/** `explain PATH --request N`: one request of the same workload, step by step. */
export async function runExplain({ path, values }: ReportArgs, folders: DataFolders): Promise<number> {
  const request = wholeNumber("--request", values.request);
  if (request === undefined) throw new UserError("explain needs --request N; requests count from 0.");
  const { analyzer, files, settings } = await openAnalysis({ path, values }, folders);
  const explained = drain(analyzer.explain(settings, request));
  process.stdout.write(values.format === "json" ? json(explained) : explainText(explained, positions(files)));
  return 0;
}

/** The analyzer with the files of the path, and the settings in force. Throws `UserError`. */
export async function openAnalysis(
  { path, values }: ReportArgs,
  { media, grammars: grammarFolder }: DataFolders,
) {
  outputFormat(values.format);
  const chosen = chosenSettings(values);
  const grammars = createGrammars((file) => join(grammarFolder, file));
  const files = await readWorkspace(path, grammars);
  const analyzer = createAnalyzer({
    tokenizer: createTokenizerLoader(join(media, "vocabularies")),
    parseTools: { syntax: grammars },
  });
  analyzer.setWorkspace(files.documents, files.config, files.skipped);
  const isUsers = chosen.tokenizer !== undefined;
  const settings = locateTokenizer(effectiveSettings(files.config, chosen), {
    isUsers,
    // What was named on the command line is meant from where the command runs.
    workspace: isUsers ? null : files.root,
    cache: huggingFaceCache(process.env),
  });
  return { analyzer, files, settings };
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function chosenSettings(values: ReportArgs["values"]): Partial<AnalysisSettings> {
  const { model, gpu, policy, capacity, tokenizer } = values;
  const tensorParallel = wholeNumber("--tensor-parallel", values["tensor-parallel"]);
  const sessions = wholeNumber("--sessions", values.sessions);
  const turns = wholeNumber("--turns", values.turns);
  const seed = wholeNumber("--seed", values.seed);
  const given = { model, gpu, tensorParallel, policy, capacity, tokenizer, seed, sessions, turns };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new UserError(`${name} is "${text}"; give a whole number.`);
  return Number(text);
}

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
