/** Speed of our tokenizers beside js-tiktoken and gpt-tokenizer, on the same text in the same run: `npx tsx test/bench/tokenizers.ts`. */
import { pathToFileURL } from "node:url";
import { encode as gptCl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { encode as gptO200k } from "gpt-tokenizer/encoding/o200k_base";
import { Tiktoken } from "js-tiktoken/lite";
import cl100kRanks from "js-tiktoken/ranks/cl100k_base";
import o200kRanks from "js-tiktoken/ranks/o200k_base";
import { type BpeTokenizer, createTokenizer } from "../../src/tokenizers/byte-level-bpe.ts";
import { cacheBlocks } from "../../src/tokenizers/caching-tokenizer.ts";
import { TokenizedDocument, tokenizeBlocks } from "../../src/tokenizers/tokenized-document.ts";
import { loadVocabulary } from "../../src/tokenizers/vocabulary.ts";
import { adversarialTexts } from "../tokenizers/adversarial.ts";
import { corpora, vocabularyBytes, vocabularyIds } from "../tokenizers/vocabularies.ts";
import { type BenchRow, benchRow, formatRows } from "./row.ts";

/** Text of special tokens is ordinary text, as in ours. */
const asText = { disallowedSpecial: new Set<string>() };
const gptTokenizer: Readonly<Record<string, (text: string) => number>> = {
  cl100k: (text) => gptCl100k(text, asText).length,
  o200k: (text) => gptO200k(text, asText).length,
};
const ranksOf = { cl100k: cl100kRanks, o200k: o200kRanks, qwen3: null, deepseek3: null };
const warmRounds = 5;

export async function bench(): Promise<BenchRow[]> {
  const texts = benchTexts();
  return vocabularyIds.flatMap((id) => [...speed(id, texts), ...worstCases(id), ...edits(id, texts)]);
}

function speed(id: (typeof vocabularyIds)[number], texts: readonly string[]): BenchRow[] {
  const bytes = vocabularyBytes(id);
  const ranks = ranksOf[id];
  const load = timed(() => createTokenizer(loadVocabulary(bytes)));
  const referenceLoad = ranks === null ? null : timed(() => new Tiktoken(ranks));
  const ours = rates(texts, (text) => load.value.encode(text).length);
  const reference =
    referenceLoad === null ? null : rates(texts, (text) => referenceLoad.value.encode(text, [], []).length);
  const gptCount = gptTokenizer[id];
  const gpt = gptCount === undefined ? null : rates(texts, gptCount);
  return [
    benchRow(`${id}: load`, "ms", load.milliseconds, referenceLoad?.milliseconds ?? null),
    benchRow(`${id}: first pass, js-tiktoken`, "M tokens/s", ours.cold, reference?.cold ?? null),
    benchRow(`${id}: first pass, js-tiktoken`, "MB/s", ours.coldBytes, reference?.coldBytes ?? null),
    benchRow(`${id}: later passes, best, js-tiktoken`, "M tokens/s", ours.warm, reference?.warm ?? null),
    ...(gpt === null
      ? []
      : [
          benchRow(`${id}: first pass, gpt-tokenizer`, "M tokens/s", ours.cold, gpt.cold),
          benchRow(`${id}: first pass, gpt-tokenizer`, "MB/s", ours.coldBytes, gpt.coldBytes),
          benchRow(`${id}: later passes, best, gpt-tokenizer`, "M tokens/s", ours.warm, gpt.warm),
        ]),
  ];
}

/** js-tiktoken takes a thousand times longer on a tenth of these; it is asked for 500 characters, and only once. */
function worstCases(id: (typeof vocabularyIds)[number]): BenchRow[] {
  const tokenizer = createTokenizer(loadVocabulary(vocabularyBytes(id)));
  const ranks = ranksOf[id];
  const rows = ["a", "你", " ", "\n", "😀"].map((character) => {
    const { milliseconds } = timed(() => tokenizer.encode(character.repeat(50_000)));
    return benchRow(`${id}: 50,000 x ${JSON.stringify(character)}`, "ms", milliseconds, null);
  });
  if (ranks === null) return rows;
  const reference = new Tiktoken(ranks);
  const text = "你".repeat(500);
  const ours = timed(() => tokenizer.encode(text)).milliseconds;
  return [
    ...rows,
    benchRow(`${id}: 500 x "你"`, "ms", ours, timed(() => reference.encode(text)).milliseconds),
  ];
}

/** One line of a 100 KB text changes at a time; the reference is our own tokenizer over the whole text. */
function edits(id: string, texts: readonly string[]): BenchRow[] {
  const tokenizer = createTokenizer(loadVocabulary(vocabularyBytes(id)));
  const cached = cacheBlocks(tokenizer);
  const text = texts.join("\n").slice(0, 100_000);
  const edited = Array.from({ length: 50 }, (_, index) => {
    const at = index * 1_999;
    return `${text.slice(0, at)}x${index}${text.slice(at)}`;
  });
  for (const warmUp of [cached, tokenizer]) for (let round = 0; round < 5; round++) warmUp.encode(text);
  const each = (engine: BpeTokenizer): number =>
    timed(() => edited.forEach((version) => void engine.encode(version))).milliseconds / edited.length;
  const document = new TokenizedDocument(tokenizeBlocks(tokenizer), text);
  const updates = timed(() => {
    for (const version of edited) {
      document.update(version);
      document.ids();
    }
  });
  const whole = each(tokenizer);
  return [
    benchRow(`${id}: one edit in 100 KB, in the product`, "ms", each(cached), whole),
    benchRow(`${id}: one edit in 100 KB, document kept`, "ms", updates.milliseconds / edited.length, whole),
  ];
}

interface Rates {
  /** Millions of tokens a second: the first pass, and the best of the later ones. */
  readonly cold: number;
  readonly warm: number;
  /** Millions of bytes of UTF-8 a second, in the first pass. */
  readonly coldBytes: number;
}

function rates(texts: readonly string[], count: (text: string) => number): Rates {
  const pass = () => timed(() => texts.reduce((sum, text) => sum + count(text), 0));
  const millions = ({ value, milliseconds }: ReturnType<typeof pass>): number => value / milliseconds / 1000;
  const first = pass();
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return {
    cold: millions(first),
    warm: Math.max(...Array.from({ length: warmRounds }, () => millions(pass()))),
    coldBytes: bytes / first.milliseconds / 1000,
  };
}

function benchTexts(): string[] {
  const texts = [...corpora().values()];
  if (texts.length > 0) return texts;
  console.log("../shared/corpora is absent: a generated text is used instead.");
  return adversarialTexts(1, 200, 2000);
}

function timed<T>(work: () => T): { value: T; milliseconds: number } {
  const began = performance.now();
  const value = work();
  return { value, milliseconds: performance.now() - began };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  void bench().then((rows) => console.log(formatRows(rows)));
}
