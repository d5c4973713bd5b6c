// Two bundles that have most of their sources in common, and ship with those sources only once: in a third bundle.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "./run.mjs";

/** What a module of the shared bundle is found under. @param {string} file */
const nameOf = (file) => relative(root, file).replaceAll("\\", "/");

/**
 * What one platform alone uses, or uses otherwise: tree-sitter asks whether it is in Node, and is bundled for the one or the
 * other; files of models and tokenizers are read from a disk.
 */
const ofPlatform = [
  "src/service/grammars.ts",
  "src/core/cost/config/",
  "src/core/gguf-header.ts",
  "src/tokenizers/gguf-vocabulary.ts",
  "src/tokenizers/library-tokenizer.ts",
  "src/tokenizers/safe-pattern.ts",
  "src/tokenizers/spelled-tokens.ts",
  "src/tokenizers/tokenizer-json.ts",
];

/** @param {string} file */
function isShared(file) {
  const name = nameOf(file);
  return /^src\/(?!hosts\/)/.test(name) && !ofPlatform.some((own) => name.startsWith(own));
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

/** The source of the shared bundle: every shared module that files of `folders` and what they bundle import, by its name. @param {string[]} folders */
export function sharedEntry(folders) {
  const sources = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(root, folder, name)),
  );
  const seen = new Set(sources);
  // A set hands out what is added while it is gone through.
  for (const file of seen) if (!isShared(file)) for (const imported of importsOf(file)) seen.add(imported);
  const names = [...seen].filter(isShared).map(nameOf).sort();
  const imports = names.map((name, i) => `import * as module${i} from "./${name}";`);
  const modules = names.map((name, i) => `  ${JSON.stringify(name)}: module${i},`);
  return [...imports, "export const modules = {", ...modules, "};", ""].join("\n");
}

/** Files of ours that a file takes values from. @param {string} file */
function importsOf(file) {
  const imports = readFileSync(file, "utf8").matchAll(/^(?:im|ex)port (?!type\b)[^;]*?from "(\.[^"]+)";/gm);
  return [...imports].map(([, path = ""]) => join(dirname(file), path));
}
