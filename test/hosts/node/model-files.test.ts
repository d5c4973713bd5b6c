import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { effectiveSettings } from "../../../src/analysis/effective-settings.ts";
import { isModelPath, noModelFiles } from "../../../src/analysis/model-in-force.ts";
import { resolveScenario } from "../../../src/analysis/scenario.ts";
import { defaultSettings, UserError } from "../../../src/config/settings.ts";
import { createModelReader } from "../../../src/hosts/node/model-files.ts";
import { locateTokenizer } from "../../../src/hosts/node/tokenizer-files.ts";
import { createTokenizerLoader } from "../../../src/hosts/node/vocabulary-files.ts";
import { bytesOf, ggufBytes } from "../../support/gguf-bytes.ts";
import { ggufVocabularyValues, type TokenizerParts } from "../../support/gguf-vocabulary.ts";
import { byteLevelKinds } from "../../tokenizers/kinds.ts";

const own = {
  model_type: "llama",
  hidden_size: 1024,
  intermediate_size: 4096,
  max_position_embeddings: 8192,
  num_attention_heads: 16,
  num_hidden_layers: 12,
  num_key_value_heads: 4,
  num_nextn_predict_layers: 1,
  tie_word_embeddings: true,
  vocab_size: 128_000,
};

let folder = "";
let workspace = "";

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "models-"));
  workspace = join(folder, "workspace");
  write(join(workspace, "models", "own", "config.json"), JSON.stringify(own));
  write(
    join(workspace, "models", "own", "tokenizer.json"),
    JSON.stringify(byteLevelKinds["whole pieces first"]),
  );
  write(join(workspace, "models", "linked", "config.json"), JSON.stringify(own));
  write(join(workspace, "qwen3-8b", "config.json"), JSON.stringify(own));
  write(join(folder, "outside", "config.json"), JSON.stringify(own));
  write(join(folder, "outside", "tokenizer.json"), "{}");
  symlinkSync(
    join(folder, "outside", "tokenizer.json"),
    join(workspace, "models", "linked", "tokenizer.json"),
  );
  symlinkSync(join(folder, "outside"), join(workspace, "link"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (model: string, isUsers = true, where: string | null = workspace) =>
  createModelReader()({ ...defaultSettings, model }, { isUsers, workspace: where });

describe("a model that is named by a path", () => {
  test("is read from its file or folder, and called by the folder", () => {
    const { modelFile } = read("models/own/config.json", false);
    expect(modelFile?.model).toMatchObject({ id: "own", hiddenWidth: 1024, mixerPattern: "************" });
    expect(modelFile?.path).toBe("models/own/config.json");
    expect(read("./models/own", false).modelFile?.model).toEqual(modelFile?.model);
    expect(read("models/own", false).modelFile?.model).toEqual(modelFile?.model);
    expect(read(join(folder, "outside")).modelFile?.model.id).toBe("outside");
  });

  test("makes the scenario, which says where the sizes come from and what is not counted", () => {
    const { model, cost, assumptions } = resolveScenario(read("./models/own", false));
    expect(model.id).toBe("own");
    // K and V of 4 heads of 64 in 12 layers, 2 bytes each.
    expect(cost.kvBytesPerToken).toBe(2 * 4 * 64 * 12 * 2);
    expect(assumptions.slice(0, 2)).toEqual([
      { id: "model-file", text: "The sizes of the model are those that ./models/own gives." },
      {
        id: "model-file-1",
        text: "Layers of config.json that draft tokens (num_nextn_predict_layers) are not counted.",
      },
    ]);
  });

  test("has the vocabulary that lies beside it, else the nearest in size as a substitute", () => {
    const places = { isUsers: false, workspace, cache: null };
    const file = join(workspace, "models", "own", "tokenizer.json");
    const located = locateTokenizer(read("models/own", false), places);
    expect(located.tokenizer).toBe(file);
    expect(resolveScenario(located).vocabulary).toEqual({
      id: file,
      isExact: true,
      note: `Tokens are counted with ${file}, which belongs to the file of the model.`,
    });
    const shipped = locateTokenizer({ ...read("models/own", false), tokenizer: "shipped" }, places);
    expect(resolveScenario(shipped).vocabulary).toMatchObject({ id: "deepseek3", isExact: false });
    // A link to a file of somebody else is none of the workspace's.
    expect(read("models/linked", false).modelFile?.tokenizer).toBeNull();
  });

  test("is another one when its file has changed", () => {
    const reader = createModelReader();
    const path = write(join(folder, "changing", "config.json"), JSON.stringify(own));
    const layers = () =>
      reader({ ...defaultSettings, model: path }, { isUsers: true, workspace: null }).modelFile?.model
        .mixerPattern.length;
    expect(layers()).toBe(12);
    write(path, JSON.stringify({ ...own, num_hidden_layers: 6 }));
    utimesSync(path, 1, 1);
    expect(layers()).toBe(6);
  });

  test("leaves the names of the catalogue alone, also where a folder is called so", () => {
    expect(read("Qwen/Qwen3-8B", false)).toEqual({ ...defaultSettings, model: "Qwen/Qwen3-8B" });
    expect(read("qwen3-8b", false).modelFile).toBeUndefined();
    expect(read("./qwen3-8b", false).modelFile?.model.id).toBe("qwen3-8b");
    expect(read("no-such-model", false).modelFile).toBeUndefined();
  });

  test("counts in promptcache.json unless the user has chosen", () => {
    const config = { path: "promptcache.json", text: '{"model": "models/own"}' };
    const reader = createModelReader();
    const settings = (chosen: object) =>
      effectiveSettings(config, chosen, (given, isUsers) => reader(given, { isUsers, workspace }));
    expect(settings({}).modelFile?.model.id).toBe("own");
    expect(settings({ model: "Qwen/Qwen3-8B" }).modelFile).toBeUndefined();
    const gone = { ...config, text: '{"model": "./gone"}' };
    expect(() =>
      effectiveSettings(gone, {}, (given, isUsers) => reader(given, { isUsers, workspace })),
    ).toThrow(/^In promptcache\.json: There is no model file \.\/gone/);
  });
});

describe("a GGUF file", () => {
  const values = {
    "general.architecture": "llama",
    "llama.block_count": 4,
    "llama.embedding_length": 64,
    "llama.feed_forward_length": 256,
    "llama.attention.head_count": 4,
    // More than what is read at first.
    "tokenizer.ggml.tokens": Array.from({ length: 100_000 }, (_, index) => `token ${index}`),
  };
  const whole = () => ggufBytes(values, ["output.weight", "blk.0.ffn_gate.weight"]);
  const writeBytes = (path: string, content: Uint8Array) => {
    write(path, "");
    writeFileSync(path, content);
    return path;
  };

  test("is read as far as its header goes, and called by its name", () => {
    const weights = new Uint8Array(100_000).fill(255);
    const path = writeBytes(join(workspace, "gguf", "own-7b-Q4_K_M.gguf"), bytesOf([whole(), weights]));
    const { modelFile } = read("./gguf/own-7b-Q4_K_M.gguf", false);
    expect(modelFile?.model).toMatchObject({
      id: "own-7b-Q4_K_M",
      vocabularyTokens: 100_000,
      mixerPattern: "****",
    });
    expect(read("gguf", false).modelFile?.model.id).toBe("own-7b-Q4_K_M");
    writeBytes(join(dirname(path), "mmproj-own.gguf"), new Uint8Array(8));
    expect(read("gguf", false).modelFile?.model.id).toBe("own-7b-Q4_K_M");
  });

  test("counts tokens with the vocabulary in it, else says why not", () => {
    const json = byteLevelKinds["whole pieces first"] as unknown as TokenizerParts;
    const fileWith = (name: string, pre: string) => {
      const { "tokenizer.ggml.tokens": _, ...rest } = values;
      const keys = { ...rest, ...ggufVocabularyValues(json, pre) };
      return writeBytes(join(workspace, "gguf-vocabulary", name, "own.gguf"), ggufBytes(keys, []));
    };
    const places = { isUsers: false, workspace, cache: null };
    const located = (name: string) => locateTokenizer(read(`./gguf-vocabulary/${name}`, false), places);

    const file = fileWith("known", "llama-bpe");
    const { vocabulary, assumptions } = resolveScenario(located("known"));
    expect(vocabulary).toEqual({
      id: file,
      isExact: true,
      note: `Tokens are counted with ${file}, the file of the model, which holds its vocabulary.`,
    });
    expect(assumptions.map(({ text }) => text).join()).not.toMatch(/counts no tokens/);
    const load = createTokenizerLoader(join(process.cwd(), "media", "vocabularies"));
    expect(load(file).count("the Zebra")).toBe(
      load(join(workspace, "models", "own", "tokenizer.json")).count("the Zebra"),
    );

    const unknown = fileWith("unknown", "kimi-k2");
    const scenario = resolveScenario(located("unknown"));
    expect(scenario.vocabulary).toMatchObject({ id: "cl100k", isExact: false });
    expect(scenario.assumptions.map(({ text }) => text)).toContain(
      'The vocabulary in the file counts no tokens: its pre-tokenizer is "kimi-k2" (tokenizer.ggml.pre), whose pattern is not known here.',
    );
    expect(() => load(unknown)).toThrow(/own\.gguf cannot be used: its pre-tokenizer is "kimi-k2"/);
    const beside = write(join(dirname(unknown), "tokenizer.json"), JSON.stringify(json));
    expect(located("unknown").tokenizer).toBe(beside);
  });

  test("is the first part of several", () => {
    for (const part of [1, 2]) writeBytes(join(folder, "parts", `own-0000${part}-of-00002.gguf`), whole());
    expect(read(join(folder, "parts")).modelFile?.model.id).toBe("own-00001-of-00002");
    writeBytes(join(folder, "two", "a.gguf"), whole());
    writeBytes(join(folder, "two", "b.gguf"), whole());
    expect(() => read(join(folder, "two"))).toThrow(/There is no model file/);
  });

  test("that ends within its header, or is none, is said", () => {
    const short = writeBytes(join(folder, "short.gguf"), whole().subarray(0, 1_500_000));
    expect(() => read(short)).toThrow(/short\.gguf cannot be used: it ends before its header does/);
    const other = writeBytes(join(folder, "other.gguf"), new Uint8Array(64));
    expect(() => read(other)).toThrow(/cannot be used: it does not begin with GGUF/);
  });
});

describe("what is refused, with what to do", () => {
  test.each(["../outside", "link", "models/../../outside/config.json"])("%s for promptcache.json", (path) => {
    expect(() => read(`./${path}`, false)).toThrow(
      /outside of the workspace.*promptCacheLens\.model or --model/,
    );
  });

  test("files of a workspace that is not trusted", () => {
    expect(() => read("./models/own", false, null)).toThrow(/trust the workspace/);
  });

  test("what is not there", () => {
    expect(() => read("gone.json")).toThrow(/no model file gone\.json .*give the path of a config\.json/);
    expect(() => read(join(folder, "workspace", "models"))).toThrow(/no model file/);
  });

  test.each([
    ["no JSON", "{", /config\.json cannot be used: config\.json is not JSON/],
    ["what lacks a key", "{}", /cannot be used: config\.json has no "num_hidden_layers"/],
    [
      "more than any configuration has",
      `[${"1,".repeat(3_000_000)}1]`,
      /it has 5\.72 MiB, and 4\.00 MiB are read at most/,
    ],
  ])("%s", (name, text, message) => {
    const path = write(join(folder, name, "config.json"), text);
    expect(() => read(path)).toThrow(UserError);
    expect(() => read(path)).toThrow(message);
  });
});

describe("without a disk", () => {
  test("paths are refused, and other names left to whoever knows models", () => {
    expect(() => noModelFiles({ ...defaultSettings, model: "./own" }, true)).toThrow(
      /in a browser no model files/,
    );
    expect(noModelFiles({ ...defaultSettings, model: "no-such-model" }, true).model).toBe("no-such-model");
  });

  test.each(["./own", "../own", "/models/own", "~/own", "C:\\own", "a\\b", "own.gguf", "x/config.json", "."])(
    "%s is a path",
    (name) => expect(isModelPath(name)).toBe(true),
  );

  test.each(["Qwen/Qwen3-8B", "granite-4.0-h-small", "own", ""])("%s may be a name", (name) =>
    expect(isModelPath(name)).toBe(false),
  );
});

describe("a model that was downloaded", () => {
  const places = { isUsers: true, workspace: null };
  const settings = { ...defaultSettings, model: "acme/own-12" };

  function cacheWith(id: string, config: object): string {
    const cache = join(folder, "hub");
    const model = join(cache, `models--${id.replace("/", "--")}`);
    write(join(model, "refs", "main"), "abc123\n");
    write(join(model, "snapshots", "abc123", "config.json"), JSON.stringify(config));
    write(join(model, "snapshots", "000old", "config.json"), JSON.stringify({ ...config, hidden_size: 512 }));
    return cache;
  }

  test("is found by its id, in the version that main names", () => {
    const read = createModelReader(cacheWith("acme/own-12", own));
    const { modelFile } = read(settings, places);
    expect(modelFile?.model).toMatchObject({ id: "acme/own-12", hiddenWidth: 1024 });
    expect(resolveScenario(read(settings, places)).model.id).toBe("acme/own-12");
  });

  test("is not looked for under other names, nor before the catalogue", () => {
    const read = createModelReader(cacheWith("Qwen/Qwen3-8B", own));
    expect(read({ ...settings, model: "acme/other" }, places).modelFile).toBeUndefined();
    expect(read({ ...settings, model: "Qwen/Qwen3-8B" }, places).modelFile).toBeUndefined();
    expect(createModelReader(null)(settings, places).modelFile).toBeUndefined();
  });
});

describe("the chat template of a model that is read from files", () => {
  const places = { isUsers: true, workspace: null };
  const template = "{% for m in messages %}<|turn|>{{ m.content }}{% endfor %}";
  const modelAt = (path: string) =>
    createModelReader(null)({ ...defaultSettings, model: path }, places).modelFile;

  test("is the one beside it: a file of its own before the tokenizer's settings", () => {
    const model = join(folder, "with-template");
    write(join(model, "config.json"), JSON.stringify(own));
    expect(modelAt(model)?.chatTemplate).toBeUndefined();
    write(join(model, "tokenizer_config.json"), JSON.stringify({ chat_template: "{{ messages }}" }));
    expect(modelAt(model)?.chatTemplate?.path).toBe("tokenizer_config.json");
    write(join(model, "chat_template.jinja"), template);
    expect(modelAt(model)?.chatTemplate).toEqual({ path: "chat_template.jinja", text: template });
  });

  test("is the one in the header of a GGUF file", () => {
    const file = join(folder, "templated.gguf");
    const values = {
      "general.architecture": "llama",
      "tokenizer.chat_template": template,
      "llama.block_count": 2,
      "llama.embedding_length": 64,
      "llama.feed_forward_length": 128,
      "llama.attention.head_count": 4,
      "llama.vocab_size": 512,
    };
    writeFileSync(file, ggufBytes(values, ["token_embd.weight", "blk.0.ffn_gate.weight", "output.weight"]));
    expect(modelAt(file)?.chatTemplate).toEqual({ path: "templated.gguf", text: template });
  });

  test("is not taken from outside of the workspace by a workspace that names it", () => {
    const inside = join(workspace, "linked");
    write(join(inside, "config.json"), JSON.stringify(own));
    write(join(folder, "elsewhere.jinja"), template);
    symlinkSync(join(folder, "elsewhere.jinja"), join(inside, "chat_template.jinja"));
    const read = createModelReader(null);
    const { modelFile } = read({ ...defaultSettings, model: "./linked" }, { isUsers: false, workspace });
    expect(modelFile?.model.hiddenWidth).toBe(1024);
    expect(modelFile?.chatTemplate).toBeUndefined();
  });
});
