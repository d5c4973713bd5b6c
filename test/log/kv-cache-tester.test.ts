import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isKvCacheTester, readKvCacheTester } from "../../src/log/kv-cache-tester.ts";

const folder = join(import.meta.dirname, "../../../shared/traces/kv-cache-tester");
const missing = existsSync(folder) ? null : "the shared traces are not here";
if (missing !== null) console.log(`Recorded conversations are left out: ${missing}.`);

const call = (fields: object) => ({
  t: 0,
  type: "n",
  model: "m",
  in: 8,
  out: 4,
  hash_ids: [1, 2],
  ...fields,
});
const file = (fields: object) =>
  JSON.stringify({
    block_size: 4,
    hash_id_scope: "local",
    tool_tokens: 4,
    system_tokens: 4,
    requests: [],
    ...fields,
  });

describe("one conversation", () => {
  test("the answer is what the next call sends back of it", () => {
    const requests = [
      call({}),
      call({ t: 5, in: 17, out: 2, hash_ids: [1, 2, 3, 4] }),
      call({ t: 9, in: 8, hash_ids: [1, 9] }),
    ];
    const { calls } = readKvCacheTester(file({ requests }));
    expect(calls.map(({ blocks, inputBlocks }) => [[...blocks], inputBlocks])).toEqual([
      [[1, 2, 3], 2],
      [[1, 2, 3, 4], 4],
      [[1, 9], 2],
    ]);
  });

  test("an agent that it started has its own clock; one of another model is left out", () => {
    const nested = (model: string) => ({ t: 100, type: "subagent", requests: [call({ t: 1, model })] });
    const { calls, omittedCalls } = readKvCacheTester(
      file({ requests: [call({}), nested("m"), nested("other"), call({ t: 50 })] }),
    );
    expect(calls.map(({ arrivalSeconds }) => arrivalSeconds)).toEqual([0, 50, 101]);
    expect(omittedCalls).toBe(1);
  });
});

describe("what is no such file", () => {
  test.each([
    ["{", "The file is no JSON: "],
    ["[]", '"block_size" of the file is no number of 0 or more.'],
    [file({ block_size: 0 }), '"block_size" is 0; give 1 or more.'],
    [file({ requests: [3] }), '"requests" of the file is no list of objects.'],
    [file({ requests: [call({ hash_ids: ["a"] })] }), '"hash_ids" of request 0 is no list of ids.'],
    [file({ requests: [call({ t: -1 })] }), '"t" of request 0 is no number of 0 or more.'],
    [
      file({ requests: [call({ in: 80 })] }),
      "80 tokens hold 20 whole blocks, and the call at 0 s has 2 ids.",
    ],
    [
      file({ requests: [{ t: 0, type: "subagent", requests: [call({ out: null })] }] }),
      '"out" of request 0, call 0 is no number of 0 or more.',
    ],
  ])("%s", (text, message) => {
    expect(() => readKvCacheTester(text)).toThrow(message);
  });
});

describe.skipIf(missing !== null)("recorded conversations", () => {
  test("are all read, and in nearly all calls the next one goes on", () => {
    const conversations = readdirSync(folder).map((name) => {
      const text = readFileSync(join(folder, name), "utf8");
      expect(isKvCacheTester(text), name).toBe(true);
      return readKvCacheTester(text);
    });
    const calls = conversations.flatMap((conversation) => conversation.calls);
    expect(calls.length).toBe(252);
    expect(conversations.reduce((sum, { omittedCalls }) => sum + omittedCalls, 0)).toBe(36);
    const known = calls.filter(({ blocks, inputBlocks }) => blocks.length > inputBlocks);
    expect(known.length / calls.length).toBeGreaterThan(0.7);
    for (const { toolTokens } of conversations) expect(toolTokens).toBeGreaterThan(10_000);
  });
});
