// Two bundles that have most of their sources in common, and ship with those sources only once: in a third bundle.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "./run.mjs";

/** What a module of the shared bundle is found under. @param {string} file */
const nameOf = (file) => relative(root, file).replaceAll("\\", "/");

/** Tree-sitter asks whether it is in Node, and is bundled for the one or the other. */
const ofPlatform = ["src/service/grammars.ts"];

/** @param {string} file */
function isShared(file) {
  return /^src\/(?!hosts\/)/.test(nameOf(file)) && !ofPlatform.includes(nameOf(file));
}

/**
 * In one of the bundles: the shared modules that `hosts` files import are taken out of what `expression` gives.
 * @param {string} expression @returns {import("esbuild").Plugin}
 */
export function takeShared(expression) {
  return {
    name: "take-shared",
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) => {
        const file = join(resolveDir, path);
        return isShared(file) ? { path: nameOf(file), namespace: "shared", sideEffects: false } : undefined;
      });
      build.onLoad({ filter: /./, namespace: "shared" }, ({ path }) => ({
        contents: `module.exports = ${expression}[${JSON.stringify(path)}];`,
      }));
    },
  };
}

/** The source of the shared bundle: every shared module that files of `folders` import, by its name. @param {string[]} folders */
export function sharedEntry(folders) {
  const sources = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(root, folder, name)),
  );
  const imported = sources.flatMap((source) =>
    [...readFileSync(source, "utf8").matchAll(/^import (?!type\b)[^;]*?from "(\.[^"]+)";/gm)].map((match) =>
      join(dirname(source), match[1] ?? ""),
    ),
  );
  const names = [...new Set(imported.filter(isShared).map(nameOf))].sort();
  const imports = names.map((name, i) => `import * as module${i} from "./${name}";`);
  const modules = names.map((name, i) => `  ${JSON.stringify(name)}: module${i},`);
  return [...imports, "export const modules = {", ...modules, "};", ""].join("\n");
}
