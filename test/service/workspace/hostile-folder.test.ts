/** A folder made to confuse: the command line and the editor see the same files of it, for the same reasons. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAnalyzer } from "../../../src/analysis/analyze.ts";
import { sharedPrefixSteps } from "../../../src/analysis/shared-prefix-curve.ts";
import { defaultSettings } from "../../../src/config/settings.ts";
import { drain } from "../../../src/core/steps.ts";
import { readWorkspace } from "../../../src/hosts/cli/read-workspace.ts";
import { diskTree } from "../../../src/hosts/node/disk-tree.ts";
import { startWatch } from "../../../src/hosts/node/stopwatch.ts";
import { createTokenizerLoader } from "../../../src/hosts/node/vocabulary-files.ts";
import { partIds, type ReportParts } from "../../../src/protocol/report-parts.ts";
import { createGrammars } from "../../../src/service/grammars.ts";
import { overviewOf, partOf } from "../../../src/show/report-parts.ts";
import { installedGrammar } from "../../support/installed-grammars.ts";
import { analyze, runSession } from "../../support/session.ts";
import { lookAtAll, pictureOf, type SessionPicture } from "../../support/session-picture.ts";

const root = join(import.meta.dirname, "../../..");
const corpora = join(root, "../shared/corpora");
const tokenizer = createTokenizerLoader(join(root, "media/vocabularies"));
const isRoot = process.getuid?.() === 0;
const chosen = { sessions: 1, turns: 1, tokenizer: "shipped" };
const link = "it is a symbolic link; links are not followed";
const special = "it is no regular file";

let base = "";
let folder = "";

const files: Readonly<Record<string, string | Uint8Array>> = {
  "bom.j2": Uint8Array.of(0xef, 0xbb, 0xbf, ...Buffer.from("Hello {{ name }}")),
  "utf16.j2": Uint8Array.of(0xff, 0xfe, 65, 0),
  "latin1.j2": Uint8Array.of(0xe9, 0x20, 0x41),
  "binary.j2": Uint8Array.of(1, 0, 2),
  "large.j2": "x".repeat(5_000_001),
  "limit.j2": "x ".repeat(20),
  [`${"deep/".repeat(60)}a.j2`]: "Deep {{ down }}",
  "odd\u001b[2J\u202ename.j2": "Odd {{ name }}",
  "two\nlines.j2": "Two {{ lines }}",
  ".gitignore": "ignored/\n*.txt\n!kept.txt\n",
  "ignored/a.j2": "never",
  "prompts/left.txt": "never",
  "prompts/kept.txt": "Kept {question}",
  "node_modules/x/a.j2": "never",
  ".venv/a.j2": "never",
  "circle/a.j2": '{% include "b.j2" %}',
  "circle/b.j2": '{% include "a.j2" %}',
  "CLAUDE.md": "Read @README.md, @gone.md, @../secret.md, @~/x.md, @linked/a.j2, @inner.md and @pipe.md.",
  "README.md": "Included, though it is no prompt.",
  "real.j2": "Real {{ name }}",
  "promptcache.json": JSON.stringify({ applications: { chat: { tools: "tools.json", system: "real.j2" } } }),
  "tools.json": JSON.stringify([{ name: "search" }]),
};

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "hostile "));
  folder = join(base, "work");
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  writeFileSync(join(base, "secret.md"), "secret");
  for (const [target, path] of [
    ["../secret.md", "out.j2"],
    ["real.j2", "in.j2"],
    ["README.md", "inner.md"],
    ["loop.j2", "loop.j2"],
    ["nowhere", "dangling.j2"],
    ["/dev/zero", "zero.j2"],
    ["..", "up"],
    ["circle", "linked"],
    ["/dev/zero", "not-a-prompt.bin"],
  ] as const) {
    symlinkSync(target, join(folder, path));
  }
  for (const name of ["pipe.j2", "pipe.md"]) expect(spawnSync("mkfifo", [join(folder, name)]).status).toBe(0);
  mkdirSync(join(folder, "closed"));
  writeFileSync(join(folder, "closed/a.j2"), "");
  writeFileSync(join(folder, "unreadable.j2"), "");
  for (const name of ["closed", "unreadable.j2"]) chmodSync(join(folder, name), 0);
});

afterAll(() => {
  chmodSync(join(folder, "closed"), 0o700);
  rmSync(base, { recursive: true });
});

interface Seen {
  readonly report: SessionPicture["report"];
  readonly texts: Readonly<Record<string, string>>;
}

async function asCommandLine(path: string): Promise<Seen> {
  const grammars = createGrammars(installedGrammar, startWatch);
  const analyzer = createAnalyzer({ tokenizer, parseTools: { syntax: grammars } });
  const { documents, config } = await readWorkspace(path, analyzer, grammars);
  const settings = { ...defaultSettings, ...chosen };
  const whole = drain(analyzer.run(settings));
  const prefix = drain(sharedPrefixSteps(drain(analyzer.study(settings)).scenario, whole));
  const parts = Object.fromEntries(partIds.map((id) => [id, id === "prefix" ? prefix : partOf(whole, id)]));
  const report = { overview: overviewOf(whole), parts };
  const all = config === null ? documents : [...documents, config];
  return { report, texts: Object.fromEntries(all.map((each) => [each.path, each.text])) };
}

/** Through the disk as the worker reads it, or by questions to the host, whose answers come from the disk too. */
async function asEditor(path: string, isOnDisk: boolean, paths: readonly string[]): Promise<Seen> {
  // Texts are told of documents that an editor holds.
  const open = paths.map((each) => ({ folder: "f", path: each }));
  const grammars = createGrammars(installedGrammar, startWatch);
  const { settle, posted } = runSession({
    createAnalyzer: (onFile) => createAnalyzer({ tokenizer, parseTools: { syntax: grammars }, onFile }),
    trees: { f: diskTree(path) },
    host: { grammars, diskTree, now: () => performance.now() },
  });
  const disk = isOnDisk ? path : null;
  await settle(
    { type: "folders", folders: [{ id: "f", disk, isLoose: false }] },
    analyze(1, { chosen, open }),
  );
  expect(posted.filter(({ type }) => type === "failed")).toEqual([]);
  // One answer, in however many messages, with what a search found behind it, and one report.
  const answers = posted.filter((message) => message.type === "answer" && message.isWhole);
  expect(answers.length).toBeGreaterThan(0);
  expect(answers.length).toBeLessThanOrEqual(2);
  await lookAtAll("f", settle);
  const { report } = pictureOf(posted, "f");
  const texts = posted.flatMap((message) => (message.type === "answer" ? message.texts : []));
  return { report, texts: Object.fromEntries(texts) };
}

