// Makes dist/prompt-cache-lens-cli-<version>.tgz: the command line as an npm package, without the extension.
//   node scripts/pack-cli.mjs
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { isMain, root, say } from "./lib/run.mjs";

const largestBytes = 6 * 1024 * 1024;

/** Where files of the project stand in the package. */
const copied = {
  "docs/command-line.md": "README.md",
  LICENSE: "LICENSE",
  "ThirdPartyNotices.txt": "ThirdPartyNotices.txt",
  "media/vocabularies": "media/vocabularies",
  schemas: "schemas",
};

/** The manifest of the package: what npm needs of the extension's, and nothing for the editor. */
function manifest() {
  const { name, version, license, repository, keywords } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  return {
    name,
    version,
    description: "What a prefix cache does with the prompts of a project: hits, memory, time to first token.",
    license,
    repository,
    keywords,
    type: "commonjs",
    bin: { [name]: "dist/cli.cjs" },
    files: ["dist", "media", "schemas", "ThirdPartyNotices.txt"],
    engines: { node: ">=20" },
  };
}

/** Fills a folder with what the package holds, from the present sources. @param {string} folder */
export async function fillPackage(folder) {
  const { bundle, copyGrammars } = await import("./build.mjs");
  rmSync(folder, { recursive: true, force: true });
  const built = await bundle({ production: true, only: ["cli", "sweep-worker"], write: false });
  mkdirSync(join(folder, "dist"), { recursive: true });
  for (const { output, result } of built) {
    const [file] = result.outputFiles ?? [];
    if (file === undefined) throw new Error(`nothing was built for ${output}`);
    writeFileSync(join(folder, "dist", output), file.contents, { mode: 0o755 });
  }
  copyGrammars(join(folder, "dist/grammars"));
  for (const [from, to] of Object.entries(copied)) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(join(root, from), join(folder, to), { recursive: true });
  }
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest(), null, 2)}\n`);
}

/** Packs the folder into a .tgz in `into`; gives its path and the files in it. @param {string} folder @param {string} into */
export function pack(folder, into) {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["pack", "--json", "--ignore-scripts", "--offline", "--pack-destination", into];
  const { status, stdout, stderr } = spawnSync(npm, args, {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new Error(`npm pack ended with ${status}: ${stderr}`);
  const [{ filename, files, version }] = JSON.parse(stdout);
  // The extension's package has the same name.
  const file = join(into, `prompt-cache-lens-cli-${version}.tgz`);
  renameSync(join(into, filename), file);
  /** @type {string[]} */
  const paths = files.map((/** @type {{ path: string }} */ { path }) => path);
  return { file, files: paths.sort() };
}

async function main() {
  await ensureInstalled();
  const { areNoticesCurrent } = await import("./notices.mjs");
  if (!(await areNoticesCurrent())) throw new Error("ThirdPartyNotices.txt is out of date: npm run notices");
  const dist = join(root, "dist");
  await fillPackage(join(dist, "npm"));
  for (const old of readdirSync(dist).filter((path) => path.endsWith(".tgz"))) rmSync(join(dist, old));
  const { file, files } = pack(join(dist, "npm"), dist);
  const bytes = statSync(file).size;
  if (bytes >= largestBytes) throw new Error(`${file} has ${bytes} bytes, and ${largestBytes} are too many`);
  say(`${file}: ${files.length} files, ${(bytes / 1024 / 1024).toFixed(2)} MiB`);
}

if (isMain(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
