/** A command of the command line, and what it printed. */
import type { Command } from "../../src/hosts/cli/command.ts";

export async function outputOf(
  command: Command,
  args: readonly string[],
): Promise<{ readonly exitCode: number; readonly text: string }> {
  const lines: string[] = [];
  const host = { media: "", grammars: "", bundles: "", print: (line: string) => lines.push(line) };
  const exitCode = await command.run(args, host);
  return { exitCode, text: lines.join("\n") };
}
