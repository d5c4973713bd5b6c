// Writes the fences of scripts/borders.json: a tsconfig.json per project, and the import rules of biome.json.
//   node scripts/borders.mjs [--check]
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isMain, root, say } from "./lib/run.mjs";

/** @typedef {{ world: "none" | "node" | "vscode" | "vscode-node" | "web-worker" | "page", may: string[], why: string }} Folder */

/** @type {Record<string, Folder>} */
export const folders = JSON.parse(readFileSync(join(root, "scripts/borders.json"), "utf8")).folders;

/** What the compiler knows of the outside world. */
const worlds = {
  none: { lib: ["es2023"], types: [] },
  node: { lib: ["es2023"], types: ["node"] },
  // What Node and a browser's workers both have is known as the latter's.
  vscode: { lib: ["es2023", "webworker"], types: ["vscode"] },
  "vscode-node": { lib: ["es2023"], types: ["node", "vscode"] },
  "web-worker": { lib: ["es2023", "webworker"], types: [] },
  page: { lib: ["es2023", "dom", "dom.iterable"], types: [] },
};

/** Modules that no file of a world may import. */
const foreign = {
  none: ["vscode", "node:*"],
  node: ["vscode"],
  vscode: ["node:*"],
  "vscode-node": [],
  "web-worker": ["vscode", "node:*"],
  page: ["vscode", "node:*"],
};

/** The project that a folder, or a file, belongs to: all of core is one. @param {string} path */
export function projectOf(path) {
  if (path.startsWith("src/core/")) return "src/core";
  const folder = Object.keys(folders).find((each) => path === each || path.startsWith(`${each}/`));
  if (folder === undefined) throw new Error(`scripts/borders.json lists no folder for ${path}`);
  return folder;
}

export const projects = [...new Set(Object.keys(folders).map(projectOf))];

/** @param {string} project */
function tsconfig(project) {
  const members = Object.entries(folders).filter(([folder]) => projectOf(folder) === project);
  const world = worlds[/** @type {[string, Folder]} */ (members[0])[1].world];
  const needed = new Set(members.flatMap(([, { may }]) => may.map(projectOf)));
  needed.delete(project);
  const up = relative(join(root, project), root);
  return {
    extends: `${up}/tsconfig.base.json`,
    compilerOptions: {
      rootDir: ".",
      outDir: `${up}/.tsbuild/${project}`,
      tsBuildInfoFile: `${up}/.tsbuild/${project}.tsbuildinfo`,
      ...world,
      // Loops over typed arrays read far better without a "!" at each index.
      ...(project === "src/core" && { noUncheckedIndexedAccess: false }),
    },
    include: ["**/*.ts"],
    references: [...needed].sort().map((path) => ({ path: `${up}/${path}` })),
  };
}

/** What an import of `target` ends in, wherever in `folder` it stands. @param {string} folder @param {string} target */
function pattern(folder, target) {
  const own = folder.split("/").filter(Boolean);
  const other = target.split("/").filter(Boolean);
  while (other.length > 1 && own[0] === other[0]) {
    own.shift();
    other.shift();
  }
  if (other.length > 1 && other[0] === "src") other.shift();
  return `**/${other.join("/")}${target.endsWith(".ts") ? "" : "/**"}`;
}

/** @param {string} folder @param {Folder} rules */
function override(folder, { world, may, why }) {
  // Files of core itself, such as its invariants, are everybody's.
  const banned = Object.keys(folders).filter(
    (each) => each !== folder && each !== "src/core/" && !may.includes(each),
  );
  const group = [
    ...banned.map((each) => pattern(folder, each)),
    ...may.filter((each) => each.endsWith(".ts")).map((each) => `!${pattern(folder, each)}`),
  ];
  const outside = { group: foreign[world], message: `${why} Only src/hosts touches the outside world.` };
  const patterns = [...(foreign[world].length > 0 ? [outside] : []), { group, message: why }];
  return {
    includes: [folder.endsWith("/") ? `${folder}*.ts` : `${folder}/**`],
    linter: { rules: { style: { noRestrictedImports: { level: "error", options: { patterns } } } } },
  };
}

/** Files and what they have to hold. @returns {Map<string, string>} */
export function fences() {
  const files = new Map(projects.map((project) => [`${project}/tsconfig.json`, tsconfig(project)]));
  const biome = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
  const others = biome.overrides.filter(
    (/** @type {any} */ each) => each.linter?.rules?.style?.noRestrictedImports === undefined,
  );
  const ours = Object.entries(folders).map(([folder, rules]) => override(folder, rules));
  files.set("biome.json", { ...biome, overrides: [...others, ...ours] });
  return new Map([...files].map(([file, value]) => [file, JSON.stringify(value)]));
}

/** Of those that do not hold what they should. */
export function staleFences() {
  return [...fences()].filter(([file, value]) => {
    const path = join(root, file);
    return !existsSync(path) || JSON.stringify(JSON.parse(readFileSync(path, "utf8"))) !== value;
  });
}

if (isMain(import.meta.url)) {
  const stale = staleFences();
  if (process.argv.includes("--check")) {
    if (stale.length > 0) {
      say(`npm run borders would change ${stale.map(([file]) => file).join(", ")}`);
      process.exitCode = 1;
    }
  } else {
    for (const [file, value] of stale)
      writeFileSync(join(root, file), `${JSON.stringify(JSON.parse(value), null, 2)}\n`);
    say(stale.length === 0 ? "all fences stand" : `written: ${stale.map(([file]) => file).join(", ")}`);
  }
}
