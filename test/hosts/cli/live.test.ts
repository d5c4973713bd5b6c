/** `live` against a server that answers by our own simulation: everything but the rules. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeGguf } from "../../../src/hosts/cli/live/gguf.ts";
import { withSmallIds } from "../../../src/hosts/cli/live/small-ids.ts";
import {
  firstFreeToken,
  tinyHybrid,
  tinyHybridBytes,
  vocabularyTokens,
} from "../../../src/hosts/cli/live/tiny-hybrid.ts";
import { policyText } from "../../support/analyze.ts";
import { bundle } from "../../support/bundle-cli.ts";
import { readGguf } from "../../support/read-gguf.ts";

describe("a file of GGUF", () => {
  it("reads back as it was written", () => {
    const metadata = {
      "a.text": "naïve ✓",
      "a.count": 7,
      "a.small": { float: 0.5 },
      "a.yes": true,
      "a.texts": { strings: ["", "<0x0A>"] },
      "a.floats": { floats: Float32Array.of(1.5, -2) },
      "a.ints": { ints: Int32Array.of(0, -1) },
    };
    const tensors = [
      { name: "one", shape: [3], values: Float32Array.of(1, 2, 3) },
      { name: "two.weight", shape: [2, 5], values: Float32Array.from({ length: 10 }, (_, i) => i - 4) },
    ];
    expect(readGguf(writeGguf(metadata, tensors))).toEqual({
      metadata: {
        "a.text": "naïve ✓",
        "a.count": 7,
        "a.small": 0.5,
        "a.yes": true,
        "a.texts": ["", "<0x0A>"],
        "a.floats": [1.5, -2],
        "a.ints": [0, -1],
      },
      tensors: [
        { name: "one", shape: [3], values: [1, 2, 3] },
        {
          name: "two.weight",
          shape: [2, 5],
          values: [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5],
        },
      ],
    });
  });

  it("is refused where shape and numbers differ", () => {
    const tensor = { name: "short", shape: [2, 2], values: Float32Array.of(1) };
    expect(() => writeGguf({}, [tensor])).toThrow("The tensor short has 1 numbers, and its shape 4.");
  });
});

describe("the tiny model", () => {
  const { metadata, tensors } = readGguf(tinyHybrid(1, 4096));

  it("has one recurrent layer and one of attention, a token for each id, and the bytes that we count", () => {
    expect(metadata["general.architecture"]).toBe("granitehybrid");
    expect(metadata["granitehybrid.attention.head_count_kv"]).toEqual([0, 1]);
    expect(metadata["granitehybrid.context_length"]).toBe(4096);
    const texts = metadata["tokenizer.ggml.tokens"] as string[];
    expect(new Set(texts).size).toBe(vocabularyTokens);
    expect(texts[firstFreeToken - 1]).toBe("<0xFF>");
    // 32 elements of key and of value at 16 bits; 3 columns of 96, and 64 · 16, at 32.
    expect(tinyHybridBytes).toEqual({ kvBytesPerToken: 128, stateBytes: 4 * (288 + 1024) });
  });

  it("has weights that are drawn from the seed, and states that shrink", () => {
    const shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
    expect(shapes["blk.0.ssm_in.weight"]).toEqual([32, 2 * 64 + 2 * 16 + 4]);
    expect(shapes["token_embd.weight"]).toEqual([32, vocabularyTokens]);
    const decay = tensors.find(({ name }) => name === "blk.0.ssm_a")!;
    expect(Math.max(...decay.values)).toBeLessThan(0);
    const file = Buffer.from(tinyHybrid(1, 512));
    expect(file.equals(tinyHybrid(1, 512))).toBe(true);
    expect(file.equals(tinyHybrid(2, 512))).toBe(false);
  });
});

describe("requests in small ids", () => {
  const given = [
    { promptTokens: Int32Array.of(900_000, 5, 5), outputTokens: Int32Array.of(7) },
    { promptTokens: Int32Array.of(900_000, 7), outputTokens: new Int32Array(0) },
  ];

  it("share the same prefixes", () => {
    expect(withSmallIds(given, 10, 100).map(({ tokens, inputLength }) => [[...tokens], inputLength])).toEqual(
      [
        [[10, 11, 11, 12], 3],
        [[10, 12], 2],
      ],
    );
  });

  it("are refused where they have more tokens than the model", () => {
    expect(() => withSmallIds(given, 10, 12)).toThrow("more than 2 different tokens");
  });
});

const root = mkdtempSync(join(tmpdir(), "live-"));
const notes = join(root, "notes");
const server = join(root, "llama-server");
let cli = "";

beforeAll(async () => {
  cli = await bundle(join(root, "dist"));
  mkdirSync(join(root, "prompts"));
  const turns = "{% for turn in history %}{{ turn.role }}: {{ turn.text }}\n{% endfor %}";
  writeFileSync(join(root, "prompts/support.j2"), `${policyText(20)}\n\n${turns}user: {{ question }}`);
  const fake = join(root, "fake.cjs");
  const source = join(import.meta.dirname, "../../support/fake-llama-server.ts");
  await build({ entryPoints: [source], outfile: fake, bundle: true, platform: "node", format: "cjs" });
  writeFileSync(server, `#!/bin/sh\nexec "${process.execPath}" "${fake}" "$@"\n`);
  chmodSync(server, 0o755);
}, 60_000);

afterAll(() => rmSync(root, { recursive: true }));

function live(flaw: string, ...args: readonly string[]) {
  rmSync(notes, { force: true });
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cli, "live", "llama.cpp", "--folder", "prompts", "--requests", "24", ...args],
    { cwd: root, encoding: "utf8", env: { ...process.env, FAKE_FLAW: flaw, FAKE_NOTES: notes } },
  );
  return { status, stdout, stderr };
}

/** Whether the server still runs, and its model still lies there. */
function leftBehind(): { readonly runs: boolean; readonly model: boolean; readonly words: string } {
  const [pid, model, ...words] = readFileSync(notes, "utf8").split(" ");
  let runs = true;
  try {
    process.kill(Number(pid), 0);
  } catch {
    runs = false;
  }
  return { runs, model: existsSync(model!), words: words.join(" ") };
}

