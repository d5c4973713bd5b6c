/**
 * `npm run hostile`: lays out a folder of attacks, has the worker of the product answer each of them and all together, and
 * the command line report on all. Fails where one takes more than a second, all of them more than ten, or 500 MiB.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { harmless } from "../../src/words/foreign.ts";
import { type Attack, attacks } from "./attacks.ts";
import { Session } from "./session.ts";

const root = join(import.meta.dirname, "../..");
const limits = { fileSeconds: 1, folderSeconds: 10, mebibytes: 500 } as const;

/** What a terminal would act on. */
const commanding = ["\u001b", "\u0007", "\u202e"] as const;

interface Row {
  readonly what: string;
  readonly seconds: number;
  readonly limit: number;
  readonly said: string;
}

function layOut(folder: string, { files, links = {}, pipes = [] }: Attack): void {
  const place = (path: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    return join(folder, path);
  };
  for (const [path, content] of Object.entries(files)) writeFileSync(place(path), content);
  for (const [path, target] of Object.entries(links)) symlinkSync(target, place(path));
  for (const path of pipes) spawnSync("mkfifo", [place(path)]);
}

async function answers(base: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const session = new Session(root);
  const first = join(base, "first");
  layOut(first, {
    name: "",
    files: { "a.j2": "Be brief.", "prompts/a.py": "PROMPT = 'Be brief.'", "prompts/a.ts": "" },
  });
  // The thread starts, and loads its vocabulary.
  await session.open(first);
  for (const [at, { name }] of attacks.entries()) {
    const { seconds, said } = await session.open(join(base, "attacks", String(at)));
    rows.push({ what: name, seconds, limit: limits.fileSeconds, said });
  }
  const { seconds, said } = await session.open(join(base, "attacks"));
  rows.push({ what: "all, in the editor", seconds, limit: limits.folderSeconds, said });
  await session.close();
  return rows;
}

/** What the command line took; it says its memory when it ends. */
function commandLine(folder: string): { readonly row: Row; readonly mebibytes: number } {
  const tell = 'process.on("exit", () => console.error("peak", process.resourceUsage().maxRSS / 1024))';
  const args = [
    "--import",
    `data:text/javascript,${encodeURIComponent(tell)}`,
    "dist/cli.cjs",
    "report",
    folder,
  ];
  const start = performance.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, args, {
    ...{ cwd: root, encoding: "utf8", timeout: 60_000, maxBuffer: 100_000_000 },
  });
  const seconds = (performance.now() - start) / 1000;
  const peak = /^peak (.*)$/m.exec(stderr);
  const isHarmless =
    status === 0 &&
    !/^\s+at .*:\d+:\d+\)?$/m.test(stderr) &&
    !commanding.some((character) => stdout.includes(character));
  const said = isHarmless ? "reported" : `failed with ${status}: ${stderr.split("\n")[0]}`;
  const limit = isHarmless ? limits.folderSeconds : 0;
  const mebibytes = peak === null ? Number.POSITIVE_INFINITY : Number(peak[1]);
  return { row: { what: "all, by the command line", seconds, limit, said }, mebibytes };
}

async function main(): Promise<void> {
  const built = spawnSync(process.execPath, [join(root, "scripts/build.mjs"), "--production"], {
    stdio: "inherit",
  });
  if (built.status !== 0) throw new Error("The product cannot be built.");
  const base = mkdtempSync(join(tmpdir(), "hostile "));
  try {
    for (const [at, attack] of attacks.entries()) layOut(join(base, "attacks", String(at)), attack);
    const { row, mebibytes } = commandLine(join(base, "attacks"));
    const rows = [...(await answers(base)), row];
    const memory = {
      "in the editor": process.resourceUsage().maxRSS / 1024,
      "by the command line": mebibytes,
    };
    for (const { what, seconds, limit, said } of rows) {
      console.log(
        `${seconds > limit ? "✗" : " "} ${what.padEnd(34)} ${seconds.toFixed(2).padStart(6)} s  ${harmless(said)}`,
      );
    }
    for (const [where, peak] of Object.entries(memory)) {
      console.log(`${peak > limits.mebibytes ? "✗" : " "} memory ${where}, at most ${peak.toFixed(0)} MiB`);
    }
    const isHeld =
      rows.every(({ seconds, limit }) => seconds <= limit) &&
      Object.values(memory).every((peak) => peak <= limits.mebibytes);
    if (!isHeld) process.exitCode = 1;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

void main();
