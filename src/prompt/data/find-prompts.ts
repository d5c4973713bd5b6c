/** Everything in a data file that is a prompt. */
import { isPromptModule } from "../code/prompt-names.ts";
import { isInPromptFolder } from "../names.ts";
import { agentPrompt } from "./agents.ts";
import { capturedPrompt } from "./captured.ts";
import { difyPrompts } from "./dify.ts";
import { flowisePrompts } from "./flowise.ts";
import { geminiCommand } from "./gemini-commands.ts";
import { isLangChain, langChainPrompt } from "./langchain.ts";
import { langflowPrompts } from "./langflow.ts";
import { lmEvalPrompts } from "./lm-eval.ts";
import { isMessageList } from "./messages.ts";
import { n8nPrompts } from "./n8n.ts";
import type { DataNode, ListNode, MapEntry, MapNode, TextNode } from "./nodes.ts";
import { opencodePrompts } from "./opencode.ts";
import type { FoundPrompt } from "./prompt-builder.ts";
import {
  isPromptAt,
  isTestCase,
  keyKindOf,
  mayHoldPromptsBelow,
  pairedPrompt,
  type Surroundings,
  textPrompt,
} from "./prompt-keys.ts";
import { promptfooPrompts } from "./promptfoo.ts";
import { promptsourcePrompts } from "./promptsource.ts";
import { messagesPrompt, requestPrompt } from "./requests.ts";
import { rivetPrompts } from "./rivet.ts";
import { functionPrompt } from "./semantic-kernel.ts";

/** More requests in one list than anybody writes as prompts: a data set, or what was captured. */
const maxRequests = 20;

/** Files that describe something else with the same words: services, deployments, workflows. */
const otherSchemas = new Set(["openapi", "swagger", "apiVersion", "AWSTemplateFormatVersion", "jobs"]);

/** A JSON schema; files that name theirs by `$schema` have no parts of one. */
function isSchema(keys: ReadonlySet<string>): boolean {
  return keys.has("$schema") && ["properties", "definitions", "$defs"].some((key) => keys.has(key));
}

/**
 * The prompts of one document. None for files that hold something else. `mayBeCaptured` where requests of the language are
 * taken as they were sent: what people write in YAML they mean to send more than once.
 */
export function findPrompts(path: string, root: DataNode, mayBeCaptured = false): readonly FoundPrompt[] {
  const keys = new Set(root.kind === "map" ? root.entries.map(({ key }) => key) : []);
  if (isSchema(keys) || [...otherSchemas].some((key) => keys.has(key))) return [];
  const known =
    promptsourcePrompts(path, root) ??
    lmEvalPrompts(path, root) ??
    promptfooPrompts(path, root) ??
    n8nPrompts(path, root) ??
    difyPrompts(path, root) ??
    flowisePrompts(path, root) ??
    langflowPrompts(path, root) ??
    geminiCommand(path, root) ??
    opencodePrompts(path, root) ??
    rivetPrompts(path, root);
  if (known !== null) return known;
  const finder = new Finder({ path, isAmongPrompts: isFileOfPrompts(path, root) }, mayBeCaptured);
  finder.visit(root, "", "");
  return finder.found;
}

/** Its place says so, or a key near its root holds a prompt. */
function isFileOfPrompts(path: string, root: DataNode): boolean {
  if (isInPromptFolder(path) || isPromptModule(path)) return true;
  return holdsNamedPrompt(root, path, 3);
}

function holdsNamedPrompt(node: DataNode, path: string, depth: number): boolean {
  if (node.kind !== "map") return false;
  return node.entries.some(({ key, value }) =>
    value.kind === "text"
      ? keyKindOf(key) === "named" && isPromptAt(key, value, { path, isAmongPrompts: false })
      : depth > 0 && holdsNamedPrompt(value, path, depth - 1),
  );
}

type TextEntry = MapEntry & { readonly value: TextNode };

class Finder {
  readonly found: FoundPrompt[] = [];
  readonly #surroundings: Surroundings;

  readonly #mayBeCaptured: boolean;

  constructor(surroundings: Surroundings, mayBeCaptured: boolean) {
    this.#surroundings = surroundings;
    this.#mayBeCaptured = mayBeCaptured;
  }

  /** What is written at `node`; aliases are not entered: what they stand for is written elsewhere. */
  visit(node: DataNode, keyPath: string, key: string): void {
    if (node.kind === "map") this.#map(node, keyPath);
    else if (node.kind === "list") this.#list(node, keyPath, key);
  }

  #map(map: MapNode, keyPath: string): void {
    const { path } = this.#surroundings;
    const whole =
      langChainPrompt(path, keyPath, map) ??
      this.#captured(keyPath, map) ??
      requestPrompt(path, keyPath, map) ??
      functionPrompt(path, keyPath, map) ??
      agentPrompt(path, keyPath, map);
    if (whole !== null) {
      this.found.push(whole);
      return;
    }
    const isCase = isTestCase(map);
    // What is written inside of another object of LangChain is its setting, but for prompts of their own.
    const texts = isLangChain(map)
      ? []
      : map.entries.filter(
          (entry): entry is TextEntry =>
            entry.value.kind === "text" &&
            !(isCase && keyKindOf(entry.key) === "hinted") &&
            isPromptAt(entry.key, entry.value, this.#surroundings),
        );
    const pair = isLangChain(map) ? null : pairedPrompt(keyPath, map, this.#surroundings);
    const used = new Set<MapEntry>(pair?.used);
    if (pair !== null) this.found.push(pair.found);
    for (const entry of texts) {
      if (used.has(entry)) continue;
      const prompt = textPrompt(path, pathOf(keyPath, entry.key), entry.key, entry.value);
      if (prompt !== null) this.found.push(prompt);
    }
    this.#entries(map, keyPath, used);
  }

  #captured(keyPath: string, node: DataNode): FoundPrompt | null {
    if (!this.#mayBeCaptured || node.kind !== "map") return null;
    return capturedPrompt(node, { path: this.#surroundings.path, keyPath, isLine: false });
  }

  #entries(map: MapNode, keyPath: string, used: ReadonlySet<MapEntry>): void {
    for (const entry of map.entries) {
      if (used.has(entry) || !mayHoldPromptsBelow(entry.key)) continue;
      this.visit(entry.value, pathOf(keyPath, entry.key), entry.key);
    }
  }

  #list(list: ListNode, keyPath: string, key: string): void {
    const { path } = this.#surroundings;
    const chat = messagesPrompt(path, keyPath, list);
    if (chat !== null) {
      this.found.push(chat);
      return;
    }
    if (list.items.filter(isRequest).length > maxRequests) {
      for (const [index, item] of list.items.entries()) {
        const captured = this.#captured(`${keyPath}[${index}]`, item);
        if (captured !== null) this.found.push(captured);
      }
      return;
    }
    for (const [index, item] of list.items.entries()) {
      const itemPath = `${keyPath}[${index}]`;
      if (item.kind !== "text") this.visit(item, itemPath, key);
      else if (isPromptAt(key, item, this.#surroundings)) {
        const prompt = textPrompt(path, itemPath, key, item);
        if (prompt !== null) this.found.push(prompt);
      }
    }
  }
}

function isRequest(node: DataNode): boolean {
  if (node.kind === "list") return isMessageList(node);
  return node.kind === "map" && node.entries.some(({ value }) => isMessageList(value));
}

function pathOf(keyPath: string, key: string): string {
  return keyPath === "" ? key : `${keyPath}.${key}`;
}
