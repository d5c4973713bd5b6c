/** The facts in facts/ and what is made of them: the generated files are up to date, and a bad entry is named. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "facts-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Facts are whatever JSON a contributor writes. */
type Json = Record<string, unknown>;

function check(...given: string[]) {
  const script = join(root, "scripts/facts.mjs");
  const { status, stderr } = spawnSync(process.execPath, [script, "--check", ...given], { encoding: "utf8" });
  return { status, stderr };
}

/** What the check says of the facts after one change. */
function afterChange(file: string, change: (facts: Json) => void) {
  cpSync(join(root, "facts"), folder, { recursive: true });
  const facts = JSON.parse(readFileSync(join(folder, file), "utf8")) as Json;
  change(facts);
  writeFileSync(join(folder, file), JSON.stringify(facts));
  return check(folder);
}

const granite = "ibm-granite/granite-4.0-h-small";
const entry = (facts: Json, list: string, id: string): Json => {
  const found = (facts[list] as Json[]).find((each) => each["id"] === id);
  if (found === undefined) throw new Error(`${id} is not in the facts`);
  return found;
};
const set = (target: unknown, field: string, value: unknown) =>
  Object.assign(target as Json, { [field]: value });

describe("npm run facts -- --check", () => {
  it("finds the generated catalogues as facts/ gives them", () => {
    expect(check()).toEqual({ status: 0, stderr: "" });
  });

  it("names the file that a changed fact would change", () => {
    const said = afterChange("models.json", (facts) =>
      set(entry(facts, "models", granite), "hidden_size", 1),
    );
    expect(said).toEqual({
      status: 1,
      stderr: "src/core/cost/catalogue/models.ts is not what facts/ gives: run npm run facts.\n",
    });
  });
});

describe("a bad entry", () => {
  it.each<[name: string, file: string, change: (facts: Json) => void, message: string]>([
    [
      "a field is missing",
      "models.json",
      (facts) => delete entry(facts, "models", granite)["hidden_size"],
      `facts/models.json, "${granite}": hidden_size is missing; give a number.`,
    ],
    [
      "a field of a section is of the wrong type",
      "models.json",
      (facts) => set(entry(facts, "models", granite)["attention"], "num_kv_heads", "8"),
      `facts/models.json, "${granite}", attention: num_kv_heads is "8"; give a number.`,
    ],
    [
      "a pattern does not fit the number of layers",
      "models.json",
      (facts) => set(entry(facts, "models", granite)["layers"], "mixer_pattern", "M*"),
      `facts/models.json, "${granite}": layers.mixer_pattern has 2 letters for 40 layers; write one letter for each layer.`,
    ],
    [
      "the geometry of a letter is missing",
      "models.json",
      (facts) => set(entry(facts, "models", granite), "moe", null),
      `facts/models.json, "${granite}": layers.ffn_pattern has the letter "E", but moe is missing; give the geometry of these layers.`,
    ],
    [
      "no source is named",
      "models.json",
      (facts) => set(entry(facts, "models", granite), "sources", []),
      `facts/models.json, "${granite}": sources is empty; name the configuration or paper that each number was read from.`,
    ],
    [
      "two models have one name",
      "models.json",
      (facts) => set(entry(facts, "models", granite), "aliases", ["qwen/qwen3-8b (a copy)"]),
      `facts/models.json, "Qwen/Qwen3-8B": the name Qwen/Qwen3-8B is also that of "${granite}"; keep it in one place.`,
    ],
    [
      "a GPU has no bandwidth",
      "gpus.json",
      (facts) => set(entry(facts, "gpus", "L4"), "memory_bandwidth_gb_per_s", null),
      'facts/gpus.json, "L4": memory_bandwidth_gb_per_s is null; give a number.',
    ],
    [
      "a provider has no source",
      "providers.json",
      (facts) => delete entry(facts, "rules", "anthropic")["source"],
      'facts/providers.json, the rule "anthropic": source is missing; give it as a text; see facts/README.md.',
    ],
  ])("%s", (_name, file, change, message) => {
    expect(afterChange(file, change)).toEqual({ status: 1, stderr: `${message}\n` });
  });

  it("has a name that is not known, and is told those that are", () => {
    const field = afterChange("models.json", (facts) =>
      set(entry(facts, "models", granite), "hiden_size", 1),
    );
    expect(field.stderr).toMatch(
      /"ibm-granite\/granite-4\.0-h-small": hiden_size is not a field that is read; correct its name \(known: id, .*hidden_size/,
    );
    const row = afterChange("models.json", (facts) =>
      set(entry(facts, "models", granite), "tokenizer", "nobody"),
    );
    expect(row.stderr).toMatch(
      /tokenizer is "nobody", of which tokenizers has no row; add one there, or name one of granite-4\.0, qwen3/,
    );
    const file = afterChange("gpus.json", () => undefined);
    expect(file.stderr).toBe("");
    writeFileSync(join(folder, "gpus.json"), "{");
    expect(check(folder).stderr).toMatch(
      /^facts\/gpus\.json, the file: it cannot be read \(.*\); it must be JSON\.\n$/,
    );
  });
});
