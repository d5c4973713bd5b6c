import { expect, test } from "vitest";
import { isSafePattern } from "../../src/tokenizers/safe-pattern.ts";

const spaces = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const prefix = String.raw`[^\r\n\p{L}\p{N}]?`;

test.each([
  ["GPT-2", String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`],
  [
    "cl100k, Llama 3",
    String.raw`${contractions}|${prefix}\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|${spaces}`,
  ],
  [
    "cl100k with possessive quantifiers",
    String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`,
  ],
  ["Qwen", String.raw`${contractions}|${prefix}\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|${spaces}`],
  [
    "o200k",
    String.raw`${prefix}${upper}*${lower}+${contractions}?|${prefix}${upper}+${lower}*${contractions}?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${spaces}`,
  ],
  [
    "Mistral tekken",
    String.raw`${prefix}${upper}*${lower}+|${prefix}${upper}+${lower}*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${spaces}`,
  ],
  ["DeepSeek, numbers", String.raw`\p{N}{1,3}`],
  ["DeepSeek, ideographs", "[一-龥぀-ゟ゠-ヿ]+"],
  [
    "DeepSeek",
    String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${"`"}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|${spaces}`,
  ],
  ["BLOOM", String.raw` ?[^(\s|[.,!?…。，、।۔،])]+`],
  ["SmolLM, digits", String.raw`\p{Nd}`],
  ["digits from the right", String.raw`(?=(\d{3})+(?!\d))`],
  ["a line", String.raw`\n`],
])("%s is accepted", (_name, pattern) => {
  expect(isSafePattern(pattern)).toBe(true);
});

test.each([
  "(a+)+$",
  "(?:a+)+",
  "(a*)*b",
  "(?:a|a)+(?:a+b)*",
  "(?:a{1,50}){2,60}",
  "([a-z]+[0-9]*)+x",
  "((?:a?){20}){20}",
  "a*a*b",
  "(?:a*a*)b",
  "a+a+a+",
  "(?:a+){3}",
  String.raw`(a+)\1`,
  String.raw`(?<x>a+)\k<x>`,
  "(a|aa)+$",
  "(?:a?b?)+c",
  "((a|a){15}){15}",
  "(?:(?:a|b)*,)*",
  "(?(1)a|b)",
  "(?R)",
  "(a",
  "a)",
  "[a",
  "*a",
  `${"(".repeat(50)}a${")".repeat(50)}`,
  "a".repeat(6000),
])("%s is refused", (pattern) => {
  expect(isSafePattern(pattern)).toBe(false);
});