describe("a hostile folder", () => {
  test("gives its prompts, and a reason for everything else that looks like one", async () => {
    const { report, texts } = await asCommandLine(folder);
    expect(Object.keys(texts).sort()).toEqual(
      [
        ...["CLAUDE.md", "README.md", "bom.j2", "circle/a.j2", "circle/b.j2"],
        ...[`${"deep/".repeat(60)}a.j2`, "limit.j2", "odd\u001b[2J\u202ename.j2", "promptcache.json"],
        ...["prompts/kept.txt", "real.j2", "tools.json", "two\nlines.j2"],
        ...(isRoot ? ["closed/a.j2", "unreadable.j2"] : []),
      ].sort(),
    );
    expect(texts["bom.j2"]).toBe("Hello {{ name }}");
    expect(Object.values(texts)).not.toContain("secret");
    const mayNot = "it may not be read";
    expect((report!.parts.notes as ReportParts["notes"]).skipped).toEqual([
      { path: "binary.j2", reason: "it is binary" },
      ...(isRoot ? [] : [{ path: "closed", reason: mayNot }]),
      ...["dangling.j2", "in.j2", "inner.md"].map((path) => ({ path, reason: link })),
      {
        path: "large.j2",
        reason: "it has 5,000,001 bytes, more than the 5,000,000 bytes that are read at most",
      },
      { path: "latin1.j2", reason: "it is not valid UTF-8; save it as UTF-8" },
      ...["linked", "linked/a.j2", "loop.j2", "out.j2"].map((path) => ({ path, reason: link })),
      ...["pipe.j2", "pipe.md"].map((path) => ({ path, reason: special })),
      ...(isRoot ? [] : [{ path: "unreadable.j2", reason: mayNot }]),
      { path: "up", reason: link },
      { path: "utf16.j2", reason: "it is UTF-16; save it as UTF-8" },
      { path: "zero.j2", reason: link },
    ]);
  });

  test.each([
    ["by itself", true],
    ["by asking the host", false],
  ])("is the same to an editor that reads it %s", async (_, isOnDisk) => {
    const seen = await asCommandLine(folder);
    expect(await asEditor(folder, isOnDisk, Object.keys(seen.texts))).toEqual(seen);
  });
});

const names = existsSync(corpora)
  ? ["aider", "semantic-kernel", "openhands", "dotprompt", "web-chat-ts"]
  : [];

describe("collected prompts", () => {
  test.skipIf(names.length > 0)("are not beside this repository, so nothing was compared", () => {
    console.log(`skipped: there is no folder ${corpora}`);
  });

  test.each(names)(
    "%s is the same to both hosts",
    async (name) => {
      const path = join(corpora, name);
      expect(readdirSync(path).length).toBeGreaterThan(0);
      const seen = await asCommandLine(path);
      expect(await asEditor(path, true, Object.keys(seen.texts))).toEqual(seen);
    },
    60_000,
  );
});
