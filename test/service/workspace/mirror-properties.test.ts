/** Whatever happened on the way, a session holds in the end what a fresh one reads, and its report is a fresh one. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAnalyzer } from "../../../src/analysis/analyze.ts";
import { createTokenizerLoader } from "../../../src/hosts/node/vocabulary-files.ts";
import type { ReadingRules, ToWorker } from "../../../src/protocol/worker.ts";
import { defaultRules } from "../../../src/service/workspace/reading-rules.ts";
import { createRandom, pick, type Random, wholeNumber } from "../../../src/workload/random.ts";
import { MemoryTree } from "../../support/memory-tree.ts";
import { analyze, folders, runSession } from "../../support/session.ts";
import { look, pictureOf } from "../../support/session-picture.ts";

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../../media/vocabularies"));
const chosen = { sessions: 1, turns: 1, tokenizer: "cl100k" };

const folderNames = ["", "docs/", "docs/deep/", "build/", "prompts/", "node_modules/"];
const fileNames = ["CLAUDE.md", "a.j2", "b.txt", "part.html", "x.md", ".gitignore", "tools.json"];
const texts = [
  "Be brief, {{ name }}.",
  '{% include "part.html" %} and {{ question }}',
  '{% include "../part.html" %}{% include "docs/part.html" %}',
  "Read @x.md, @docs/x.md and @docs/deep/part.html first.",
  "build/\nb.txt\n!prompts/b.txt\n",
  "*.j2\n",
  "[]",
  "",
];
const configs = [
  "{}",
  '{ "formats": { "**/*.html": "jinja" } }',
  '{ "exclude": ["docs/**"] }',
  '{ "applications": { "x": { "tools": ["tools.json", "docs/tools.json"], "question": "a.j2" } } }',
  '{ "applications": ',
];
const rules: readonly ReadingRules[] = [
  defaultRules,
  { ...defaultRules, exclude: ["**/a.j2"] },
  { ...defaultRules, hidden: ["docs/deep"] },
  { ...defaultRules, maxFileBytes: 40 },
];

interface World {
  readonly tree: MemoryTree;
  readonly overlays: Map<string, string>;
  rules: ReadingRules;
}

function somePath(random: Random): string {
  return random() < 0.12 ? "promptcache.json" : pick(random, folderNames) + pick(random, fileNames);
}

function someText(random: Random, path: string): string {
  return pick(random, path === "promptcache.json" ? configs : texts);
}

/** One thing that happens, and what the session is told of it. */
function happen(random: Random, world: World): readonly ToWorker[] {
  const { tree, overlays } = world;
  const touched = (...paths: string[]): ToWorker => ({ type: "touched", folder: "w", paths });
  const path = somePath(random);
  const kind = wholeNumber(random, 0, 9);
  if (kind <= 3) {
    const isNewFolder = ![...tree.nodes.keys()].some((each) => each.startsWith(path.replace(/[^/]+$/, "")));
    tree.nodes.set(path, someText(random, path));
    // Of a new folder, only the outermost is told.
    return [touched(isNewFolder && path.includes("/") ? path.split("/")[0]! : path)];
  }
  if (kind === 4) {
    tree.nodes.delete(path);
    return [touched(path)];
  }
  if (kind === 5) {
    const [from, to] = [pick(random, ["docs", "docs/deep", "prompts"]), pick(random, ["moved", "prompts"])];
    if (from === to) return [];
    const moved = [...tree.nodes].filter(([each]) => each.startsWith(`${from}/`));
    tree.remove(from);
    for (const [each, node] of moved) tree.nodes.set(to + each.slice(from.length), node);
    return [touched(from), touched(to)];
  }
  if (kind === 6) {
    tree.nodes.set(path, { link: pick(random, ["file", "folder", "other"] as const) });
    return [touched(path)];
  }
  if (kind === 7) {
    overlays.set(path, someText(random, path));
    return [{ type: "overlay", folder: "w", path, text: overlays.get(path)! }];
  }
  if (kind === 8) {
    const closed = [...overlays.keys()][0] ?? path;
    overlays.delete(closed);
    return [{ type: "overlay", folder: "w", path: closed, text: null }, touched(closed)];
  }
  world.rules = pick(random, rules);
  return [{ type: "rules", folder: "w", rules: world.rules }];
}

/** Somebody looks at the folder all the time, so that its report is told too. */
const looks = look("w", "ledger");

const open = (tree: MemoryTree) =>
  runSession({
    createAnalyzer: (onFile) => createAnalyzer({ tokenizer, onFile }),
    trees: { w: tree },
    host: { now: () => performance.now() },
  });

async function freshOutcome({ tree, overlays, rules }: World) {
  const { settle, posted } = open(tree);
  await settle(
    looks,
    folders("w"),
    { type: "rules", folder: "w", rules },
    ...[...overlays].map(([path, text]): ToWorker => ({ type: "overlay", folder: "w", path, text })),
    analyze(1, { chosen }),
  );
  return pictureOf(posted, "w");
}

test.each(Array.from({ length: 24 }, (_, seed) => seed))("seed %i", async (seed) => {
  const random = createRandom(seed);
  const tree = new MemoryTree({ "always.j2": "Answer {{ question }}" });
  const world: World = { tree, overlays: new Map(), rules: defaultRules };
  const { send, settle, posted } = open(tree);
  send(looks, folders("w"));
  let job = 0;
  for (let step = 0; step < 40; step++) {
    // Files may change while they are read.
    tree.turns = wholeNumber(random, 0, 2);
    send(...happen(random, world));
    const what = random();
    if (what < 0.3) send(analyze(++job, { chosen }));
    else if (what < 0.45) await settle(analyze(++job, { chosen }));
    else if (what < 0.55) send({ type: "cancel", job });
    else if (what < 0.58) send({ type: "reread" });
    for (let turn = wholeNumber(random, 0, 4); turn > 0; turn--) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  tree.turns = 0;
  await settle(analyze(++job, { chosen }));
  const fresh = await freshOutcome(world);
  expect(Object.keys(fresh.files).length).toBeGreaterThan(0);
  expect(fresh.report).not.toBeNull();
  expect(pictureOf(posted, "w")).toEqual(fresh);
});
