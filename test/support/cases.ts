/** Small workspaces with constructs from the field, which lie beside the repository; nothing of them is copied. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const casesRoot = join(import.meta.dirname, "../../../shared/cases");

/** Whether they are there; says so when they are not. */
export function hasCases(): boolean {
  const found = existsSync(casesRoot);
  if (!found) console.log(`Skipped: no cases at ${casesRoot}`);
  return found;
}

/** The texts of one folder such as `limits-of-providers/input-five-marks`, by path. */
export function filesOfCase(folder: string): Readonly<Record<string, string>> {
  const root = join(casesRoot, folder);
  return Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(root.length + 1).replaceAll("\\", "/"), readFileSync(path, "utf8")]),
  );
}
