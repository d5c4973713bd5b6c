import { join } from "node:path";
import { runSpecs } from "../mocha.ts";

const output = process.env["E2E_OUTPUT"] ?? __dirname;

runSpecs({
  specs: join(__dirname, "specs.js"),
  output,
  print: "console",
  timeoutMs: 60_000,
  retries: 1,
}).catch(() => {
  process.exitCode = 1;
});
