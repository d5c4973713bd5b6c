/** Whatever happens to a session on the way, it holds in the end what a fresh one reads: seeded, and compared in between. */
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { AnalyzerHost } from "../../src/analysis/analyzer-host.ts";
import type { ReadingRules, ToWorker } from "../../src/protocol/worker.ts";
import { defaultRules } from "../../src/service/workspace/reading-rules.ts";
import { createRandom, pick, type Random, wholeNumber } from "../../src/workload/random.ts";
import { MemoryTree } from "./memory-tree.ts";
import { analyze, folders, runSession } from "./session.ts";
import { pictureOf, type SessionPicture } from "./session-picture.ts";

const folderNames = ["", "docs/", "docs/deep/", "build/", "prompts/", "node_modules/"];
const fileNames = [
  ...["CLAUDE.md", "a.j2", "b.txt", "part.html", "x.md", ".gitignore", "tools.json"],
  ...["c.hbs", "d.mustache", "e.liquid", "f.prompty", "g.prompt", "h.poml", "i.baml", "prompts.yaml"],
];
const texts = [
  "Be brief, {{ name }}.",
  '{% include "part.html" %} and {{ question }}',
  '{% include "../part.html" %}{% include "docs/part.html" %}',
  "Read @x.md, @docs/x.md and @docs/deep/part.html first.",
  "build/\nb.txt\n!prompts/b.txt\n",
  "*.j2\n",
  "[]",
  "",
  "Dear {{> c}}, today is {{now}}.\n{{#each items}}{{this}}{{/each}}{{question}}",
  '{% render "e" %}{% for item in items %}{{ item }}{% endfor %}{{ question }}',
  "---\nname: f\n---\nsystem:\nBe kind.\nuser:\n{{question}}\n",
  '{{role "system"}}You answer.{{history}}{{role "user"}}{{question}}',
  "<poml><role>You answer.</role><task>{{ question }}</task></poml>",
  'function Answer(question: string) -> string {\n  client "openai/gpt-4o"\n  prompt #"Answer {{ question }}"#\n}\n',
  "system_prompt: |\n  You are a helpful assistant of {company}.\n",
];
const configs = [
  "{}",
  '{ "formats": { "**/*.html": "jinja" } }',
  '{ "exclude": ["docs/**"] }',
  '{ "applications": { "x": { "tools": ["tools.json", "docs/tools.json"], "question": "a.j2" } } }',
  '{ "workload": { "turns": 2 }, "holes": { "name": { "values": ["Ada"] } } }',
  '{ "applications": ',
];
const rules: readonly ReadingRules[] = [
  defaultRules,
  { ...defaultRules, exclude: ["**/a.j2"] },
  { ...defaultRules, hidden: ["docs/deep"] },
  { ...defaultRules, maxFileBytes: 40 },
];
const settings = [
  { sessions: 1, turns: 1, tokenizer: "cl100k" },
  { sessions: 1, turns: 1, tokenizer: "cl100k", policy: "sglang-radix" },
  { sessions: 2, turns: 1, tokenizer: "cl100k", seed: 2 },
  { sessions: 1, tokenizer: "cl100k", capacity: "1GiB" },
] as const;

interface World {
  readonly tree: MemoryTree;
  readonly overlays: Map<string, string>;
  rules: ReadingRules;
  chosen: (typeof settings)[number];
}

function somePath(random: Random): string {
  return random() < 0.12 ? "promptcache.json" : pick(random, folderNames) + pick(random, fileNames);
}

/** One of the texts; or what stands there with some of it typed or deleted, as far as somebody has got with it. */
function someText(random: Random, path: string, before: unknown): string {
  const all = path === "promptcache.json" ? configs : texts;
  if (typeof before !== "string" || random() < 0.5) return pick(random, all);
  const at = wholeNumber(random, 0, before.length);
  const end = wholeNumber(random, at, before.length);
  const typed = pick(random, all);
  return before.slice(0, at) + typed.slice(0, wholeNumber(random, 0, typed.length)) + before.slice(end);
}

