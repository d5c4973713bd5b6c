/** Half-typed files of every format: no parser throws, ranges stay inside, and the same text gives the same templates. */
import { describe, expect, test } from "vitest";
import { corpusFolders, hasCorpora, readCorpus, readFixtures } from "../../support/corpora.ts";
import { cutsOf, fewOfEachFormat, parseFault, prefixesOf } from "../../support/cut-corpora.ts";
import { parseTools } from "../../support/parse-tools.ts";

describe.skipIf(!hasCorpora())("files of other projects", () => {
  test.each(hasCorpora() ? corpusFolders() : [])("%s: a few cuts of every third file", (folder) => {
    const some = readCorpus(folder).filter((_, index) => index % 3 === 0);
    for (const cut of some.flatMap((document) => cutsOf(document, 1, 3))) {
      expect(parseFault(cut, parseTools), `${cut.path}: ${JSON.stringify(cut.text)}`).toBeNull();
    }
  });
});

test("every tenth prefix of a file of each format", () => {
  for (const document of fewOfEachFormat(readFixtures("formats"), 1)) {
    for (const cut of prefixesOf(document).filter((_, index) => index % 10 === 0)) {
      expect(parseFault(cut, parseTools), `${cut.path} cut at ${cut.text.length}`).toBeNull();
    }
  }
});
