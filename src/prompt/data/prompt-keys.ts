/**
 * Prompts at keys of any data file: registries, configurations of agents, settings of applications.
 * A key must say it, or the file must be one of prompts; and the value must be something that could be said to a model.
 */
import { countWords, isPromptName, isProse, usageOfName } from "../code/prompt-names.ts";
import { splitWords } from "../names.ts";
import type { Role, Template } from "../template.ts";
import { type MapEntry, type MapNode, stringAt, type TextNode } from "./nodes.ts";
import { type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";

/** Words that a text must have: at a key that says what it is; at one that may; at any other in a file of prompts. */
const fewestWords = { named: 3, hinted: 8, hintedWithPlaces: 5, part: 8, partWithPlaces: 2 } as const;

/** Keys that often hold prompts, and often something else. */
const hintKeys = new Set([
  "prompt",
  "template",
  "instruction",
  "instructions",
  "system",
  "persona",
  "preamble",
]);

/** What an instruction to a model sounds like. */
const addressesModel =
  /^\s*(?:answer (?:the|this|these|in|as|with|only|all|any|each)|respond|reply|summari[sz]e|classify|translate|write|generate|extract)\b|\b(?:you are|you're|your (?:task|job|role|goal)|act as|assistant|language model|the user|given the)\b/i;

/** Places for values, in any of the engines; Go's (`{{ .Name }}`) are for machines. */
const places = /\{\{[-~]?\s*(?:[#^>]\s*)?[\w$]|\{%|\{[a-z_]+\}/i;

/** Keys whose values are about something, or are for machines and people. */
const otherKeys = new Set(
  (
    "description summary comment comments note notes help title label name author license reference metadata changelog " +
    "doc docs documentation usage example run script command commands cmd code query sql install regex pattern " +
    "assert value about readme copyright"
  ).split(" "),
);

/** Keys under which stands what was said, or what shall come out: no prompts of the file's author. */
const resultKeys = new Set(
  (
    "expect expects expected want output outputs result results response responses completion completions test tests " +
    "data dataset samples fixtures choices logs trace traces history transcript"
  ).split(" "),
);

/** Whether what stands at a key may hold prompts of the file's author. */
export function mayHoldPromptsBelow(key: string): boolean {
  return !resultKeys.has(key.toLowerCase());
}

/** How an entry speaks of a prompt: by its own name, perhaps, or not at all. */
export type KeyKind = "named" | "hinted" | "silent";

export function keyKindOf(key: string): KeyKind {
  const words = splitWords(key);
  const name = words.join(" ");
  if (hintKeys.has(name)) return "hinted";
  if (/^(?:system|user|instance|human) template$|(?:^| )prompt template$/.test(name)) return "named";
  if (!isPromptName(key)) return "silent";
  // Instructions are written for people too, in forms and guides; an agent's, or a system's, are not.
  const isForPeople =
    /\binstructions?\b/.test(name) && !/\b(?:system|agent|assistant|prompt|tone|model)\b/.test(name);
  return isForPeople ? "hinted" : "named";
}

/** What is known of the file that a value stands in. */
export interface Surroundings {
  readonly path: string;
  /** Whether the file is one of prompts: its place says so, or another of its keys. */
  readonly isAmongPrompts: boolean;
}

/** True for a case of a test suite: its template is what the suite tests, and seldom a prompt. */
export function isTestCase(map: MapNode): boolean {
  return map.entries.some(({ key }) => /^(?:tests|expect|expected)$/.test(key));
}

export function isPromptAt(key: string, text: TextNode, { isAmongPrompts }: Surroundings): boolean {
  const { value } = text;
  if (looksLikeReference(value)) return false;
  const kind = keyKindOf(key);
  if (kind === "named") return isProse(value, fewestWords.named);
  const hasPlaces = places.test(value);
  if (kind === "hinted") {
    const isAddressed = hasPlaces || isAmongPrompts || addressesModel.test(value);
    return isAddressed && isProse(value, hasPlaces ? fewestWords.hintedWithPlaces : fewestWords.hinted);
  }
  const name = key.toLowerCase();
  if (!isAmongPrompts || otherKeys.has(name) || resultKeys.has(name)) return false;
  // What is put together of short parts has places in them.
  return isProse(value, hasPlaces ? fewestWords.partWithPlaces : fewestWords.part);
}

/** A path, a link, or a name of something: no text. */
function looksLikeReference(value: string): boolean {
  return !/\s/.test(value.trim());
}

const senders: readonly (readonly [RegExp, Role])[] = [
  [/^(?:system|developer)(?: (?:prompt|message|template|instructions?|content))?$/, "system"],
  [/^(?:user|human|instance)(?: (?:prompt|message|template|content))?$/, "user"],
];

function senderOf({ key }: MapEntry): Role | null {
  const name = splitWords(key).join(" ");
  return senders.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

/** A system prompt and a user's message side by side are one request. `null` where a map has not just one of each. */
export function pairedPrompt(
  keyPath: string,
  map: MapNode,
  surroundings: Surroundings,
): { readonly found: FoundPrompt; readonly used: readonly MapEntry[] } | null {
  const bySender = (role: Role) => map.entries.filter((entry) => senderOf(entry) === role);
  const [[system, ...systems], [user, ...users]] = [bySender("system"), bySender("user")];
  if (system?.value.kind !== "text" || user?.value.kind !== "text") return null;
  if (systems.length + users.length > 0 || !isPromptAt(system.key, system.value, surroundings)) return null;
  // The user's message may be nothing but a place for it.
  if (looksLikeReference(user.value.value) && !/\{\w*\}|\{\{/.test(user.value.value)) return null;
  const builder = new PromptBuilder(surroundings.path);
  for (const { key, keyRange, value } of [system, user]) {
    const role = key === system.key ? "system" : "user";
    builder.marker(role, { start: keyRange.start, end: Math.max(keyRange.start, value.range.start) });
    if (value.kind === "text") builder.text(value);
  }
  const name = stringAt(map, "name");
  return { found: { keyPath, name, usage: "request", prompt: builder.build() }, used: [system, user] };
}

/** A text among prompts that is shorter than this is put into others, where its key says nothing else. */
const fewestWordsAlone = 60;
const partWords = /\b(?:next step|demonstration|observation|errors?|report|retry|tools|slices)\b/;

/** How a text at a key is used. What only stands among prompts is mostly a part of one that code puts together. */
function usageOf(keyPath: string, key: string, text: string): Template["usage"] {
  if (keyKindOf(key) !== "silent") return usageOfName(key);
  const isPart = partWords.test(splitWords(keyPath).join(" ")) || countWords(text) < fewestWordsAlone;
  return isPart ? "partial" : usageOfName(key);
}

export function textPrompt(path: string, keyPath: string, key: string, text: TextNode): FoundPrompt | null {
  const builder = new PromptBuilder(path);
  builder.text(text);
  if (builder.isEmpty) return null;
  return { keyPath, name: null, usage: usageOf(keyPath, key, text.value), prompt: builder.build() };
}
