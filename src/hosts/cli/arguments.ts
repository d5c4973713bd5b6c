/** What stands behind `report`, `explain` and `hints` on the command line. */
import { UserError } from "../../config/settings.ts";
import { parseOptions } from "./options.ts";

const options = {
  model: { type: "string" },
  gpu: { type: "string" },
  "tensor-parallel": { type: "string" },
  policy: { type: "string" },
  capacity: { type: "string" },
  tokenizer: { type: "string" },
  sessions: { type: "string" },
  turns: { type: "string" },
  seed: { type: "string" },
  request: { type: "string" },
  output: { type: "string" },
  format: { type: "string", default: "text" },
} as const;

export function parseReportArgs(args: readonly string[]) {
  const { values, positionals } = parseOptions(args, options);
  const [path = ".", ...others] = positionals;
  if (others.length > 0) {
    throw new UserError(
      `One folder or file at a time: "${others[0]}" is one too many. A path with blanks stands in quotes.`,
    );
  }
  // An unset variable of a script, rather than a wish for the present folder.
  if (path === "") throw new UserError("The path is empty; give a folder or a file.");
  return { path, values };
}
