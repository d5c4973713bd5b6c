import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folders, projectOf, projects, staleFences } from "../scripts/borders.mjs";
import { importCircles, imports } from "./support/import-graph.ts";

// A border is a compiler setting, a lint rule and this test. Each crossing below is written into a skeleton of the
// project in a temporary folder, with the real configuration, and has to be stopped by the fences it names.

type Fence = "compiler" | "lint";
type Line = {
  readonly folder: string;
  readonly code: string;
  readonly fences: readonly Fence[];
  readonly target?: string;
};

const root = process.cwd();
const both: readonly Fence[] = ["compiler", "lint"];
/** Folders with files: `src/core/` stands for the files of core itself. */
const all = Object.keys(folders);
const worldOf = (folder: string) => folders[folder]!.world;
/** Where no Node is. */
const inBrowsers = all.filter((folder) => ["vscode", "web-worker", "page"].includes(worldOf(folder)));
const pure = all.filter((folder) => worldOf(folder) === "none");

const readFile = 'import { readFileSync } from "node:fs";\nexport const probe = readFileSync;';
const vscode = 'import { window } from "vscode";\nexport const probe = window;';

/** A file of `folder` that imports a file of `target`, and the fences that have to stop it. */
function crossing(folder: string, target: string, fences: readonly Fence[]): Line {
  const code = `import { target } from "${relative(folder, target)}/target.ts";\nexport const probe = target;`;
  return { folder, code, fences, target };
}

/** The compiler knows projects: two folders of one project, or what a neighbour may use, it cannot tell apart. */
function fencesBetween(folder: string, target: string): readonly Fence[] {
  // A project sees what its references see.
  const reached = new Set([projectOf(folder)]);
  for (const project of reached) {
    const members = all.filter((each) => projectOf(each) === project);
    for (const each of members.flatMap((member) => folders[member]!.may)) reached.add(projectOf(each));
  }
  return reached.has(projectOf(target)) ? ["lint"] : both;
}

/** Numbers are spelled in src/words alone. */
const spellings = [
  "(value: number) => value.toFixed(1)",
  "(value: number | undefined) => value?.toFixed(1)",
  "(value: number) => value.toPrecision(3)",
  "(value: number) => value.toLocaleString()",
  'new Intl.NumberFormat("en-US")',
].map((code) => `export const probe = ${code};`);

const globals = ["process", "document", "window", "setTimeout", "fetch", "performance", "require", "Buffer"];

const crossings: readonly Line[] = [
  ...all
    .filter((folder) => folder !== "src/words")
    .flatMap((folder) => spellings.map((code) => ({ folder, code, fences: ["lint"] as const }))),
  ...all.flatMap((folder) =>
    all
      // What stands in core itself, such as its invariants, is everybody's.
      .filter(
        (target) => target !== folder && target !== "src/core/" && !folders[folder]!.may.includes(target),
      )
      .map((target) => crossing(folder, target, fencesBetween(folder, target))),
  ),
  ...[...pure, ...inBrowsers].map((folder) => ({ folder, code: readFile, fences: both })),
  ...all
    .filter((folder) => !worldOf(folder).startsWith("vscode"))
    .map((folder) => ({ folder, code: vscode, fences: ["lint"] as const })),
  ...pure.flatMap((folder) =>
    globals.map((name) => ({ folder, code: `export const probe = ${name};`, fences: ["compiler"] as const })),
  ),
  ...pure.map((folder) => ({ folder, code: 'console.log("probe");\nexport {};', fences: both })),
  ...inBrowsers.flatMap((folder) =>
    ["process", "require", "Buffer"].map((name) => ({
      folder,
      code: `export const probe = ${name};`,
      fences: ["compiler"] as const,
    })),
  ),
];

// Were the skeleton itself broken, everything in it would be reported, and every crossing would seem to be stopped.
const allowed: readonly Line[] = [
  ...spellings.map((code) => ({ folder: "src/words", code, fences: [] })),
  { folder: "src/show", code: 'export const probe = "value.toFixed";', fences: [] },
  ...all.flatMap((folder) =>
    folders[folder]!.may.filter((target) => !target.endsWith(".ts")).map((target) =>
      crossing(folder, target, []),
    ),
  ),
  { folder: "src/hosts/extension", code: vscode, fences: [] },
  { folder: "src/hosts/desktop", code: readFile, fences: [] },
  { folder: "src/hosts/extension", code: "export const probe = fetch;", fences: [] },
  { folder: "src/hosts/cli", code: readFile, fences: [] },
  { folder: "webview", code: "export const probe = document;", fences: [] },
];

