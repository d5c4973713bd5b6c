// Takes the pictures of README and walkthrough anew: the browser suite makes them of the packaged extension.
//   node scripts/pictures.mjs
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled } from "./lib/install.mjs";
import { isMain, root, say } from "./lib/run.mjs";
import { runUi } from "./run-ui.mjs";

const [from, to] = [join(root, "test-output/screenshots"), join(root, "media/walkthrough")];

async function takePictures() {
  await ensureInstalled();
  const { makePackage } = await import("./package.mjs");
  const { file } = await makePackage();
  const { failed } = await runUi(file, "pictures");
  if (failed > 0) throw new Error("The pictures were not taken: see what failed above.");
  mkdirSync(to, { recursive: true });
  const names = readdirSync(from).filter((name) => name.startsWith("walkthrough-"));
  for (const name of names) copyFileSync(join(from, name), join(to, name.slice("walkthrough-".length)));
  say(`${names.length} pictures are in media/walkthrough.`);
}

if (isMain(import.meta.url)) await takePictures();
