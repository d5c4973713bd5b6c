/** Paths relative to a root, with `/`; the empty string is the root. */

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function isAtOrBelow(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}

/** Outermost first, without the root. */
export function foldersAbove(path: string): readonly string[] {
  const folders: string[] = [];
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) folders.push(path.slice(0, at));
  return folders;
}

/** Whether a path that somebody wrote leads to a place below the root. */
export function isInside(path: string): boolean {
  return path !== "" && path.split("/").every((part) => part !== "" && part !== "..");
}
