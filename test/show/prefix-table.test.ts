/** The table without prompts says of each model and server what a report says with prompts. */
import { expect, it } from "vitest";
import { models } from "../../src/core/cost/catalogue/models.ts";
import { findGpu } from "../../src/core/cost/find.ts";
import { prefixTable } from "../../src/show/prefix-table.ts";

it("has a row per model, and the numbers of its servers", () => {
  const [head, ...lines] = prefixTable(findGpu("H100-SXM"), { tensorParallel: 2, draftTokens: 3 }).split(
    "\n",
  );
  expect(head!.split(/ +/)).toEqual(["model", "vllm", "vllm-0.28", "sglang", "llama-cpp", "tensorrt-llm"]);
  expect(lines).toHaveLength(models.length);
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
