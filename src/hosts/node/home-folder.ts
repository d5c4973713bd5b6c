import { homedir } from "node:os";

/** `null` where the system knows of none, as in containers that run under a number without a name. */
export function homeFolder(): string | null {
  try {
    const folder = homedir();
    return folder === "" ? null : folder;
  } catch {
    return null;
  }
}
