/**
 * promptfoo: `prompts` beside `providers` or `tests`. A prompt is a Nunjucks text, a JSON chat, or a file.
 * https://www.promptfoo.dev/docs/configuration/prompts/
 */
import type { Problem } from "../text.ts";
import { readJsonData } from "./json.ts";
import { type DataNode, has, itemsOf, type MapNode, nodeWithin, type TextNode, valueAt } from "./nodes.ts";
import { contentRange, type FoundPrompt, PromptBuilder } from "./prompt-builder.ts";
import { firstValues, messagesPrompt } from "./requests.ts";

export function promptfooPrompts(path: string, root: DataNode): readonly FoundPrompt[] | null {
  if (root.kind !== "map" || !["providers", "tests", "targets"].some((key) => has(root, key))) return null;
  const prompts = valueAt(root, "prompts");
  if (prompts?.kind !== "list" && prompts?.kind !== "text") return null;
  const samples = samplesOf(root);
  return promptNodes(root).flatMap(({ item, keyPath }): readonly FoundPrompt[] => {
    const found = promptOf(path, keyPath, item);
    return found === null ? [] : [{ ...found, samples }];
  });
}

/** Values of the first test that gives one, and else of the default test. */
function samplesOf(root: MapNode): ReadonlyMap<string, string> {
  const tests = itemsOf(valueAt(root, "tests"));
  const owners = [...tests, valueAt(root, "defaultTest")];
  return firstValues(owners.flatMap((owner) => valueAt(owner, "vars") ?? []));
}

function promptOf(path: string, keyPath: string, item: DataNode): FoundPrompt | null {
  const written = item.kind === "map" ? (valueAt(item, "raw") ?? valueAt(item, "id")) : item;
  if (written?.kind === "list") return messagesPrompt(path, keyPath, written);
  if (written?.kind !== "text") return null;
  if (scripted.test(written.value.trim())) return null;
  const chat = chatOf(path, keyPath, written);
  if (chat !== null) return chat;
  const builder = new PromptBuilder(path);
  const target = fileOf(written);
  if (target === null) builder.text(written, "jinja");
  else if (target.engine !== null) builder.include(target.path, contentRange(written), target.engine);
  return builder.isEmpty ? null : { keyPath, name: null, usage: "request", prompt: builder.build() };
}

/** A list of messages that is written as JSON in a text; `null` for other texts. */
function chatOf(path: string, keyPath: string, written: TextNode): FoundPrompt | null {
  if (!written.value.trimStart().startsWith("[")) return null;
  const embedded = written.embedded();
  const { value } = readJsonData(embedded.text);
  return value === null ? null : messagesPrompt(path, keyPath, nodeWithin(value, embedded));
}

/** Files of programs, and commands: what they make is known when they run. */
const scripted = /^(?:exec:.*|(?:file:\/\/)?[\w./~@-]+\.(?:py|[cm]?[jt]s|sh|bash|rb|go|exe)(?::[\w.]+)?)$/s;

/** Says which prompts of a suite are made by programs: these are no texts, and count for nothing. */
export function scriptedPrompts(root: DataNode): readonly Problem[] {
  return promptNodes(root).flatMap(({ item }): readonly Problem[] => {
    const written = textOf(item);
    if (written === null || !scripted.test(written.value.trim())) return [];
    const message = `\`${written.value.trim().slice(0, 80)}\` names a program that makes the prompt when the suite runs, so nothing of it counts here; what the program itself writes out is found in its own file.`;
    return [{ range: contentRange(written), severity: "information", message }];
  });
}

/** The entries of `prompts`, with where they stand; none for anything but a suite. */
function promptNodes(root: DataNode): readonly { readonly item: DataNode; readonly keyPath: string }[] {
  if (root.kind !== "map" || !["providers", "tests", "targets"].some((key) => has(root, key))) return [];
  const prompts = valueAt(root, "prompts");
  if (prompts?.kind === "text") return [{ item: prompts, keyPath: "prompts" }];
  return itemsOf(prompts).map((item, index) => ({ item, keyPath: `prompts[${index}]` }));
}

function textOf(item: DataNode): TextNode | null {
  const written = item.kind === "map" ? (valueAt(item, "raw") ?? valueAt(item, "id")) : item;
  return written?.kind === "text" ? written : null;
}

interface PromptFile {
  readonly path: string;
  /** The format that reads it; `null` for scripts that make prompts, tables, and patterns of paths. */
  readonly engine: "jinja" | "json" | "yaml" | null;
}

/** The file that a prompt names; `null` for a prompt that is written in the configuration. */
function fileOf({ value }: TextNode): PromptFile | null {
  const written = value.trim();
  const named = /^file:\/\/([^:]*)/.exec(written)?.[1];
  const path = named ?? (/^[\w./-]+\.\w+$/.test(written) ? written : null);
  if (path === null) return null;
  if (/[*?[{]/.test(path)) return { path, engine: null };
  if (/\.(?:txt|md|j2|jinja2?|njk)$/i.test(path) || !/\.\w+$/.test(path)) return { path, engine: "jinja" };
  if (/\.jsonc?$/i.test(path)) return { path, engine: "json" };
  return { path, engine: /\.ya?ml$/i.test(path) ? "yaml" : null };
}
