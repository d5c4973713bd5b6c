/** `npm run play`: the notation of the tests, outside of them. */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { UserError } from "../../src/config/settings.ts";
import { CostError } from "../../src/core/cost/cost-error.ts";
import { play } from "./play.ts";

const sources = {
  standardInput: () => text(process.stdin),
  file: async (path: string) => readFileSync(path, "utf8"),
};

play(process.argv.slice(2), sources).then(
  (shown) => console.log(shown),
  (error: unknown) => {
    const isUsers = error instanceof UserError || error instanceof CostError;
    console.error(isUsers ? error.message : error);
    process.exitCode = isUsers ? 2 : 1;
  },
);
