/** The table without prompts says of each model and server what a report says with prompts. */
import { expect, it } from "vitest";
import { models } from "../../src/core/cost/catalogue/models.ts";
import { findGpu, findModel } from "../../src/core/cost/find.ts";
import { findPolicy } from "../../src/core/policies/registry.ts";
import { prefixTable } from "../../src/show/prefix-table.ts";

it("has a row per model, and the numbers of its servers", () => {
  const [head, ...lines] = prefixTable(findGpu("H100-SXM"), { tensorParallel: 2, draftTokens: 3 }).split(
    "\n",
  );
  expect(head!.split(/ +/)).toEqual(["model", "vllm", "vllm-0.28", "sglang", "llama-cpp", "tensorrt-llm"]);
  const notes = lines.filter((line) => line.startsWith("The policy"));
  expect(notes.map((note) => /policy ([\w-]+)/.exec(note)![1])).toEqual([
    "sglang",
    "llama-cpp",
    "tensorrt-llm",
  ]);
  expect(lines).toHaveLength(models.length + 1 + notes.length);
  const cellsOf = (id: string) =>
    lines
      .find((line) => line.startsWith(`${id} `))!
      .split(/ +/)
      .slice(1);
  // Draft tokens widen the block of 784 to 800, and a hit gives up its last one.
  expect(cellsOf("Qwen/Qwen3.5-27B").slice(0, 2)).toEqual(["1,600", "1,600"]);
  expect(cellsOf("meta-llama/Llama-3.1-8B-Instruct")).toEqual(["32", "32", "1", "8", "32"]);
  const split = prefixTable(findGpu("H100-SXM"), { tensorParallel: 5 });
  expect(split).toMatch(/^meta-llama\/Llama-3.1-8B-Instruct( +×){5}$/m);
});

it("is of one policy and one model, where those are named", () => {
  const choice = { policies: [findPolicy("vllm-draft")!], models: [findModel("Qwen/Qwen3.5-27B")] };
  const [head, row, , note, ...none] = prefixTable(findGpu("H100-SXM"), {}, choice).split("\n");
  expect(head).toMatch(/^model +vllm-draft$/);
  expect(row).toMatch(/^Qwen\/Qwen3.5-27B +1,600$/);
  expect(note).toMatch(/runs with 3 draft tokens, and 0 counts as none given/);
  expect(none).toEqual([]);
});
