// Bundles the entry points with esbuild into dist/.
//   node scripts/build.mjs [--production] [--watch] [--only cli,worker]
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as esbuild from "esbuild";
import { isMain, root, say } from "./lib/run.mjs";
import { sharedEntry, takeShared } from "./lib/shared-bundle.mjs";

/** Of package.json, which is the only place that says it. */
function packageVersion() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
}

/** @type {esbuild.BuildOptions} */
const node = {
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  // The UMD build of jsonc-parser hides its parts from bundlers.
  mainFields: ["module", "main"],
  // A CommonJS bundle has no import.meta, so sources that ask for their own URL get the URL of the bundle.
  define: { "import.meta.url": "bundleUrl", packageVersion: JSON.stringify(packageVersion()) },
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
};

/** What a shell can start. @type {esbuild.BuildOptions} */
const program = { ...node, banner: { js: `#!/usr/bin/env node\n${node.banner?.["js"]}` } };

/** @type {esbuild.BuildOptions} */
const page = {
  platform: "browser",
  format: "iife",
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"' },
};

/** What an editor in a browser loads: as CommonJS, with its API as the only thing to require. @type {esbuild.BuildOptions} */
const webExtension = { ...page, format: "cjs", external: ["vscode"], define: {} };

/** One script after another in a web worker. @type {esbuild.BuildOptions} */
const webWorker = {
  ...page,
  // Tree-sitter wants an address that others can be relative to. It is given its files, and fetches none.
  define: { "import.meta.url": '"file:///"', packageVersion: JSON.stringify(packageVersion()) },
};

/** The name under which the shared bundle is known to scripts that run after it. */
const sharedGlobal = "promptCacheLens";

/** What both workers need, once: a global for the web worker, and a module for Node's. @type {esbuild.BuildOptions} */
const shared = {
  ...webWorker,
  globalName: sharedGlobal,
  footer: { js: `if (typeof module === "object") module.exports = ${sharedGlobal};` },
};

/** Folders with what the workers do not share. */
const workerFolders = ["src/hosts/worker", "src/hosts/web-worker", "src/hosts/node"];

/**
 * `source` is a file, or what gives its text; `shared` is how a bundle gets at the shared one.
 * @typedef {{ source: string | (() => string), output: string, options: esbuild.BuildOptions, shared?: string }} Entry
 */

/** @type {Record<string, Entry>} */
const entries = {
  extension: { source: "src/hosts/desktop/main.ts", output: "extension.cjs", options: node },
  "extension.web": { source: "src/hosts/web/main.ts", output: "extension.web.js", options: webExtension },
  analysis: { source: () => sharedEntry(workerFolders), output: "analysis.js", options: shared },
  worker: {
    source: "src/hosts/worker/main.ts",
    output: "worker.cjs",
    options: { ...node, external: ["vscode", "./analysis.js"] },
    shared: 'require("./analysis.js").modules',
  },
  "worker.web": {
    source: "src/hosts/web-worker/main.ts",
    output: "worker.web.js",
    options: webWorker,
    shared: `${sharedGlobal}.modules`,
  },
  cli: { source: "src/hosts/cli/main.ts", output: "cli.cjs", options: program },
  "sweep-worker": { source: "src/hosts/cli/sweep-worker.ts", output: "sweep-worker.cjs", options: node },
  webview: { source: "webview/main.ts", output: "webview.js", options: page },
};

/** Bundles that read code; the grammars lie beside them. */
const readingCode = ["analysis", "cli"];

/** Files of dist/grammars, and the packages that they come from. */
export const grammarFiles = {
  "web-tree-sitter.wasm": "web-tree-sitter/web-tree-sitter.wasm",
  ...Object.fromEntries(
    ["python", "javascript", "typescript", "tsx", "go", "java", "c-sharp", "rust", "ruby", "php"].map(
      (language) => [
        `tree-sitter-${language}.wasm`,
        `@vscode/tree-sitter-wasm/wasm/tree-sitter-${language}.wasm`,
      ],
    ),
  ),
  "tree-sitter-kotlin.wasm": "@lumis-sh/wasm-kotlin/tree-sitter-kotlin.wasm",
};

/** Puts tree-sitter and its grammars into a folder. @param {string} folder */
export function copyGrammars(folder) {
  for (const [file, source] of Object.entries(grammarFiles)) {
    writeWhole(join(folder, file), readFileSync(join(root, "node_modules", source)));
  }
}

