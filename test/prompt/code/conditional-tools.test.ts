/** Tools of which code decides on the way whether they are offered. */
import { expect, test } from "vitest";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { parseTools } from "../../support/parse-tools.ts";

/** The names of the tools of the first template, and what is said of them. */
function offered(path: string, text: string) {
  const { value, problems } = parseDocument({ path, text }, parseTools);
  return {
    tools: (value[0]?.tools ?? []).map(({ name }) => name),
    problems: problems.map(({ severity, message }) => `${severity}: ${message}`),
  };
}

const porter = "You are the porter of a museum.";
const hours = 'const hours = tool({ name: "hours", description: "When the house is open.", inputSchema });\n';
const tour = 'const tour = tool({ name: "tour", description: "Books a tour.", inputSchema });\n';
const ask = (tools: string) =>
  `${hours}${tour}export const ask = async (q: string, isMember: boolean) =>\n  streamText({ model, system: "${porter}", prompt: q, tools: ${tools} });\n`;

const asMember = (condition: string) =>
  `information: The tool \`tour\` is offered as \`${condition}\` decides, and counted as always there: requests with and without share nothing, as tools stand in front of everything.`;
const unfollowed = (tools: string) =>
  `information: Tools from \`${tools}\` could not be followed: their text, number and order are not known and not counted, though they stand in front of everything. Sort them by name, unless something else keeps their order.`;

test.each([
  ["a record under a condition", "{ hours, ...(isMember && { tour }) }", [asMember("isMember")]],
  ["one of two records", "{ hours, ...(isMember ? { tour } : {}) }", [asMember("isMember")]],
  ["two records that share a tool", "isMember ? { hours, tour } : { hours }", [asMember("isMember")]],
  ["what a server tells", "{ hours, tour, ...(await files.tools()) }", [unfollowed("files.tools()")]],
  ["a list under a condition", "[hours, ...(isMember ? [tour] : [])]", [asMember("isMember")]],
])("TypeScript: %s", (_, tools, problems) => {
  expect(offered("a.ts", ask(tools))).toEqual({ tools: ["hours", "tour"], problems });
});

const inserted =
  "They come in the order in which they were put in: keep that one, also where they are loaded at the same time.";

test.each([
  ["the values of a Map", "a.ts", ask("[...registry.values()]"), inserted],
  ["the values of an object", "a.ts", ask("Object.values(registry)"), inserted],
  [
    "the values of a dictionary",
    "a.py",
    `def ask(q, registry):\n    tools = list(registry.values())\n    return client.messages.create(model="m", system="${porter}", messages=q, tools=tools)\n`,
    inserted,
  ],
  [
    "what somebody gives",
    "a.ts",
    ask("given"),
    "Sort them by name, unless something else keeps their order.",
  ],
])("the order of tools: %s", (_, path, code, advice) => {
  const [problem, ...others] = offered(path, code).problems;
  expect(problem).toContain(advice);
  expect(others).toEqual([]);
});

const functions =
  'def hours():\n    """When the house is open."""\n\ndef tour(name: str):\n    """Books a tour."""\n\n';
const create = `messages=[{"role": "system", "content": "${porter}"}, {"role": "user", "content": q}]`;

test.each([
  [
    "what is appended under a condition",
    `def ask(q, member):\n    tools = [hours]\n    if member:\n        tools.append(tour)\n    return client.chat.completions.create(model="m", ${create}, tools=tools)\n`,
    [asMember("member")],
  ],
  [
    "an entry that the arguments get afterwards",
    `def ask(q):\n    params = dict(model="m", ${create})\n    params["tools"] = [hours, tour]\n    return client.chat.completions.create(**params)\n`,
    [],
  ],
  [
    "an entry that takes the place of another",
    `def ask(q):\n    params = {"model": "m", "tools": [], ${create.replace("messages=", '"messages": ')}}\n    params["tools"] = [hours, tour]\n    return client.chat.completions.create(**params)\n`,
    [],
  ],
  [
    "an entry that they get under a condition",
    `def ask(q, member):\n    tools = [hours, tour]\n    params = dict(model="m", ${create})\n    if member:\n        params["tools"] = tools\n    return client.chat.completions.create(**params)\n`,
    [asMember("member").replace("tool `tour` is", "tools `hours`, `tour` are")],
  ],
])("Python: %s", (_, code, problems) => {
  expect(offered("a.py", functions + code)).toEqual({ tools: ["hours", "tour"], problems });
});

test("TypeScript: an entry that the tools get afterwards", () => {
  const code = `${hours}${tour}export const ask = (q: string, isMember: boolean) => {\n  const tools = { hours };\n  if (isMember) tools.tour = tour;\n  return streamText({ model, system: "${porter}", prompt: q, tools });\n};\n`;
  expect(offered("a.ts", code)).toEqual({ tools: ["hours", "tour"], problems: [asMember("isMember")] });
});

test("an entry that a record gets behind the call is none of it", () => {
  const code = `def ask(q):\n    params = dict(model="m", ${create})\n    client.chat.completions.create(**params)\n    params["tools"] = [hours, tour]\n`;
  expect(offered("a.py", functions + code)).toEqual({ tools: [], problems: [] });
});
