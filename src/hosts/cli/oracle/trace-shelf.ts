/** Finds the traces that golden files name, and reads each once. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type OracleRequest, readOracle } from "../../../log/marconi-oracle.ts";
import type { Traces } from "./format.ts";

/** A file names its trace from a folder of whoever made it: so far up its last parts are looked for. */
const mostFoldersUp = 4;

export class TraceShelf implements Traces {
  readonly #folder: string;
  readonly #known: Map<string, readonly OracleRequest[]>;

  /** `folder` holds the file that names them; `known` are those that were read before, by their places. */
  constructor(folder: string, known: Map<string, readonly OracleRequest[]>) {
    this.#folder = folder;
    this.#known = known;
  }

  requests(file: string, count: number): readonly OracleRequest[] {
    const path = this.#find(file);
    if (path === null) throw new Error(`There is no trace ${file} beside it, or above.`);
    const requests = this.#known.get(path) ?? readOracle(readFileSync(path, "utf8")).requests;
    this.#known.set(path, requests);
    if (requests.length < count)
      throw new Error(`The trace ${file} has ${requests.length} requests, and not ${count}.`);
    return requests.slice(0, count);
  }

  /** With as many of its own folders as there are, and as near as it is. */
  #find(file: string): string | null {
    const parts = file.split(/[\\/]/).filter((part) => part !== "" && part !== "." && part !== "..");
    for (let from = 0; from < parts.length; from++) {
      let folder = this.#folder;
      for (let up = 0; up <= mostFoldersUp; up++, folder = dirname(folder)) {
        const path = join(folder, ...parts.slice(from));
        if (existsSync(path)) return path;
      }
    }
    return null;
  }
}
