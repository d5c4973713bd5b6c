/**
 * A chat template that the workspace brings along: `chat_template.jinja`, or the `tokenizer_config.json` of a model, as
 * Hugging Face's libraries save them.
 */
import { findNodeAtLocation, getNodeValue, type Node, type ParseError, parseTree } from "jsonc-parser";
import type { SourceDocument } from "../format.ts";
import type { Parsed, Problem, TextRange } from "../text.ts";
import type { BuiltInChatTemplate } from "./built-in.ts";
import { ChatTemplate, type ChatTemplateSource } from "./chat-template.ts";

/** Special tokens as all published templates write them. */
const specialToken = /<\|[^|<>\s]{1,80}\|>|<｜[^｜<>\s]{1,80}｜>/g;
/** More special tokens than any model has. */
const maximumSpecials = 10_000;

/**
 * `null`, and a problem that says why, for a document that holds no template that works. A file of Jinja says nothing of
 * special tokens: those of `family` hold, and what looks like one in it. Never throws.
 */
export function parseChatTemplate(
  document: SourceDocument,
  family: BuiltInChatTemplate,
): Parsed<ChatTemplate | null> {
  const found = document.path.endsWith(".json")
    ? fromTokenizerConfig(document.text, family)
    : { source: { ...family, source: document.text }, range: firstLine(document.text) };
  if ("message" in found) return { value: null, problems: [{ ...found, severity: "error" }] };
  const { source, range } = found;
  const specials = new Set([...source.specials, ...(source.source.match(specialToken) ?? [])]);
  const compiled = ChatTemplate.compile({ ...source, specials: [...specials].slice(0, maximumSpecials) });
  const error =
    "error" in compiled
      ? compiled.error
      : compiled.template.render({ messages: [{ role: "user", content: "Hello" }], tools: [] }).error;
  if ("template" in compiled && error === undefined) return { value: compiled.template, problems: [] };
  const message = `The chat template cannot be used: ${error}. The one that ships for the model counts instead.`;
  return { value: null, problems: [{ range, severity: "error", message }] };
}

/** Where a part of the template stands in its document; the first line, or the whole text of a JSON file, for none. */
export function placeInDocument({ path, text }: SourceDocument, place: TextRange | null): TextRange {
  if (!path.endsWith(".json")) return place ?? firstLine(text);
  const root = parseTree(text);
  const node = root === undefined ? undefined : templateNode(root);
  if (node === undefined) return firstLine(text);
  if (place === null) return { start: node.offset, end: node.offset + node.length };
  const offsets = offsetsIn(text, node);
  return { start: offsets(place.start), end: offsets(place.end) };
}

/** From units of a text in JSON to where they are written: an escape is one unit. */
function offsetsIn(text: string, { offset, length }: Node): (unit: number) => number {
  const written = /\\(?:u[0-9a-fA-F]{4}|.)/y;
  return (unit) => {
    let at = offset + 1;
    for (let count = 0; count < unit && at < offset + length - 1; count++) {
      written.lastIndex = at;
      at += written.exec(text)?.[0].length ?? 1;
    }
    return at;
  };
}

type Found =
  | { readonly source: ChatTemplateSource; readonly range: TextRange }
  | Pick<Problem, "message" | "range">;

function fromTokenizerConfig(text: string, family: BuiltInChatTemplate): Found {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors);
  if (root === undefined || errors.length > 0) {
    const start = Math.min(errors[0]?.offset ?? 0, text.length);
    return {
      message: "This is not valid JSON, so that no chat template can be read from it.",
      range: { start, end: Math.min(start + 1, text.length) },
    };
  }
  const template = templateNode(root);
  const source: unknown = template === undefined ? undefined : getNodeValue(template);
  if (template === undefined || typeof source !== "string") {
    return {
      message:
        'There is no text under "chat_template" here; newer models keep it in chat_template.jinja beside this file. The template that ships for the model counts instead.',
      range: firstLine(text),
    };
  }
  return {
    source: {
      source,
      bos: tokenText(root, "bos_token") ?? family.bos,
      eos: tokenText(root, "eos_token") ?? family.eos,
      specials: addedTokens(root),
    },
    range: { start: template.offset, end: template.offset + template.length },
  };
}

/** One template, or the one that is called `default` of several. */
function templateNode(root: Node): Node | undefined {
  const node = findNodeAtLocation(root, ["chat_template"]);
  if (node?.type !== "array") return node;
  const entries = node.children ?? [];
  const usual = entries.find((entry) => valueAt(entry, ["name"]) === "default") ?? entries[0];
  return usual === undefined ? undefined : findNodeAtLocation(usual, ["template"]);
}

/** A token is given as its text, or as an object with the text in it; `null` means that there is none. */
function tokenText(root: Node, key: string): string | undefined {
  const value = valueAt(root, [key]);
  if (value === null) return "";
  const text = typeof value === "string" ? value : valueAt(root, [key, "content"]);
  return typeof text === "string" ? text : undefined;
}

function addedTokens(root: Node): readonly string[] {
  const added = findNodeAtLocation(root, ["added_tokens_decoder"]);
  const texts = (added?.children ?? []).map((property) => {
    const value = property.children?.[1];
    return value === undefined ? undefined : valueAt(value, ["content"]);
  });
  return texts.filter((text): text is string => typeof text === "string" && text !== "");
}

function valueAt(node: Node, path: string[]): unknown {
  const found = findNodeAtLocation(node, path);
  return found === undefined ? undefined : getNodeValue(found);
}

function firstLine(text: string): TextRange {
  const end = text.search(/[\r\n]/);
  return { start: 0, end: end < 0 ? text.length : end };
}
