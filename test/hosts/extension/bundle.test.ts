/** What the extension host loads: it starts in every window, so that nothing may slip in that the worker is for. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildOptions, build } from "esbuild";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const maxBytes = 250_000;

/** The build script is plain JavaScript; this is what is used of it. */
interface BuildScript {
  plan(choice: { readonly only: readonly string[]; readonly write: false }): {
    readonly builds: readonly { options: BuildOptions }[];
  };
}

test("the extension's bundle is small, and holds no parser, tokenizer or simulation", async () => {
  const { plan }: BuildScript = await import(pathToFileURL(join(root, "scripts/build.mjs")).href);
  const [planned] = plan({ only: ["extension"], write: false }).builds;
  const { metafile } = await build({ ...planned!.options, metafile: true, write: false });
  const [output] = Object.values(metafile!.outputs);
  const inputs = Object.entries(output!.inputs).flatMap(([file, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [file] : [],
  );
  expect(inputs.length).toBeGreaterThan(20);
  const wrong =
    /src\/(prompt\/(formats|registry|code|jinja|curly)|tokenizers|workload|analysis|core\/(cache|replay))|picomatch|tree-sitter/;
  expect(inputs.filter((file) => wrong.test(file))).toEqual([]);
  expect(output!.bytes).toBeLessThan(maxBytes);
});
