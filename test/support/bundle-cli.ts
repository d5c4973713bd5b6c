import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildOptions, build } from "esbuild";

const root = join(import.meta.dirname, "../..");

/** The build script is plain JavaScript; this is what is used of it. */
interface BuildScript {
  copyGrammars(folder: string): void;
  plan(choice: { readonly only: readonly string[]; readonly write: false }): {
    readonly builds: readonly { output: string; options: BuildOptions }[];
  };
}

/** The command line, or the worker, as it ships, from the present sources, in a folder of its own; returns its path. */
export async function bundle(folder: string, entry: "cli" | "worker" = "cli"): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const media = join(dirname(folder), "media");
  if (!existsSync(media)) symlinkSync(join(root, "media"), media);
  const outfile = join(folder, `${entry}.cjs`);
  const { copyGrammars, plan }: BuildScript = await import(
    pathToFileURL(join(root, "scripts/build.mjs")).href
  );
  const { builds } = plan({ only: entry === "worker" ? [entry, "analysis"] : [entry], write: false });
  for (const { output, options } of builds)
    await build({ ...options, outfile: join(folder, output), write: true, metafile: false });
  copyGrammars(join(folder, "grammars"));
  return outfile;
}
