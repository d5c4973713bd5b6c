/**
 * Reads tokenizer.json files, the format of Hugging Face's `tokenizers`. Byte-level BPE becomes a vocabulary of ours;
 * of the other kinds it is only said that they are such.
 */
import { byPatterns, gpt2, type PreTokenizer, punctuation } from "./pre-tokenizer.ts";
import { isSafePattern } from "./safe-pattern.ts";
import { byteTokens, readMerges } from "./spelled-tokens.ts";
import type { Vocabulary } from "./vocabulary.ts";

type Json = Readonly<Record<string, unknown>>;

export type TokenizerFile =
  | { readonly kind: "byte-level"; readonly vocabulary: Vocabulary }
  /** `reason` completes "it is not byte-level BPE as we do it: ". */
  | { readonly kind: "other"; readonly json: Json; readonly reason: string };

/** More ids than any vocabulary has; a wild id would be a wild allocation. */
const maxId = 4_000_000;

/** Characters of a pattern in a message. */
const longestShown = 60;

/** `id` becomes the vocabulary's. Throws an Error that says what is wrong with the text. */
export function readTokenizerJson(text: string, id: string): TokenizerFile {
  const json = asObject(parse(text));
  const model = asObject(json?.["model"]);
  if (json === null || model === null || (model["vocab"] ?? null) === null) {
    throw new Error(`it is no tokenizer.json: it has no "model" with a "vocab"`);
  }
  refuseEndless([json["normalizer"], json["pre_tokenizer"]]);
  const specials = addedTokens(json["added_tokens"]);
  const reason = reasonAgainst(json, model);
  if (reason !== null) return { kind: "other", json, reason };
  const preTokenizer = readPreTokenizer(json["pre_tokenizer"]);
  if (typeof preTokenizer === "string") return { kind: "other", json, reason: preTokenizer };
  const ids = readIds(asObject(model["vocab"]) ?? {});
  const tokens = byteTokens(ids, new Set(specials.values()));
  if (tokens === null) return { kind: "other", json, reason: "it has no token for some of the bytes" };
  const vocabulary: Vocabulary = {
    id,
    preTokenizer,
    normalizer: normalizerOf(json["normalizer"]) ?? "none",
    ...tokens,
    specials,
    merges: readMerges(model["merges"], ids, model["ignore_merges"] === true),
  };
  return { kind: "byte-level", vocabulary };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** Throws for a pattern that could keep whoever cuts text by it for ever: such a file may come with a stranger's folder. */
function refuseEndless(steps: readonly unknown[]): void {
  const open = [...steps];
  for (let step = open.pop(); step !== undefined || open.length > 0; step = open.pop()) {
    if (typeof step !== "object" || step === null) continue;
    const pattern = asObject(step)?.["Regex"];
    if (typeof pattern === "string" && !isSafePattern(pattern)) {
      const shown = pattern.length <= longestShown ? pattern : `${pattern.slice(0, longestShown)}…`;
      throw new Error(
        `its pattern ${JSON.stringify(shown)} repeats what itself repeats, or is longer than any that we know, and could take for ever`,
      );
    }
    for (const inner of Object.values(step)) open.push(inner);
  }
}

/** What our engine does not do, or `null`. */
function reasonAgainst(json: Json, model: Json): string | null {
  // Files that are older than the key have BPE when they have merges.
  const type = model["type"] ?? (Array.isArray(model["merges"]) ? "BPE" : "without a name");
  if (type !== "BPE") return `its model is ${String(type)}`;
  if (asObject(model["vocab"]) === null) return "its vocabulary is a list";
  for (const key of ["dropout", "continuing_subword_prefix", "end_of_word_suffix"]) {
    const value = model[key] ?? "";
    if (value !== "" && value !== 0) return `it has ${key}`;
  }
  if (normalizerOf(json["normalizer"]) === null) return "it normalizes text otherwise than by NFC";
  return null;
}

/** `null` for any other. */
function normalizerOf(value: unknown): Vocabulary["normalizer"] | null {
  const normalizer = asObject(value);
  if (normalizer === null) return "none";
  if (normalizer["type"] === "NFC") return "nfc";
  const inner = normalizer["type"] === "Sequence" ? normalizer["normalizers"] : null;
  if (!Array.isArray(inner)) return null;
  const found = inner.map(normalizerOf);
  return found.includes(null) ? null : found.includes("nfc") ? "nfc" : "none";
}

/** What is in its way is said as text. */
function readPreTokenizer(value: unknown): PreTokenizer | string {
  const patterns: string[] = [];
  let isByteLevel = false;
  for (const step of stepsOf(value)) {
    if (isByteLevel) return "it cuts text after it has made bytes of it";
    if (step["type"] === "ByteLevel") isByteLevel = true;
    const pattern = patternOf(step);
    if (pattern === null)
      return `its pre-tokenizer has the step ${String(step["type"])}, in a way that we do not know`;
    if (pattern !== "") patterns.push(pattern);
  }
  if (!isByteLevel) return "it does not work on bytes";
  return byPatterns(patterns) ?? "its pre-tokenizer has a pattern that JavaScript cannot say";
}

function stepsOf(value: unknown): readonly Json[] {
  const step = asObject(value);
  if (step === null) return [];
  const inner = step["type"] === "Sequence" ? step["pretokenizers"] : null;
  return Array.isArray(inner) ? inner.flatMap(stepsOf) : [step];
}

/** The pattern whose matches the step makes pieces of; empty for none, `null` for a step that does something else. */
function patternOf(step: Json): string | null {
  const isIsolated = (step["behavior"] ?? "Isolated") === "Isolated";
  switch (step["type"]) {
    case "ByteLevel":
      if (step["add_prefix_space"] === true) return null;
      return step["use_regex"] === false ? "" : gpt2;
    case "Digits":
      return step["individual_digits"] === true ? "\\p{N}" : "\\p{N}+";
    case "Punctuation":
      return isIsolated ? punctuation : step["behavior"] === "Contiguous" ? `${punctuation}+` : null;
    case "Split": {
      const pattern = asObject(step["pattern"]);
      const regex = pattern?.["Regex"];
      const text = pattern?.["String"];
      if (!isIsolated || step["invert"] === true) return null;
      if (typeof regex === "string") return regex;
      return typeof text === "string" && text !== ""
        ? text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
        : null;
    }
    default:
      return null;
  }
}

/** Text to id; all added tokens, whether special or not, are cut out of a text before anything else. */
function addedTokens(value: unknown): ReadonlyMap<string, number> {
  const specials = new Map<string, number>();
  for (const token of Array.isArray(value) ? value.map(asObject) : []) {
    const content = token?.["content"];
    const id = token?.["id"];
    if (typeof content === "string" && content !== "" && isId(id)) specials.set(content, id);
  }
  return specials;
}

function readIds(vocabulary: Json): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const [token, id] of Object.entries(vocabulary)) {
    if (!isId(id))
      throw new Error(`the id of its token ${JSON.stringify(token)} is not a number from 0 to ${maxId}`);
    ids.set(token, id);
  }
  return ids;
}

function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maxId;
}

function asObject(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
}
