import { join } from "node:path";
import { runSpecs } from "../mocha.ts";

/** VS Code calls this in the extension host, in a workspace of several folders. */
export function run(): Promise<void> {
  const output = process.env["E2E_OUTPUT"] ?? __dirname;
  return runSpecs({ specs: join(__dirname, "specs.js"), output, print: "log", timeoutMs: 30_000 });
}
