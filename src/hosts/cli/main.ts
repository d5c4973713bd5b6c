/** The command line: arguments in, a report out. Only what was asked for goes to standard output. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../config/settings.ts";
import { CostError } from "../../core/cost/cost-error.ts";
import { harmless, harmlessLines } from "../../words/foreign.ts";
import type { CliHost } from "./command.ts";
import { commands } from "./commands.ts";
import { commandHelp, overview, unknownCommand } from "./help.ts";

/** The build puts the version of package.json in its place. */
declare const packageVersion: string;

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    process.stderr.write(overview(commands));
    return 2;
  }
  if (name === "--version") {
    process.stdout.write(`${packageVersion}\n`);
    return 0;
  }
  const isHelp = name === "help" || args.some((argument) => argument === "--help" || argument === "-h");
  const asked = name === "help" ? rest.find((word) => !word.startsWith("-")) : name;
  if (isHelp && (asked === undefined || asked.startsWith("-"))) {
    process.stdout.write(overview(commands));
    return 0;
  }
  const command = commands.find((each) => each.name === asked);
  if (command === undefined) throw new UserError(unknownCommand(asked ?? "", commands));
  if (!isHelp) return command.run(rest, host());
  process.stdout.write(commandHelp(command));
  return 0;
}

function host(): CliHost {
  const bundles = dirname(fileURLToPath(import.meta.url));
  return {
    bundles,
    media: mediaFolder(),
    // The build puts the grammars beside the bundles that read code.
    grammars: join(bundles, "grammars"),
    print: (text) => process.stdout.write(`${text}\n`),
  };
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
