/** The grammars as files of the installation. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createGrammars, type Grammars } from "../../service/grammars.ts";
import { startWatch } from "./stopwatch.ts";

/** Those of a folder; nothing is read before the first file of a language turns up. */
export function grammarsOf(folder: string): Grammars {
  return createGrammars((file) => readFile(join(folder, file)), startWatch);
}
