/** The components of POML by name, as `elementName` gives it. https://microsoft.github.io/poml/latest/language/components/ */
import type { Role } from "../template.ts";

const set = (list: string): ReadonlySet<string> => new Set(list.split(" "));

/** Settings and definitions: nothing of them is part of the text. */
export const silent = set(
  "stylesheet style context outputschema responseschema tooldefinition tooldef tool runtime meta template",
);

export const inline = set("b bold i italic s strike u underline span text code obj object");

/** What stands around the text of an inline element in Markdown. */
export const wrapped: Readonly<Record<string, string>> = {
  b: "**",
  bold: "**",
  i: "*",
  italic: "*",
  s: "~~",
  strike: "~~",
  code: "`",
};

/** Headings of the components that have one. */
export const captions: Readonly<Record<string, string>> = {
  role: "Role",
  task: "Task",
  outputformat: "Output Format",
  stepwiseinstructions: "Stepwise Instructions",
  examples: "Examples",
  exampleset: "Examples",
};

/** Components whose name stands before their text. */
export const leads: Readonly<Record<string, string>> = {
  hint: "Hint",
  question: "Question",
  qa: "QUESTION",
};

export const roles: Readonly<Record<string, Role>> = {
  systemmsg: "system",
  systemmessage: "system",
  humanmsg: "user",
  humanmessage: "user",
  usermsg: "user",
  usermessage: "user",
  aimsg: "assistant",
  aimessage: "assistant",
  toolmsg: "tool",
};

/** By `speaker`. */
export const speakers: Readonly<Record<string, Role>> = {
  system: "system",
  human: "user",
  ai: "assistant",
  tool: "tool",
};

/** What is read from another place and shown in a form of its own. */
export const sources = set("document table img image folder webpage audio video object obj");
