/** A folder of the disk. The worker and the command line read through it alike. */
import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Entry, EntryKind, FileRead } from "../../protocol/file-tree.ts";
import { tooLarge } from "../../service/workspace/file-text.ts";
import { type FileTree, linkReason, specialReason } from "../../service/workspace/file-tree.ts";

/** Some systems know no such flags; there, only the check before and after opening is left. */
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

interface Kinds {
  isFile(): boolean;
  isDirectory(): boolean;
}

export function diskTree(root: string): FileTree {
  return {
    async list(folder) {
      try {
        const found = await readdir(join(root, folder), { withFileTypes: true });
        const entries = found.map(async (entry): Promise<Entry> => {
          const isLink = entry.isSymbolicLink();
          const kind = isLink ? await kindBehind(join(root, folder, entry.name)) : kindOf(entry);
          return { name: entry.name, kind, isLink };
        });
        return { entries: await Promise.all(entries), reason: null };
      } catch (error) {
        return { entries: null, reason: reasonOf(error) };
      }
    },
    async stat(path) {
      try {
        const found = await lstat(join(root, path));
        const isLink = found.isSymbolicLink();
        return { kind: isLink ? await kindBehind(join(root, path)) : kindOf(found), isLink };
      } catch {
        return null;
      }
    },
    read: (path, maxBytes) => readFile(join(root, path), maxBytes),
  };
}

async function readFile(file: string, maxBytes: number): Promise<FileRead> {
  try {
    const before = await lstat(file);
    if (before.isSymbolicLink()) return { kind: "refused", reason: linkReason() };
    if (before.isDirectory()) return { kind: "folder" };
    // Opening a device or a pipe may already do something, or wait for ever.
    if (!before.isFile()) return { kind: "refused", reason: specialReason() };
    const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      return await readOpen(handle, maxBytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "nothing" };
    return { kind: "refused", reason: code === "ELOOP" ? linkReason() : reasonOf(error) };
  }
}

/** What was looked at before may have been replaced since, and a size may be a lie. */
async function readOpen(handle: FileHandle, maxBytes: number): Promise<FileRead> {
  const found = await handle.stat();
  if (!found.isFile()) return { kind: "refused", reason: specialReason() };
  const large = tooLarge(found.size, maxBytes);
  if (large !== null) return { kind: "refused", reason: large };
  let bytes = new Uint8Array(found.size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
    length += bytesRead;
    if (bytesRead === 0) return { kind: "file", bytes: bytes.subarray(0, length) };
    const grown = tooLarge(length, maxBytes);
    if (grown !== null) return { kind: "refused", reason: grown };
    if (length < bytes.length) continue;
    const larger = new Uint8Array(Math.min(2 * length, maxBytes) + 1);
    larger.set(bytes);
    bytes = larger;
  }
}

async function kindBehind(link: string): Promise<EntryKind> {
  try {
    return kindOf(await stat(link));
  } catch {
    return "other";
  }
}

function kindOf(entry: Kinds): EntryKind {
  if (entry.isFile()) return "file";
  return entry.isDirectory() ? "folder" : "other";
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}

/** A file that went away while it was read, or may not be read. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === "ENOENT") return "it went away while it was read";
  if (code === "EACCES" || code === "EPERM") return "it may not be read";
  return error instanceof Error ? error.message : String(error);
}
