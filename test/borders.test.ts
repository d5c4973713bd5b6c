import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

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
const projects = [...readdirSync(join(root, "src")).map((name) => `src/${name}`), "webview"].filter(
  (folder) => existsSync(join(root, folder, "tsconfig.json")),
);
const outside = ["src/files", "src/worker", "src/cli", "src/extension", "webview"];
/** A folder is pure unless it is named above: a new one gets its fences, or this test fails. */
const pure = projects.filter((folder) => !outside.includes(folder));
const coreParts = ["tokens", "tree", "cache", "cost", "restore", "providers", "policies", "replay"].map(
  (part) => `src/core/${part}`,
);

const readFile = 'import { readFileSync } from "node:fs";\nexport const probe = readFileSync;';
const vscode = 'import { window } from "vscode";\nexport const probe = window;';

/** Files of `folder` that each import one of a target. */
function crossing(folder: string, targets: readonly string[], fences: readonly Fence[]): Line[] {
  return targets.map((target) => {
    const code = `import { target } from "${relative(folder, target)}/target.ts";\nexport const probe = target;`;
    return { folder, code, fences, target };
  });
}

const globals = ["process", "document", "window", "setTimeout", "fetch", "performance", "require", "Buffer"];

const crossings: readonly Line[] = [
  // Nothing but entry points touches the outside world.
  ...[...pure, "webview"].map((folder) => ({ folder, code: readFile, fences: both })),
  ...[...projects.filter((folder) => folder !== "src/extension"), ...coreParts].map((folder) => ({
    folder,
    code: vscode,
    fences: ["lint"] as const,
  })),
  ...pure.flatMap((folder) =>
    globals.map((name) => ({ folder, code: `export const probe = ${name};`, fences: ["compiler"] as const })),
  ),
  ...pure.map((folder) => ({ folder, code: 'console.log("probe");\nexport {};', fences: both })),
  ...["process", "require", "Buffer"].map((name) => ({
    folder: "webview",
    code: `export const probe = ${name};`,
    fences: ["compiler"] as const,
  })),

  // Core points nowhere, and inside it the tree and the costs know nothing of what is built on them.
  ...crossing(
    "src/core",
    projects.filter((folder) => !["src/core", "src/files"].includes(folder)),
    both,
  ),
  ...pure.flatMap((folder) => crossing(folder, ["src/files"], ["compiler"])),
  ...["src/core/tokens", "src/core/tree"].flatMap((part) =>
    crossing(part, ["src/core/cache", "src/core/cost", "src/core/replay"], ["lint"]),
  ),
  ...crossing("src/core/cost", ["src/core/cache", "src/core/tree", "src/core/replay"], ["lint"]),
  ...crossing("src/core/cost", ["src/prompt", "src/analysis"], both),
  ...["src/core/cache", "src/core/restore", "src/core/providers"].flatMap((part) => [
    ...crossing(part, ["src/core/policies"], ["lint"]),
    ...crossing(part, ["src/prompt", "src/analysis"], both),
  ]),
  ...crossing("src/core/tree", ["src/prompt", "src/analysis"], both),

  // Prompts know no caches; the two meet in analysis.
  ...crossing("src/prompt", ["src/core/cache", "src/core/cost", "src/core/replay"], ["lint"]),
  ...crossing("src/prompt", ["src/workload", "src/findings", "src/analysis", "src/protocol"], both),

  // Nothing imports an entry point.
  ...["src/config", "src/workload", "src/trace", "src/findings", "src/analysis", "src/protocol"].flatMap(
    (folder) => crossing(folder, ["src/extension", "src/worker", "src/cli", "webview"], both),
  ),
  ...["src/worker", "src/cli"].flatMap((folder) => crossing(folder, ["src/extension", "webview"], both)),

  // The extension host and the dashboard never simulate.
  ...["src/extension", "webview"].flatMap((folder) =>
    crossing(folder, ["src/core/cache", "src/core/tree", "src/core/replay", "src/core/policies"], ["lint"]),
  ),
  ...crossing("src/extension", ["src/worker", "src/cli", "webview"], both),
  ...crossing("webview", ["src/extension", "src/worker", "src/cli"], both),
];

// Were the skeleton itself broken, everything in it would be reported, and every crossing would seem to be stopped.
const allowed: readonly Line[] = [
  ...crossing("src/core/cache", ["src/core/tree", "src/core/cost"], []),
  ...crossing("src/core/replay", ["src/core/cache"], []),
  ...crossing("src/core/policies", ["src/core/cache", "src/core/restore", "src/core/providers"], []),
  ...crossing("src/prompt", ["src/core/tokens"], []),
  ...crossing(
    "src/analysis",
    ["src/core/cache", "src/core/replay", "src/prompt", "src/workload", "src/findings"],
    [],
  ),
  ...crossing("src/worker", ["src/protocol", "src/analysis", "src/core/cache"], []),
  ...crossing("src/cli", ["src/analysis", "src/trace", "src/core/replay"], []),
  ...crossing("src/extension", ["src/protocol", "src/analysis"], []),
  ...crossing("webview", ["src/protocol"], []),
  { folder: "src/extension", code: vscode, fences: [] },
  { folder: "src/extension", code: readFile, fences: [] },
  { folder: "src/cli", code: readFile, fences: [] },
  { folder: "webview", code: "export const probe = document;", fences: [] },
];

describe("borders", () => {
  const skeleton = realpathSync(mkdtempSync(join(tmpdir(), "borders-")));
  const lines = [...crossings, ...allowed].map((line, i) => ({
    ...line,
    file: `${line.folder}/probe-${i}.ts`,
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

  it("core bundles for a platform that has nothing, from files of core alone", async () => {
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
      format: "esm",
      metafile: true,
      write: false,
      logLevel: "silent",
    });
    expect(Object.keys(metafile.inputs).filter((path) => !/^(src\/core\/|<stdin>)/.test(path))).toEqual([]);
    expect(Object.values(metafile.outputs).flatMap((output) => output.imports)).toEqual([]);
  });
});

/** The real configuration, and folders to fill. */
function writeSkeleton(skeleton: string): void {
  const configurations = projects.map((project) => `${project}/tsconfig.json`);
  for (const file of ["tsconfig.base.json", "biome.json", ".gitignore", ...configurations]) {
    mkdirSync(dirname(join(skeleton, file)), { recursive: true });
    copyFileSync(join(root, file), join(skeleton, file));
  }
  symlinkSync(join(root, "node_modules"), join(skeleton, "node_modules"), "junction");
  for (const folder of coreParts) mkdirSync(join(skeleton, folder), { recursive: true });
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
