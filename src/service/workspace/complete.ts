/** From a folder to the documents of an analysis, with everything that they include. */
import type { AskedPaths } from "../../analysis/documents.ts";
import type { Grammars } from "../grammars.ts";
import type { Picture, Reading, WorkspaceMirror } from "./mirror.ts";

/** What is asked which files prompts ask for. */
export interface AskingAnalysis {
  setWorkspace(documents: Picture["documents"], config: Picture["config"], skipped: Picture["skipped"]): void;
  asked(): Generator<unknown, AskedPaths, void>;
}

export interface CompleteOptions {
  readonly mirror: WorkspaceMirror;
  readonly analysis: AskingAnalysis;
  readonly grammars: Pick<Grammars, "load">;
  readonly reading: Reading;
  /** Runs steps to their end; `null` when it was stopped. */
  drive<R>(steps: Generator<unknown, R, void>): Promise<R | null>;
}

/**
 * Brings the mirror up to date and gives the analysis what it holds, again and again until the prompts ask for nothing
 * more. `null` when it was cancelled.
 */
export async function completePicture(options: CompleteOptions): Promise<Picture | null> {
  const { mirror, analysis, grammars, reading, drive } = options;
  if (!(await mirror.update(reading))) return null;
  for (;;) {
    const picture = mirror.picture();
    // A grammar is loaded before the first file of its language is parsed, so that the analysis itself never waits.
    await grammars.load(picture.languages);
    analysis.setWorkspace(picture.documents, picture.config, picture.skipped);
    const asked = await drive(analysis.asked());
    if (asked === null) return null;
    const isChanged = await mirror.include(asked, reading);
    if (reading.isCancelled()) return null;
    if (!isChanged) return picture;
  }
}
