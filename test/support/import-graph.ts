/** Which file of the project imports which, by its types too. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

function sources(): readonly string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "src", "webview"];
  const listed = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n");
  return listed.filter((file) => /(?<!\.d)\.ts$/.test(file) && existsInTree(file));
}

/** Git lists what was deleted and not yet committed. */
function existsInTree(file: string): boolean {
  try {
    readFileSync(join(root, file));
    return true;
  } catch {
    return false;
  }
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+\.ts)"/g);
  return [...new Set([...found].map((match) => join(file, "..", match[1]!)))];
}

/** By file, relative to the root of the project. */
export const imports: ReadonlyMap<string, readonly string[]> = new Map(
  sources().map((file) => [file, importsOf(file)]),
);

/** The files of each circle, sorted: Tarjan's strongly connected components of more than one file. */
export function importCircles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string) => {
    order.set(file, order.size);
    low.set(file, order.get(file)!);
    stack.push(file);
    for (const target of graph.get(file) ?? []) {
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) low.set(file, Math.min(low.get(file)!, low.get(target)!));
    }
    if (low.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return circles;
}
