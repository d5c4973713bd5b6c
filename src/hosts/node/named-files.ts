/** Files that settings name by their paths: where they are, and whether they may be read. */
import { realpathSync } from "node:fs";
import { isAbsolute, join, resolve, sep } from "node:path";
import { UserError } from "../../config/settings.ts";
import { homeFolder } from "./home-folder.ts";

export interface FilePlaces {
  /** Whether the user named the file, who may name any; promptcache.json may name files of the workspace only. */
  readonly isUsers: boolean;
  /** The folder of promptcache.json; `null` when its files may not be read. */
  readonly workspace: string | null;
}

/** What is named, for messages. */
export interface NamedThing {
  /** Such as `tokenizer`. */
  readonly noun: string;
  /** How the user names one: a setting and an option. */
  readonly own: string;
  /** The file that a path means: itself, or one in the folder. Throws `UserError` where there is none. */
  existing(file: string, named: string): string;
}

/** The absolute path. Throws `UserError` where the file is not there or may not be read. */
export function namedFile(path: string, { isUsers, workspace }: FilePlaces, thing: NamedThing): string {
  const { noun } = thing;
  if (isUsers) return thing.existing(resolve(workspace ?? ".", withoutTilde(path, noun)), path);
  if (workspace === null) {
    throw new UserError(
      `The ${noun} is to be read from ${path}, and files of this workspace may not be read: trust the workspace, or set ${thing.own} yourself.`,
    );
  }
  const file = thing.existing(join(workspace, path), path);
  if (isAbsolute(path) || !isWithin(file, workspace)) {
    throw new UserError(
      `promptcache.json names the ${noun} ${path}, which is outside of the workspace: give a path from the workspace's folder, or name the file yourself with ${thing.own} or --${noun}.`,
    );
  }
  return file;
}

/** Where links lead. */
export function isWithin(file: string, folder: string): boolean {
  return realpathSync(file).startsWith(realpathSync(folder) + sep);
}

function withoutTilde(path: string, noun: string): string {
  if (!/^~[\\/]/.test(path)) return path;
  const home = homeFolder();
  if (home === null)
    throw new UserError(`The ${noun} is ${path}, and no home folder is known here: give the whole path.`);
  return join(home, path.slice(2));
}
