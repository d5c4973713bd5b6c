/** What looks like a prompt, and is for screens, people and databases. */
import { describe, expect, test } from "vitest";
import { said } from "../../support/say-template.ts";

/** A file that speaks of prompts, so that it is read, and holds one. */
const porter = {
  "a.ts": 'const systemPrompt = "Be the porter of a museum.";\n',
  "a.py": 'SYSTEM_PROMPT = "Be the porter of a museum."\n',
};
const only = ["instructions: Be the porter of a museum."];

describe("is no prompt", () => {
  test.each<[string, string, string]>([
    [
      "a menu with roles of ARIA",
      "a.ts",
      'const items = [{ role: "menuitem", content: "Open the file of the user in a window" }, { role: "menuitem", content: "Close the file again" }];',
    ],
    [
      "a dialog",
      "a.ts",
      'const shown = { role: "dialog", content: "Are you ready to leave this page now?" };',
    ],
    [
      "rights of users",
      "a.py",
      'USERS = [{"role": "admin", "content": "All pages of the house are shown."}, {"role": "user", "content": "Only the first page is shown."}]\n',
    ],
    [
      "turns between people",
      "a.ts",
      'const turns = [{ role: "agent", content: "How can I help you today?" }, { role: "customer", content: "I want to send back my order." }];',
    ],
    [
      "what a database is given",
      "a.ts",
      'await prisma.user.create({ data: { role: "user", content: "Ada likes museums very much." } });\nawait db.insert(users).values([{ role: "user", content: "Ada likes all museums of the town." }]);\nawait prisma.recipe.create({ data: { instructions: "You heat the oven, and bake the cake." } });',
    ],
    [
      "what a database is given in Python",
      "a.py",
      'Recipe.objects.create(name="Cake", instructions="Heat the oven and bake the cake for an hour.")\n',
    ],
    [
      "an error",
      "a.ts",
      'const errors = { system: "You have no right to see this page.", user: "You are not logged in." };',
    ],
    [
      "an error in another object",
      "a.ts",
      'const texts = { errors: { system: "You should try this later." } };',
    ],
    ["an error in Python", "a.py", 'errors = {"system": "You have no right to see this page."}\n'],
    ["a recipe", "a.ts", 'const recipe = { instructions: "Once you have heated the oven, bake the cake." };'],
    [
      "a recipe in Python",
      "a.py",
      'recipe = {"instructions": "Once you have heated the oven, bake the cake."}\n',
    ],
    [
      "a product",
      "a.ts",
      'const product = { description: "You are the owner of the best bicycle of the town." };',
    ],
  ])("%s", (_, path, code) => {
    expect(said(path, `${porter[path as keyof typeof porter]}${code}`)).toEqual(only);
  });

  test("a text of a page in some language", () => {
    const code =
      'export default { systemPrompt: "Be the porter of a museum.", instructions: "You can drag files here to upload them." };';
    expect(said("i18n/en.ts", code)).toEqual(only);
  });
});

describe("is a prompt all the same", () => {
  test.each<[string, string, string, string]>([
    [
      "with a role that only a run knows",
      "a.ts",
      'const m = [{ role: "system", content: "Be the porter." }, { role: roleOf(x), content: "Answer in one sentence please." }];',
      "request: <system>Be the porter.<user>Answer in one sentence please.",
    ],
    [
      "with other names of the roles",
      "a.ts",
      'const m = [{ role: "Human", content: "Where is the exit of the house?" }, { role: "model", content: "Behind you." }];',
      "request: <user>Where is the exit of the house?<assistant>Behind you.",
    ],
    [
      "that a list of messages gets in front",
      "a.py",
      'messages.insert(0, {"role": "system", "content": "Answer in one sentence please."})\n',
      "partial: <system>Answer in one sentence please.",
    ],
    [
      "in an object of an agent",
      "a.ts",
      'export const agent = { name: "porter", instructions: "You answer in one sentence." };',
      "instructions: You answer in one sentence.",
    ],
  ])("%s", (_, path, code, expected) => {
    expect(said(path, `${porter[path as keyof typeof porter]}${code}`)).toEqual([...only, expected]);
  });
});
