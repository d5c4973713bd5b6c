/** A folder that is opened in an editor has the files that the command line reads of it. */

import { join } from "node:path";
import { expect, test } from "vitest";
import { createAnalyzer } from "../../../src/analysis/analyze.ts";
import { readWorkspace } from "../../../src/hosts/cli/read-workspace.ts";
import { diskTree } from "../../../src/hosts/node/disk-tree.ts";
import { startWatch } from "../../../src/hosts/node/stopwatch.ts";
import { createTokenizerLoader } from "../../../src/hosts/node/vocabulary-files.ts";
import { createGrammars } from "../../../src/service/grammars.ts";
import { installedGrammar } from "../../support/installed-grammars.ts";
import { analyze, runSession } from "../../support/session.ts";

const root = join(import.meta.dirname, "../../..");
const tokenizer = createTokenizerLoader(join(root, "media/vocabularies"));

test("of the examples", async () => {
  const folder = join(root, "examples");
  const grammars = createGrammars(installedGrammar, startWatch);
  const parseTools = { syntax: grammars };
  const { documents, skipped } = await readWorkspace(
    folder,
    createAnalyzer({ tokenizer, parseTools }),
    grammars,
  );
  let opened: unknown = null;
  const { settle } = runSession({
    createAnalyzer: (onFile) => {
      const analyzer = createAnalyzer({ tokenizer, parseTools, onFile });
      return {
        ...analyzer,
        setWorkspace(all, config, notRead) {
          opened = { documents: all, skipped: notRead };
          analyzer.setWorkspace(all, config, notRead);
        },
      };
    },
    host: { diskTree, grammars },
  });
  await settle({ type: "folders", folders: [{ id: "w", disk: folder, isLoose: false }] }, analyze(1));
  expect(documents.length).toBeGreaterThan(10);
  expect(opened).toEqual({ documents, skipped });
});
