/** Which module of the workspace an import names. */

const endings = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"] as const;

/**
 * The path without its ending, relative (`./prompts`) or, for the usual names of the source folder (`@/`, `~/`, `#/`),
 * to be looked up in the folders above. `null` for packages, and for files that are no code.
 */
export function modulePath(module: string): string | null {
  const path = /^\.\.?(?:\/|$)/.test(module) ? module : /^[@~#]\/(.+)$/.exec(module)?.[1];
  if (path === undefined) return null;
  const ending = /\.(\w+)$/.exec(path)?.[1] ?? "";
  if (isEnding(ending)) return path.slice(0, -ending.length - 1);
  return /^(?:json|css|scss|svg|png|md|mdx|txt|html|vue|svelte|graphql|wasm)$/.test(ending) ? null : path;
}

function isEnding(text: string): boolean {
  return (endings as readonly string[]).includes(text);
}

/** Files that a module may be, by its path without ending. */
export function moduleFiles(path: string): readonly string[] {
  const folder = path.replace(/\/$/, "");
  const index = endings.map((ending) => `${folder}/index.${ending}`);
  return /(?:^|\/)\.{0,2}$/.test(path) ? index : [...endings.map((ending) => `${path}.${ending}`), ...index];
}