describe("borders", () => {
  const skeleton = realpathSync(mkdtempSync(join(tmpdir(), "borders-")));
  const lines = [...crossings, ...allowed].map((line, i) => ({
    ...line,
    file: join(line.folder, `probe-${i}.ts`),
  }));
  let reported: Record<Fence, ReadonlySet<string>>;

  beforeAll(() => {
    writeSkeleton(skeleton);
    lines.forEach(({ file, code, target }, i) => {
      // A target for each: the compiler complains of a foreign file once, however many import it.
      writeFileSync(join(skeleton, file), `${code.replace("target.ts", `target-${i}.ts`)}\n`);
      if (target !== undefined)
        writeFileSync(join(skeleton, target, `target-${i}.ts`), "export const target = 1;\n");
    });
    reported = { compiler: compile(skeleton), lint: lint(skeleton) };
  });
  afterAll(() => rmSync(skeleton, { recursive: true, force: true }));

  it.each(lines.slice(0, crossings.length))("$folder must not have: $code", ({ file, fences }) => {
    const stopped = fences.filter((fence) => reported[fence].has(file));
    expect(stopped).toEqual(fences);
  });

  it.each(lines.slice(crossings.length))("$folder may have: $code", ({ file }) => {
    expect(reported.compiler.has(file), "compiler").toBe(false);
    expect(reported.lint.has(file), "lint").toBe(false);
  });

  it("scripts/borders.json is what compiler and linter enforce", () => {
    const stale = staleFences().map(([file]) => file);
    expect(stale, "run npm run borders").toEqual([]);
  });

  it("files import each other in no circle, not even by their types", () => {
    expect(imports.size).toBeGreaterThan(400);
    expect(importCircles(imports)).toEqual([]);
  });

  it("imports only what the table allows, not even a type", () => {
    const crossed = [...imports].flatMap(([file, targets]) =>
      targets.filter((target) => !mayImport(file, target)).map((target) => `${file} imports ${target}`),
    );
    expect(crossed).toEqual([]);
  });

  it("every file of the extension host needs the editor, or it stands in the wrong room", () => {
    const files = [...imports.keys()].filter((file) => file.startsWith("src/hosts/extension/"));
    expect(files.length).toBeGreaterThan(10);
    const strangers = files.filter((file) => !/from "vscode"/.test(readFileSync(join(root, file), "utf8")));
    expect(strangers).toEqual([]);
  });

  it("core bundles for a platform that has nothing, from files of core and words, and the package of texts, alone", async () => {
    const files = readdirSync(join(root, "src/core"), { recursive: true, encoding: "utf8" });
    const sources = files.filter((file) => file.endsWith(".ts"));
    const { metafile } = await build({
      absWorkingDir: root,
      stdin: {
        contents: sources.map((file) => `import "./${file}";`).join("\n"),
        resolveDir: join(root, "src/core"),
      },
      bundle: true,
      platform: "neutral",
      // Its entry for Node reads files; ours are handed over.
      alias: { "@vscode/l10n": "@vscode/l10n/dist/browser.js" },
      format: "esm",
      metafile: true,
      write: false,
      logLevel: "silent",
    });
    expect(
      Object.keys(metafile.inputs).filter(
        (path) => !/^(src\/core\/|src\/words\/|node_modules\/@vscode\/l10n\/|<stdin>)/.test(path),
      ),
    ).toEqual([]);
    expect(Object.values(metafile.outputs).flatMap((output) => output.imports)).toEqual([]);
  });
});

function folderOf(file: string): string {
  const core = /^src\/core\/[^/]+\.ts$/.test(file) ? "src/core/" : undefined;
  const folder = core ?? all.find((each) => each !== "src/core/" && file.startsWith(`${each}/`));
  expect(folder, `scripts/borders.json lists no folder for ${file}`).toBeDefined();
  return folder!;
}

function mayImport(file: string, target: string): boolean {
  const [own, other] = [folderOf(file), folderOf(target)];
  const { may } = folders[own]!;
  return own === other || other === "src/core/" || may.includes(other) || may.includes(target);
}

/** The real configuration, and folders to fill. */
function writeSkeleton(skeleton: string): void {
  const lintRules = readdirSync(join(root, "scripts/lint")).map((file) => `scripts/lint/${file}`);
  const configurations = projects.map((project) => `${project}/tsconfig.json`);
  for (const file of ["tsconfig.base.json", "biome.json", ...lintRules, ".gitignore", ...configurations]) {
    mkdirSync(dirname(join(skeleton, file)), { recursive: true });
    copyFileSync(join(root, file), join(skeleton, file));
  }
  symlinkSync(join(root, "node_modules"), join(skeleton, "node_modules"), "junction");
  for (const folder of all) mkdirSync(join(skeleton, folder), { recursive: true });
  const references = projects.map((path) => ({ path }));
  writeFileSync(join(skeleton, "tsconfig.json"), JSON.stringify({ files: [], references }));
}

/** The files in which the compiler finds an error. */
function compile(skeleton: string): ReadonlySet<string> {
  const text = run(skeleton, "node_modules/typescript/bin/tsc", ["-b", "--pretty", "false"]);
  return new Set([...text.matchAll(/^(.+?)\(\d+,\d+\): error/gm)].map((match) => match[1]!));
}

/** The files in which the linter finds an error. */
function lint(skeleton: string): ReadonlySet<string> {
  const options = ["lint", "--reporter=json", "--max-diagnostics=none", "src", "webview"];
  const text = run(skeleton, "node_modules/@biomejs/biome/bin/biome", options);
  const { diagnostics } = JSON.parse(text.slice(text.indexOf("{"))) as {
    diagnostics: { severity: string; location: { path: string | { file: string } } }[];
  };
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return new Set(errors.map(({ location: { path } }) => (typeof path === "string" ? path : path.file)));
}

function run(cwd: string, program: string, args: readonly string[]): string {
  const file = join(root, program);
  expect(existsSync(file), `${program} is not installed`).toBe(true);
  const { stdout } = spawnSync(process.execPath, [file, ...args], {
    cwd,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return stdout;
}
