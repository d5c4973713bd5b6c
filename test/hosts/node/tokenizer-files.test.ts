import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveScenario } from "../../../src/analysis/scenario.ts";
import { defaultSettings, UserError } from "../../../src/config/settings.ts";
import { huggingFaceCache } from "../../../src/hosts/node/hugging-face-cache.ts";
import { locateTokenizer } from "../../../src/hosts/node/tokenizer-files.ts";
import { createTokenizerLoader } from "../../../src/hosts/node/vocabulary-files.ts";
import { byteLevelKinds, otherKinds } from "../../tokenizers/kinds.ts";

const vocabularies = join(process.cwd(), "media", "vocabularies");
const content = JSON.stringify(byteLevelKinds["whole pieces first"]);
let folder = "";
let cache = "";
let workspace = "";

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tokenizers-"));
  cache = join(folder, "hub");
  workspace = join(folder, "workspace");
  const bamba = join(cache, "models--ibm-fms--Bamba-9B");
  write(join(bamba, "refs", "main"), "bbb\n");
  write(join(bamba, "snapshots", "aaa", "tokenizer.json"), "{}");
  write(join(bamba, "snapshots", "bbb", "tokenizer.json"), content);
  write(join(cache, "models--Qwen--Qwen3-8B", "snapshots", "ccc", "tokenizer.json"), content);
  write(join(cache, "models--ai21labs--Jamba-v0.1", "snapshots", "ddd", "config.json"), "{}");
  write(join(workspace, "tok", "tokenizer.json"), content);
  write(join(folder, "secret.json"), content);
  symlinkSync(join(folder, "secret.json"), join(workspace, "link.json"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const places = (isUsers: boolean, where: string | null = workspace) => ({ isUsers, workspace: where, cache });
const locate = (model: string, tokenizer: string, isUsers = true, where: string | null = workspace): string =>
  locateTokenizer({ ...defaultSettings, model, tokenizer }, places(isUsers, where)).tokenizer;

describe("the Hugging Face cache", () => {
  test("has the tokenizer of a model whose vocabulary does not ship, by its aliases too, in the version of main", () => {
    const expected = join(cache, "models--ibm-fms--Bamba-9B", "snapshots", "bbb", "tokenizer.json");
    expect(locate("ibm-ai-platform/Bamba-9B-v2", "auto")).toBe(expected);
    expect(locate("ibm-fms/Bamba-9B", "auto")).toBe(expected);
    const { vocabulary, assumptions } = resolveScenario({
      ...defaultSettings,
      model: "ibm-fms/Bamba-9B",
      tokenizer: expected,
    });
    expect(vocabulary.isExact).toBe(true);
    expect(vocabulary.note).toBe(`Tokens are counted with ${expected}, found in the Hugging Face cache.`);
    expect(assumptions.map(({ id }) => id)).not.toContain("vocabulary");
  });

  test("is left alone where a vocabulary ships, holds none, or the settings say so", () => {
    expect(locate("Qwen/Qwen3-8B", "auto")).toBe("auto");
    expect(locate("ai21labs/Jamba-v0.1", "auto")).toBe("auto");
    expect(locate("ibm-fms/Bamba-9B", "shipped")).toBe("shipped");
    expect(locate("ibm-fms/Bamba-9B", "deepseek3")).toBe("deepseek3");
  });

  test("is where huggingface_hub keeps it", () => {
    expect(huggingFaceCache({ HF_HUB_CACHE: cache })).toBe(cache);
    expect(huggingFaceCache({ HF_HOME: folder })).toBe(cache);
    expect(huggingFaceCache({ HF_HUB_CACHE: join(folder, "nowhere") })).toBeNull();
  });
});

describe("a file that is named", () => {
  test("lies in the workspace, or anywhere when the user names it", () => {
    expect(locate("Qwen/Qwen3-8B", "tok/tokenizer.json", false)).toBe(
      join(workspace, "tok", "tokenizer.json"),
    );
    expect(locate("Qwen/Qwen3-8B", "tok", false)).toBe(join(workspace, "tok", "tokenizer.json"));
    expect(locate("Qwen/Qwen3-8B", join(folder, "secret.json"))).toBe(join(folder, "secret.json"));
  });

  test.each(["../secret.json", "link.json", "tok/../../secret.json"])(
    "%s is not read for promptcache.json",
    (path) => {
      expect(() => locate("Qwen/Qwen3-8B", path, false)).toThrow(/outside of the workspace/);
    },
  );

  test("is not read for promptcache.json where the workspace is not trusted", () => {
    expect(() => locate("Qwen/Qwen3-8B", "tok/tokenizer.json", false, null)).toThrow(/trust the workspace/);
  });

  test("that is not there is said with what to do", () => {
    expect(() => locate("Qwen/Qwen3-8B", "gone.json")).toThrow(
      /no tokenizer file gone\.json .*give the path/,
    );
  });
});

describe("the loader", () => {
  const load = createTokenizerLoader(vocabularies);

  test("reads a file once, and again when it has changed", () => {
    const path = write(join(folder, "changing.json"), content);
    const first = load(path);
    expect(load(path)).toBe(first);
    write(path, JSON.stringify(otherKinds["WordPiece"]));
    expect(load(path)).not.toBe(first);
    expect(load(path).count("the end")).toBe(2);
  });

  test("names the file, what is wrong and what to do", () => {
    const path = write(join(folder, "bad.json"), '{"model": ');
    const problem = (() => {
      try {
        return load(path);
      } catch (error) {
        return error;
      }
    })();
    expect(problem).toBeInstanceOf(UserError);
    expect(String(problem)).toContain(path);
    expect(String(problem)).toMatch(/cannot be used: it is not JSON .*Give another tokenizer\.json/s);
  });

  test("a file of 50 MB that is none ends with a word", () => {
    const path = write(join(folder, "large.json"), `[${"1,".repeat(25_000_000)}1]`);
    expect(() => load(path)).toThrow(/it is no tokenizer\.json/);
  });

  test("of a vocabulary that is not known says which are", () => {
    expect(() => load("gpt9")).toThrow(/vocabularies that ship are qwen3, cl100k, o200k, deepseek3/);
  });
});