const kindsOfChange = 11;

/** One thing that happens, and what the session is told of it. */
function happen(random: Random, world: World): readonly ToWorker[] {
  const { tree, overlays } = world;
  const touched = (...paths: string[]): ToWorker => ({ type: "touched", folder: "w", paths });
  const path = somePath(random);
  const kind = wholeNumber(random, 0, kindsOfChange - 1);
  if (kind <= 3) {
    const isNewFolder = ![...tree.nodes.keys()].some((each) => each.startsWith(path.replace(/[^/]+$/, "")));
    tree.nodes.set(path, someText(random, path, tree.nodes.get(path)));
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
    const before = overlays.get(path) ?? tree.nodes.get(path);
    overlays.set(path, someText(random, path, before));
    return [{ type: "overlay", folder: "w", path, text: overlays.get(path)! }];
  }
  if (kind === 8) {
    const closed = [...overlays.keys()][0] ?? path;
    overlays.delete(closed);
    return [{ type: "overlay", folder: "w", path: closed, text: null }, touched(closed)];
  }
  if (kind === 9) {
    world.chosen = pick(random, settings);
    return [];
  }
  world.rules = pick(random, rules);
  return [{ type: "rules", folder: "w", rules: world.rules }];
}

/** Somebody looks at the folder all the time, so that its report is told too. */
const look: ToWorker = { type: "look", at: { folder: "w", part: "ledger" } };

const open = (tree: MemoryTree, { tokenizer }: Pick<AnalyzerHost, "tokenizer">) =>
  runSession({
    createAnalyzer: (onFile) => createAnalyzer({ tokenizer, onFile }),
    trees: { w: tree },
    host: { now: () => performance.now() },
  });

async function freshPicture(
  { tree, overlays, rules: inForce, chosen }: World,
  host: Pick<AnalyzerHost, "tokenizer">,
): Promise<SessionPicture> {
  const { settle, posted } = open(tree, host);
  await settle(
    look,
    folders("w"),
    { type: "rules", folder: "w", rules: inForce },
    ...[...overlays].map(([path, text]): ToWorker => ({ type: "overlay", folder: "w", path, text })),
    analyze(1, { chosen }),
  );
  return pictureOf(posted, "w");
}

export interface Compared {
  readonly operation: number;
  readonly session: SessionPicture;
  readonly fresh: SessionPicture;
}

export interface SessionLife {
  readonly seed: number;
  readonly operations: number;
  /** Operations between two comparisons; there is always one at the end. */
  readonly compareEvery: number;
  readonly tokenizer: AnalyzerHost["tokenizer"];
}

/** Edits, renames, deletions, settings, jobs and cancels, at random turns; yields each comparison. */
export async function* sessionLife(life: SessionLife): AsyncGenerator<Compared, void, void> {
  const random = createRandom(life.seed);
  const tree = new MemoryTree({ "always.j2": "Answer {{ question }}" });
  const world: World = { tree, overlays: new Map(), rules: defaultRules, chosen: settings[0] };
  const { send, settle, posted } = open(tree, life);
  send(look, folders("w"));
  let job = 0;
  for (let operation = 1; operation <= life.operations; operation++) {
    // Files may change while they are read.
    tree.turns = wholeNumber(random, 0, 2);
    send(...happen(random, world));
    const what = random();
    const { chosen } = world;
    if (what < 0.3) send(analyze(++job, { chosen }));
    else if (what < 0.45) await settle(analyze(++job, { chosen }));
    else if (what < 0.55) send({ type: "cancel", job });
    else if (what < 0.58) send({ type: "reread" });
    for (let turn = wholeNumber(random, 0, 4); turn > 0; turn--) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (operation % life.compareEvery !== 0 && operation !== life.operations) continue;
    tree.turns = 0;
    await settle(analyze(++job, { chosen }));
    yield { operation, session: pictureOf(posted, "w"), fresh: await freshPicture(world, life) };
  }
}
