/** `hints PATH`: checkpoint-hints.json, for servers that can be told where to keep states. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { UserError } from "../analysis/settings.ts";
import { drain } from "../core/steps.ts";
import { type DataFolders, json, openAnalysis, type ReportArgs } from "./report.ts";

/** Prints the hints, or writes them to the file that `--output` names; returns the exit code. */
export async function runHints({ path, values }: ReportArgs, folders: DataFolders): Promise<number> {
  const { analyzer, settings } = await openAnalysis({ path, values }, folders);
  const text = json(drain(analyzer.hints(settings, sha256)));
  if (values.output === undefined) process.stdout.write(text);
  else writeText(values.output, text);
  return 0;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function writeText(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`--output is "${file}", which cannot be written: ${reason}.`);
  }
}
