/** npm run recall -- REPOSITORIES TRUTH [--at-least KIND=PERCENT,…] */
import { UserError } from "../../src/config/settings.ts";
import { harmless } from "../../src/words/foreign.ts";
import { recallCommand } from "./recall.ts";

// npm starts commands in the folder of the package; paths are meant from where it was called.
process.chdir(process.env["INIT_CWD"] ?? ".");
const host = { bundles: "", media: "", grammars: "", print: (text: string) => console.log(text) };
Promise.resolve(recallCommand.run(process.argv.slice(2), host)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    console.error(harmless(error.message));
    process.exitCode = 2;
  },
);
