/** `hints PATH`: checkpoint-hints.json, for servers that can be told where to keep states. */
import { createHash } from "node:crypto";
import { UserError } from "../../config/settings.ts";
import { drain } from "../../core/steps.ts";
import { writeWhole } from "../node/write-whole.ts";
import { type Command, json, parseArguments } from "./command.ts";
import { analysisOptions, onePath, openAnalysis, settingsNote } from "./open-analysis.ts";

const syntax = {
  name: "hints",
  operands: onePath,
  about: "checkpoint-hints.json: where a server should keep states of these prompts, and what that is worth",
  note: settingsNote,
  settings: analysisOptions,
  options: { output: { type: "string", word: "FILE", usage: "write there instead of standard output" } },
} as const;

export const hintsCommand: Command = {
  ...syntax,
  async run(args, host) {
    const given = parseArguments(syntax, args);
    const { analyzer, settings } = await openAnalysis(given, host);
    const text = json(drain(analyzer.hints(settings, sha256)));
    if (given.values.output === undefined) process.stdout.write(text);
    else writeText(given.values.output, text);
    return 0;
  },
};

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function writeText(file: string, text: string): void {
  try {
    writeWhole(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`--output is "${file}", which cannot be written: ${reason}.`);
  }
}
