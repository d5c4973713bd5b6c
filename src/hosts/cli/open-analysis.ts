/** What `report`, `explain`, `advise` and `hints` have in common: a folder or a file, the settings, and the analyzer. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { createAdvisingAnalyzer } from "../../analysis/advising-analyzer.ts";
import { effectiveSettings } from "../../analysis/effective-settings.ts";
import { type AnalysisSettings, type ReadingSettings, UserError } from "../../config/settings.ts";
import type { SourceDocument } from "../../prompt/format.ts";
import { decode, tooLarge } from "../../service/workspace/file-text.ts";
import { grammarsOf } from "../node/grammar-files.ts";
import { huggingFaceCache } from "../node/hugging-face-cache.ts";
import { createModelReader } from "../node/model-files.ts";
import { locateTokenizer } from "../node/tokenizer-files.ts";
import { createTokenizerLoader } from "../node/vocabulary-files.ts";
import { type DataFolders, type Operands, settingsOf } from "./command.ts";
import { readWorkspace, type WorkspaceFiles } from "./read-workspace.ts";

/** The present folder, unless another is given. */
export const onePath: Operands = {
  word: "PATH",
  noun: "folder or file",
  least: 0,
  most: 1,
  needs: "a folder or a file",
};

export const settingsNote = "What is not given here is what promptcache.json says, or else the default.";

export const analysisOptions = settingsOf("analysis", "reading");

export interface AnalysisArguments {
  readonly operands: readonly string[];
  readonly chosen: Partial<AnalysisSettings>;
  readonly reading: ReadingSettings;
}

/** The analyzer with the files of the path, and the settings in force. Throws `UserError`. */
export async function openAnalysis(
  { operands, chosen: given, reading }: AnalysisArguments,
  { media, grammars: grammarFolder }: DataFolders,
) {
  const grammars = grammarsOf(grammarFolder);
  const analyzer = createAdvisingAnalyzer({
    tokenizer: createTokenizerLoader(join(media, "vocabularies")),
    parseTools: { syntax: grammars },
  });
  const found = await readWorkspace(operands[0] ?? ".", analyzer, grammars, reading);
  const { files, chosen } = withChatTemplate(found, given, reading.maxFileBytes);
  if (files !== found) analyzer.setWorkspace(files.documents, files.config, files.skipped);
  // What was named on the command line is meant from where the command runs.
  const places = (isUsers: boolean) => ({ isUsers, workspace: isUsers ? null : files.root });
  const readModel = createModelReader();
  const inForce = effectiveSettings(files.config, chosen, (settings, isUsers) =>
    readModel(settings, places(isUsers)),
  );
  const settings = locateTokenizer(inForce, {
    ...places(chosen.tokenizer !== undefined),
    cache: huggingFaceCache(process.env),
  });
  return { analyzer, files, settings };
}

/** With the chat template that the command line names, from where the command runs, as a file of the workspace. */
function withChatTemplate(files: WorkspaceFiles, chosen: Partial<AnalysisSettings>, maxBytes: number) {
  const named = chosen.chatTemplate;
  if (named === undefined || named === "auto" || named === "none") return { files, chosen };
  const document = readChatTemplate(named, files.root, maxBytes);
  // It wraps prompts, and counts as none itself.
  const documents = [...files.documents.filter(({ path }) => path !== document.path), document];
  return { files: { ...files, documents }, chosen: { ...chosen, chatTemplate: document.path } };
}

function readChatTemplate(named: string, root: string, maxBytes: number): SourceDocument {
  const file = resolve(named);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    throw new UserError(
      `There is no chat template ${named}; give the path of a tokenizer_config.json or chat_template.jinja, auto or none.`,
    );
  }
  const large = tooLarge(found.size, maxBytes);
  const { text, reason } = large === null ? decode(readFileSync(file)) : { text: null, reason: large };
  if (text === null) throw new UserError(`The chat template ${named} cannot be read: ${reason}.`);
  const path = relative(root, realpathSync(file)).replaceAll(sep, "/");
  return { path, text, isOnlyIncluded: true };
}
