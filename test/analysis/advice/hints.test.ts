/** checkpoint-hints.json: positions, hashes, and what they are worth. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HintsInput, hintSteps, littleEndian } from "../../../src/analysis/advice/hints.ts";
import { policyText } from "../../support/analyze.ts";
import { prepareAdvice } from "./prepare.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../schemas/checkpoint-hints.schema.json"), "utf8"),
);

const files = {
  "prompts/support.j2": `You are the assistant.\n${policyText(40)}\nCustomer: {{ customer_name }}\n{{ question }}`,
  "prompts/plain.j2": `${policyText(30, " of the house")}`,
  "prompts/dated.j2": "{{ now }}\nAnswer.",
  "promptcache.json": JSON.stringify({
    workload: { tenants: 2 },
    holes: { customer_name: { scope: "tenant" }, question: { scope: "request" } },
  }),
};

function hintsOf(documents: Readonly<Record<string, string>>, settings = {}) {
  const prepared = prepareAdvice(documents, settings);
  const input: HintsInput = { ...prepared, chatTemplate: "as the model's" };
  const steps = hintSteps(input);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return { prepared, hints: step.value };
}

describe("checkpoint hints", () => {
  const { prepared, hints } = hintsOf(files);

  test("fit their schema", () => {
    const validate = new Ajv({ strict: true }).compile(schema);
    validate(hints);
    expect(validate.errors).toBeNull();
  });

  test("say for each template where its parts end", () => {
    const scopes = hints.templates.map(({ id, positions }) => [id, positions.map(({ scope }) => scope)]);
    // A prompt that begins with a clock shares what the chat template writes in front of it.
    expect(scopes).toEqual([
      ["prompts/dated.j2", ["all"]],
      ["prompts/plain.j2", ["all"]],
      ["prompts/support.j2", ["all", "tenant"]],
    ]);
  });

  test("the hash is that of every request up to the position", () => {
    for (const [index, { id, positions }] of hints.templates.entries()) {
      const template = prepared.templates.findIndex((each) => each.id === id);
      const all = positions.find(({ scope }) => scope === "all");
      if (all?.scope !== "all") throw new Error(`template ${index} has no shared position`);
      const own = prepared.workload.requests.filter(
        (_, row) => prepared.workload.templateOf[row] === template,
      );
      expect(own.length).toBeGreaterThan(1);
      for (const { promptTokens } of own) {
        expect(sha256(littleEndian(promptTokens.subarray(0, all.tokens)))).toBe(all.sha256);
      }
    }
  });

  test("a tenant's part has as many prefixes as there are tenants", () => {
    const support = hints.templates.find(({ id }) => id === "prompts/support.j2");
    const tenant = support?.positions.find(({ scope }) => scope === "tenant");
    expect(tenant).toMatchObject({ prefixes: 2, requests: support?.requests });
    const text = files["prompts/support.j2"];
    // Behind the value: the line break in front of the question changes with nothing, the question with the call.
    expect(tenant?.source).toEqual({ path: "prompts/support.j2", offset: text.indexOf("{{ question") });
  });

  test("tell what they are worth, and by which policy", () => {
    const { worth, templates } = hints;
    expect(worth).toMatchObject({ policy: "marconi", policyWithHints: "marconi+template" });
    expect(worth.reusedTokensWithHints).toBeGreaterThan(worth.reusedTokens);
    expect(worth.ttftSecondsMeanWithHints).toBeLessThan(worth.ttftSecondsMean);
    for (const key of ["requests", "promptTokens", "reusedTokens", "reusedTokensWithHints"] as const) {
      expect(templates.reduce((sum, template) => sum + template[key], 0)).toBe(worth[key]);
    }
  });

  test.each([
    ["density", "density"],
    ["density+template", "density"],
    ["vllm", "marconi"],
  ])("with the policy %s it is %s that is told", (policy, plain) => {
    expect(hintsOf(files, { policy }).hints.worth).toMatchObject({
      policy: plain,
      policyWithHints: `${plain}+template`,
    });
  });

  test("are the same bytes again", () => {
    expect(JSON.stringify(hintsOf(files).hints)).toBe(JSON.stringify(hints));
  });

  test("a workspace without prompts has none", () => {
    const { templates, worth } = hintsOf({}).hints;
    expect(templates).toEqual([]);
    expect(worth).toMatchObject({ requests: 0, promptTokens: 0, ttftSecondsMean: 0 });
  });
});

test("ids are hashed as little-endian 32-bit integers", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 })), (ids) => {
      const expected = Buffer.alloc(4 * ids.length);
      for (const [index, id] of ids.entries()) expected.writeInt32LE(id, 4 * index);
      expect(Buffer.from(littleEndian(Int32Array.from(ids)))).toEqual(expected);
    }),
  );
});
