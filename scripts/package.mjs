// Makes dist/prompt-cache-lens-<version>.vsix and shows what is in it.
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { isMain, root, say } from "./lib/run.mjs";

/** Grammars of eleven languages are 1.6 MB of it, vocabularies 2.8 MB: docs/adr/0011. */
const largestBytes = 6 * 1024 * 1024;
const needed = [
  "package.json",
  "package.nls.json",
  "l10n/bundle.l10n.json",
  "LICENSE",
  "README.md",
  "CHANGELOG.md",
  "ThirdPartyNotices.txt",
];
needed.push("dist/extension.cjs", "dist/worker.cjs", "dist/extension.web.js", "dist/worker.web.js");
needed.push("dist/rules/volatile-early.md", "dist/analysis.js", "dist/webview.js", "dist/webview.css");
const allowed =
  /^(package(\.nls.*)?\.json|l10n\/bundle\.l10n.*\.json|README\.md|LICENSE|CHANGELOG\.md|ThirdPartyNotices\.txt|(dist|media|schemas)\/.*)$/;

export async function makePackage() {
  const { bundle, grammarFiles } = await import("./build.mjs");
  const { areNoticesCurrent } = await import("./notices.mjs");
  const { default: vsce } = await import("@vscode/vsce");
  await bundle({ production: true });
  if (!(await areNoticesCurrent())) throw new Error("ThirdPartyNotices.txt is out of date: npm run notices");

  const files = (await vsce.listFiles({ cwd: root, packageManager: vsce.PackageManager.None })).sort();
  const grammars = Object.keys(grammarFiles).map((file) => `dist/grammars/${file}`);
  const missing = [...needed, ...grammars].filter((file) => !files.includes(file));
  if (missing.length > 0) throw new Error(`the package lacks ${missing.join(", ")}`);
  const stray = files.filter((file) => !allowed.test(file) || file.endsWith(".map"));
  if (stray.length > 0) throw new Error(`the package must not have ${stray.join(", ")}`);

  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const dist = join(root, "dist");
  for (const old of readdirSync(dist).filter((path) => path.endsWith(".vsix"))) rmSync(join(dist, old));
  const file = join(dist, `${name}-${version}.vsix`);
  // Everything is bundled: without this the whole of node_modules would be looked through.
  await vsce.createVSIX({ cwd: root, packagePath: file, dependencies: false });
  const bytes = statSync(file).size;
  if (bytes >= largestBytes) throw new Error(`${file} has ${bytes} bytes, and ${largestBytes} are too many`);
  return { file, bytes, files };
}

if (isMain(import.meta.url)) {
  try {
    await ensureInstalled();
    const { bytes, files } = await makePackage();
    say(`${files.length} files, ${(bytes / 1024 / 1024).toFixed(2)} MiB`);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
