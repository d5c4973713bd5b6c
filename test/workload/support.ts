/** Templates by hand, and a tokenizer that needs no vocabulary. */

import type { Config } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { ChatTemplate } from "../../src/prompt/chat/chat-template.ts";
import { firstAddedId } from "../../src/prompt/chat/encoder.ts";
import type { Role, Scope, Segment, Template } from "../../src/prompt/template.ts";
import type { Tokenizer } from "../../src/tokenizers/tokenizer.ts";
import type { Workload } from "../../src/workload/workload.ts";

type Part = Segment | string;

/** A word with the space before it, or one other character, is a token; ids are hashes. */
export const wordTokenizer: Tokenizer = {
  vocabulary: "words",
  specials: new Map(),
  encode: (text) => Int32Array.from(wordsOf(text), idOf),
  encodeWithEnds(text) {
    let end = 0;
    const found = wordsOf(text);
    return {
      ids: Int32Array.from(found, idOf),
      ends: Int32Array.from(found, (word) => {
        end += word.length;
        return end;
      }),
    };
  },
  count: (text) => wordsOf(text).length,
  stableCount: (text) => Math.max(0, wordsOf(text).length - 1),
};

/** Every character is two tokens, so that one of them always starts inside a character. */
export const halfCharacterTokenizer: Tokenizer = {
  ...wordTokenizer,
  encodeWithEnds(text) {
    const units = Array.from({ length: 2 * text.length }, (_, half) => half >> 1);
    return {
      ids: Int32Array.from(units, (index, position) => text.charCodeAt(index) * 2 + (position % 2)),
      ends: Int32Array.from(units, (index) => index + 1),
    };
  },
};

function wordsOf(text: string): readonly string[] {
  return text.match(/ ?[\p{L}\p{N}]+|[\s\S]/gu) ?? [];
}

function idOf(word: string): number {
  let hash = 7;
  for (const unit of word) hash = (Math.imul(hash, 31) + unit.codePointAt(0)!) | 0;
  return hash & 0x7fffffff;
}

/** Markers that are one token each around every message, as in a chat template. */
export const chatTemplate: ChatTemplate = (() => {
  const compiled = ChatTemplate.compile({
    source: `{%- for message in messages %}{{ '<' + message.role + '>' + message.content + '<end>' }}{% endfor %}{{ '<assistant>' }}`,
    bos: "",
    eos: "<end>",
    specials: ["<system>", "<user>", "<assistant>", "<end>"],
  });
  if ("error" in compiled) throw new Error(compiled.error);
  return compiled.template;
})();

/** Lays the parts out as a document, so that every segment has a range of its own. */
export function template(
  path: string,
  parts: readonly Part[],
  more: Partial<Pick<Template, "usage" | "samples">> = {},
): Template {
  const layout = { offset: 0 };
  const segments = parts.map((part) => placed(part, layout));
  return {
    id: path,
    path,
    format: "test",
    name: path,
    range: { start: 0, end: layout.offset },
    usage: more.usage ?? "request",
    segments,
    samples: more.samples ?? new Map(),
  };
}

export function hole(name: string, scope: Scope, form: "variable" | "history" = "variable"): Segment {
  const claim = { scope, basis: "inferred" as const, reason: "a test says so" };
  return { kind: "hole", range: { start: 0, end: 0 }, form, name, expression: name, scope: claim };
}

export function marker(role: Role): Segment {
  return { kind: "marker", range: { start: 0, end: 0 }, role };
}

export function loop(
  name: string,
  scope: Scope,
  body: readonly Part[],
  more: { readonly item?: string | null; readonly isHistory?: boolean } = {},
): Segment {
  const { item = "item", isHistory = false } = more;
  return block("loop", name, name, scope, body, [], item, isHistory);
}

export function when(
  expression: string,
  scope: Scope,
  body: readonly Part[],
  otherwise: readonly Part[] = [],
): Segment {
  const name = /[\w.@]+/.exec(expression)?.[0] ?? expression;
  return block("conditional", name, expression, scope, body, otherwise, null, false);
}

export function include(target: string, resolved: Template | null): Segment {
  return {
    kind: "include",
    range: { start: 0, end: 0 },
    target,
    resolved: resolved === null ? null : { path: resolved.path, segments: resolved.segments },
  };
}

export function configOf(value: object): Config {
  return parseConfig({ path: "promptcache.json", text: JSON.stringify(value) }).value;
}

/** The prompts as text without markers, by template and then by session and turn. */
export function promptTexts(workload: Workload, tokens: ReadonlyMap<number, string>): readonly string[] {
  return workload.requests.map((request) =>
    [...request.promptTokens]
      .map((id) => tokens.get(id) ?? (id < firstAddedId + chatTemplate.specials.length ? "" : "?"))
      .join(""),
  );
}

/** A tokenizer that remembers the text of its ids, so that tests can read prompts. */
export function readableTokenizer(): { readonly tokenizer: Tokenizer; readonly words: Map<number, string> } {
  const words = new Map<number, string>();
  const remember = (text: string) => {
    for (const word of wordsOf(text)) words.set(idOf(word), word);
  };
  const tokenizer: Tokenizer = {
    ...wordTokenizer,
    encode(text) {
      remember(text);
      return wordTokenizer.encode(text);
    },
    encodeWithEnds(text) {
      remember(text);
      return wordTokenizer.encodeWithEnds(text);
    },
  };
  return { tokenizer, words };
}

function block(
  form: "conditional" | "loop",
  name: string,
  expression: string,
  scope: Scope,
  body: readonly Part[],
  otherwise: readonly Part[],
  item: string | null,
  isHistory: boolean,
): Segment {
  // Ranges are given when the block is placed in a template.
  const layout = { offset: 0 };
  return {
    kind: "block",
    range: { start: 0, end: 0 },
    form,
    name,
    expression,
    scope: { scope, basis: "inferred", reason: "a test says so" },
    body: body.map((part) => placed(part, layout)),
    otherwise: otherwise.map((part) => placed(part, layout)),
    item,
    isHistory,
  };
}

function placed(part: Part, layout: { offset: number }): Segment {
  const start = layout.offset;
  if (typeof part === "string") {
    layout.offset += part.length;
    return { kind: "text", range: { start, end: layout.offset }, text: part };
  }
  layout.offset += 1;
  if (part.kind === "block") {
    const body = part.body.map((segment) => placed(segment.kind === "text" ? segment.text : segment, layout));
    const otherwise = part.otherwise.map((segment) =>
      placed(segment.kind === "text" ? segment.text : segment, layout),
    );
    layout.offset += 1;
    return { ...part, range: { start, end: layout.offset }, body, otherwise };
  }
  layout.offset += 8;
  return { ...part, range: { start, end: layout.offset } };
}