/** Where the pages are that the documentation leads to. */
const documentation = "https://github.com/prompt-cache-lens/prompt-cache-lens/blob/main/docs/";

/** The sections of the documentation about rules, a page each, so that an editor opens them without a network. @param {string} folder */
export function writeRulePages(folder) {
  const [, ...sections] = readFileSync(join(root, "docs/findings.md"), "utf8").split(/^## /m);
  for (const section of sections) {
    const [id = "", ...text] = section.split("\n");
    if (!/^[a-z-]+$/.test(id)) continue;
    const linked = text.join("\n").replace(/\]\((?!https?:)([^)]+)\)/g, `](${documentation}$1)`);
    writeWhole(join(folder, `${id}.md`), Buffer.from(`# ${id}\n${linked.trimEnd()}\n`));
  }
}

/**
 * Under its final name only when it is whole, so that a command that starts meanwhile never reads half a file.
 * @param {string} path
 * @param {Uint8Array} contents
 */
function writeWhole(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

/** @type {esbuild.Plugin} */
const writeAtomically = {
  name: "write-atomically",
  setup(build) {
    build.onEnd((result) => {
      for (const file of result.outputFiles ?? []) writeWhole(file.path, file.contents);
    });
  },
};

/**
 * The options of every entry point, by name, and the sources that are missing.
 * @param {{ production?: boolean, only?: string[] | undefined, write?: boolean }} [choice]
 */
export function plan({ production = false, only = Object.keys(entries), write = true } = {}) {
  const chosen = only.map((name) => {
    const entry = entries[name];
    if (entry === undefined)
      throw new Error(`unknown entry point "${name}": ${Object.keys(entries).join(", ")}`);
    return { name, ...entry };
  });
  const missing = chosen.flatMap(({ source }) =>
    typeof source === "function" || existsSync(join(root, source)) ? [] : [source],
  );
  const present = chosen.filter(({ source }) => typeof source === "function" || !missing.includes(source));
  const builds = present.map(({ name, source, output, options, shared }) => {
    const all = {
      ...options,
      absWorkingDir: root,
      ...(typeof source === "function"
        ? { stdin: { contents: source(), resolveDir: root, sourcefile: `${name}.ts` } }
        : { entryPoints: [source] }),
      outfile: join(root, "dist", output),
      bundle: true,
      minify: production,
      charset: /** @type {const} */ ("utf8"),
      legalComments: /** @type {const} */ ("none"),
      logLevel: /** @type {const} */ ("warning"),
      metafile: true,
      write: false,
      plugins: [...(shared === undefined ? [] : [takeShared(shared)]), ...(write ? [writeAtomically] : [])],
    };
    return { name, output, options: all };
  });
  return { builds, missing };
}

/** @param {Parameters<typeof plan>[0]} [choice] */
export async function bundle(choice) {
  const { builds, missing } = plan(choice);
  if (missing.length > 0) throw new Error(`missing entry points: ${missing.join(", ")}`);
  const results = await Promise.all(builds.map((build) => esbuild.build(build.options)));
  const isWritten = choice?.write ?? true;
  if (isWritten && builds.some(({ name }) => readingCode.includes(name))) {
    copyGrammars(join(root, "dist/grammars"));
  }
  if (isWritten && builds.some(({ name }) => name.startsWith("extension")))
    writeRulePages(join(root, "dist/rules"));
  return builds.map((build, i) => ({ ...build, result: /** @type {esbuild.BuildResult} */ (results[i]) }));
}

async function main() {
  const args = process.argv.slice(2);
  const only = args.includes("--only") ? args[args.indexOf("--only") + 1]?.split(",") : undefined;
  const choice = { production: args.includes("--production"), only };
  if (args.includes("--watch")) {
    copyGrammars(join(root, "dist/grammars"));
    writeRulePages(join(root, "dist/rules"));
    for (const { options } of plan(choice).builds) {
      await (await esbuild.context({ ...options, logLevel: "info" })).watch();
    }
    return;
  }
  for (const { output, result } of await bundle(choice)) {
    const bytes = (result.outputFiles ?? []).reduce((sum, file) => sum + file.contents.length, 0);
    say(`dist/${output} ${Math.ceil(bytes / 1024)} KiB`);
  }
}

if (isMain(import.meta.url)) await main();
