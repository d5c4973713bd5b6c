/** A hosted policy without a model takes the one that requests name, as far as they agree. */
import { expect, it } from "vitest";
import { analyze } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const call = (model: string) =>
  `import anthropic\n\ndef answer(client, question):\n    return client.messages.create(model=${model}, system="You help.", messages=[{"role": "user", "content": question}])\n`;
const sonnet = call('"claude-sonnet-4-5"');

/** What is said of the model, and the least that the provider keeps. */
function rulesOf(files: Readonly<Record<string, string>>, policy: string) {
  const { assumptions, smallestPrefixTokens } = analyze(files, { policy }, parseTools);
  const said = assumptions.find(({ id }) => id === "hosted-model")?.text ?? null;
  return [said === null ? null : /for (\S+),/.exec(said)![1], smallestPrefixTokens];
}

it.each([
  ["one", { "a.py": sonnet }, "anthropic", ["claude-sonnet-4-5", 1024]],
  ["a longer lifetime", { "a.py": sonnet }, "anthropic-1h", ["claude-sonnet-4-5", 1024]],
  [
    "a constant",
    { "a.py": `MODEL = "claude-opus-4-7"\n\n${call("MODEL")}` },
    "anthropic",
    ["claude-opus-4-7", 2048],
  ],
  [
    "a body",
    {
      "a.json": JSON.stringify({
        model: "claude-haiku-4-5",
        messages: [{ role: "user", content: "{{ question }}" }],
      }),
    },
    "anthropic",
    ["claude-haiku-4-5", 4096],
  ],
  [
    "two of the same rules",
    { "a.py": sonnet, "b.py": call('"claude-sonnet-4-6"') },
    "anthropic",
    ["claude-sonnet-4-5", 1024],
  ],
  [
    "two of different rules",
    { "a.py": sonnet, "b.py": call('"claude-haiku-4-5"') },
    "anthropic",
    [null, 4096],
  ],
  [
    "another provider's beside it",
    { "a.py": sonnet, "b.py": call('"gpt-5"') },
    "anthropic",
    ["claude-sonnet-4-5", 1024],
  ],
  ["another provider's alone", { "a.py": call('"gpt-5"') }, "anthropic", [null, 4096]],
  ["one that only a run knows", { "a.py": call("pick()") }, "anthropic", [null, 4096]],
  ["the user's own choice", { "a.py": sonnet }, "anthropic:claude-opus-4-7", [null, 2048]],
  ["a policy that is not hosted", { "a.py": sonnet }, "marconi", [null, 1]],
] as const)("%s", (_, files, policy, wanted) => {
  expect(rulesOf(files, policy)).toEqual(wanted);
});
