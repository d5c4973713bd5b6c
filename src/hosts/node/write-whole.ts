/** How we write files of the user. */
import { randomUUID } from "node:crypto";
import { chmodSync, realpathSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from "node:fs";

/**
 * The file holds all of the text or, where that fails, what it held before. What is no file, such as a pipe, is written to
 * as it is. Throws what the file system throws.
 */
export function writeWhole(file: string, text: string): void {
  const present: Stats | undefined = statSync(file, { throwIfNoEntry: false });
  if (present !== undefined && !present.isFile()) {
    writeFileSync(file, text);
    return;
  }
  // A link stays one: what it leads to is replaced.
  const target = present === undefined ? file : realpathSync(file);
  const draft = `${target}.${randomUUID()}`;
  try {
    writeFileSync(draft, text, { flag: "wx" });
    if (present !== undefined) chmodSync(draft, present.mode);
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
