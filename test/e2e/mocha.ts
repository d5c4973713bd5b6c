import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "node:util";
import Mocha from "mocha";

export type Options = {
  /** The bundle of all specs. */
  readonly specs: string;
  /** Where result.json goes, and log.txt when the console is not ours to print on. */
  readonly output: string;
  readonly print: "console" | "log";
  readonly timeoutMs: number;
  /** Tries beyond the first. A browser under load loses the focus at times; what fails twice is broken. */
  readonly retries?: number;
};

/**
 * Runs the specs and leaves result.json behind, which the runner trusts more than any exit code.
 * Throws when a test failed or none ran.
 */
export async function runSpecs({ specs, output, print, timeoutMs, retries = 0 }: Options): Promise<void> {
  process.setSourceMapsEnabled(true);
  if (print === "log") {
    // VS Code mixes its own chatter into the console of an extension host.
    Mocha.reporters.Base.consoleLog = (...args: unknown[]) =>
      appendFileSync(join(output, "log.txt"), `${format(...args)}\n`);
  }
  const mocha = new Mocha({
    ui: "bdd",
    timeout: timeoutMs,
    retries,
    color: false,
    reporter: "spec",
    forbidOnly: true,
  });
  const only = process.env["E2E_GREP"];
  if (only) mocha.fgrep(only);
  mocha.addFile(specs);
  const stats = await runToEnd(mocha);
  const counts = { passed: stats.passes, failed: stats.failures, skipped: stats.pending };
  writeFileSync(join(output, "result.json"), JSON.stringify(counts));
  if (counts.failed > 0 || counts.passed === 0) throw new Error("tests failed");
}

function runToEnd(mocha: Mocha): Promise<Mocha.Stats> {
  return new Promise((resolve, reject) => {
    try {
      const runner = mocha.run(() => resolve(runner.stats!));
      // What only passes at the second try says why; else nobody learns of it.
      runner.on("retry", (test: Mocha.Test, error: Error) =>
        Mocha.reporters.Base.consoleLog(`    again: ${test.title} (${error.message.split("\n")[0]})`),
      );
    } catch (error) {
      // A spec that throws while it loads would otherwise vanish in the log of the extension host.
      Mocha.reporters.Base.consoleLog(error);
      reject(error);
    }
  });
}