describe.skipIf(process.platform === "win32")("a server that answers as we do", () => {
  it("is equal, request by request, and nothing is left of it", () => {
    const { status, stdout, stderr } = live("", "--server", server);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^ok {3}prompts: 24 of 24 requests equal, [1-9][\d.]* % by the engine, /);
    expect(leftBehind()).toEqual({ runs: false, model: false, words: "" });
  });

  it("takes options of its own", () => {
    const { status } = live("", "--server", server, "--args=--parallel 2 --cache-ram 0");
    expect(status).toBe(0);
    expect(leftBehind().words).toBe("--parallel 2 --cache-ram 0");
  });

  it("is ended even if it does not want to", () => {
    expect(live("stubborn", "--server", server).status).toBe(0);
    expect(leftBehind().runs).toBe(false);
  }, 30_000);

  it.each([
    ["reuses", /^FAIL prompts: 23 of 24 requests equal, .*; server, request 1: \d+ instead of \d+$/m],
    ["slots", /^FAIL prompts: 24 of 24 requests equal, .*; server, request 1: slot 3 instead of 4$/m],
  ])("is told apart when it %s otherwise", (flaw, line) => {
    const { status, stdout } = live(flaw, "--server", server);
    expect(stdout).toMatch(line);
    expect(status).toBe(1);
    expect(leftBehind()).toMatchObject({ runs: false, model: false });
  });

  it.each([
    ["dies", "The server did not start: it ended with code 7. It printed: error: unknown model architecture"],
    ["refuses", 'was refused with 400: {"error":"too long"}'],
    ["babbles", "The server answered what is no JSON: hello"],
    ["old", 'The answer has no "tokens"; this server is too old to be compared.'],
  ])("says what is wrong when it %s", (flaw, reason) => {
    const { status, stdout, stderr } = live(flaw, "--server", server);
    expect(stderr).toContain(reason);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});

describe("without a server", () => {
  it("says what it needs", () => {
    const { status, stdout, stderr } = live("");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^live needs a server to compare with: --server PATH/);
  });

  it.each([
    [["--server", "nowhere/llama-server"], "There is no file nowhere/llama-server"],
    [["--server", "."], "There is no file ."],
  ])("%j is none", (args, reason) => {
    const { status, stderr } = live("", ...args);
    expect(stderr).toContain(reason);
    expect(status).toBe(2);
  });

  it("refuses options that it does not know", () => {
    expect(live("", "--server", server, "--args=--fast").stderr).toContain(
      '--args: The option "--fast" of llama.cpp\'s server is not known here.',
    );
  });
});
