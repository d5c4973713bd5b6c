/** A folder, or a single file, of the disk as the analysis wants it. Nothing is followed out of the folder. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { configFileName } from "../../config/config.ts";
import { defaultsOf, type ReadingSettings, UserError } from "../../config/settings.ts";
import { invariant } from "../../core/invariant.ts";
import { drain } from "../../core/steps.ts";
import { formatFor } from "../../prompt/registry.ts";
import type { Grammars } from "../../service/grammars.ts";
import { type AskingAnalysis, completePicture } from "../../service/workspace/complete.ts";
import { type Picture, WorkspaceMirror } from "../../service/workspace/mirror.ts";
import { defaultRules } from "../../service/workspace/reading-rules.ts";
import { toldFiles } from "../../service/workspace/told-files.ts";
import { knownPrompts } from "../../show/known-prompts.ts";
import { diskTree } from "../node/disk-tree.ts";

export interface WorkspaceFiles extends Picture {
  readonly root: string;
}

/**
 * Gives the analysis the files of a folder, or a single file, with everything that they include.
 * Throws `UserError` when there is nothing at the path, and for a single file that is no prompt.
 * In a folder, files that cannot be read are listed with the reason. Loads the grammars that the documents need.
 */
export async function readWorkspace(
  path: string,
  analysis: AskingAnalysis,
  grammars: Pick<Grammars, "load">,
  settings: ReadingSettings = defaultsOf("reading"),
): Promise<WorkspaceFiles> {
  const target = resolve(path);
  const kind = statSync(target, { throwIfNoEntry: false });
  if (kind === undefined) throw new UserError(`There is no file or folder ${path}.`);
  const root = realpathSync(kind.isDirectory() ? target : workspaceOf(target));
  const only = kind.isDirectory() ? null : pathIn(root, realpathOfFolder(target));
  const picture = await completePicture({
    mirror: new WorkspaceMirror({
      tree: diskTree(root),
      rules: { ...defaultRules, ...settings },
      ...(only !== null && { only }),
    }),
    analysis,
    grammars,
    reading: { isCancelled: () => false, onProgress: () => {} },
    drive: async (steps) => drain(steps),
  });
  invariant(picture !== null, "a reading that nobody cancels comes to its end");
  if (only !== null) checkSingleFile(path, only, picture);
  return { ...picture, root };
}

/**
 * The folder that a single file belongs to: the nearest one above that is configured, or a repository; otherwise as far
 * up as its name needs to be known, since a text file is a prompt in a folder of prompts only.
 */
function workspaceOf(file: string): string {
  const above = [dirname(file)];
  for (let folder = above[0]!; dirname(folder) !== folder; folder = dirname(folder))
    above.push(dirname(folder));
  const isRoot = (folder: string) => [configFileName, ".git"].some((name) => existsSync(join(folder, name)));
  const known = above.slice(0, 4).find((folder) => formatFor(pathIn(folder, file)) !== null);
  return above.find(isRoot) ?? known ?? above[0]!;
}

/** The file under the real name of its folder. Were it a link itself, it would be refused like any other. */
function realpathOfFolder(file: string): string {
  return join(realpathSync(dirname(file)), basename(file));
}

function pathIn(root: string, file: string): string {
  return relative(root, file).replaceAll(sep, "/");
}

function checkSingleFile(path: string, inWorkspace: string, { config, skipped }: Picture): void {
  const unread = skipped.find((file) => file.path === inWorkspace);
  if (unread !== undefined) throw new UserError(`${path} cannot be analysed: ${unread.reason}.`);
  if (formatFor(inWorkspace, toldFiles(config).assigned) !== null) return;
  throw new UserError(`${path} is no prompt by its name and folder. ${knownPrompts}`);
}
