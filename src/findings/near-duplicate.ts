/**
 * Two templates say almost the same, but their texts part early: what follows is equal and yet cannot be shared.
 * Only likely pairs are compared: see similar-texts.ts.
 */

import { every } from "../core/steps.ts";
import { commonPrefixLength } from "../core/tokens/common-prefix.ts";
import { type StaticPrefix, type StaticText, sourceOffsetOf } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { bytes, plural, seconds } from "../words/numbers.ts";
import { excerpt } from "./excerpt.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { runHash, runTokens, SimilarTexts } from "./similar-texts.ts";

/** Fewer equal tokens behind the parting are not worth a word; below this share the texts are just related. */
const worthSaying = 64;
const similarity = 0.6;

/** Pairs that are compared between two steps, so that a step takes a few milliseconds. */
const stepPairs = 16;

export const nearDuplicate: Rule = {
  id: "near-duplicate",
  title: "A shared prefix split by a near-duplicate",
  scope: "workspace",
  *prepare(context) {
    const memory = memoryOf(context);
    const texts: (StaticTokens | null)[] = [];
    for (const text of textsOf(context, memory)) {
      texts.push(text);
      yield;
    }
    yield* memory.similar.update(texts);
    const isTime = every(stepPairs);
    for (const [first, second] of memory.similar.likelyPairs(similarity)) {
      const [a, b] = [texts[first], texts[second]];
      if (!a || !b) continue;
      memory.agreementOf(a, b);
      if (isTime(1)) yield;
    }
  },
  check(context) {
    const memory = memoryOf(context);
    const texts = [...textsOf(context, memory)];
    return memory.similar
      .likelyPairs(similarity)
      .flatMap(([first, second]) => compare(context, memory, texts, first, second) ?? []);
  },
};

function memoryOf({ memory, tokenizer }: FindingContext): Memory {
  return memory.of("near-duplicate", () => new Memory(tokenizer));
}

/** By template; `null` for those that are not sent by themselves, and where there is too little text. */
function* textsOf({ templates, prefixes }: FindingContext, memory: Memory): Generator<StaticTokens | null> {
  for (const [index, template] of templates.entries()) {
    const prefix = prefixes[index];
    yield template.usage === "partial" || prefix === undefined ? null : memory.textOf(prefix);
  }
}

/** What is known of the workspace as it was last, so that an edit costs what it changed. */
class Memory {
  readonly similar = new SimilarTexts<StaticTokens>();
  readonly #tokenizer: Tokenizer;
  readonly #texts = new WeakMap<StaticPrefix, { readonly text: StaticTokens | null }>();
  readonly #equal = new WeakMap<StaticTokens, WeakMap<StaticTokens, Agreement>>();

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  textOf(prefix: StaticPrefix): StaticTokens | null {
    const known = this.#texts.get(prefix) ?? { text: staticTokens(this.#tokenizer, prefix) };
    this.#texts.set(prefix, known);
    return known.text;
  }

  agreementOf(a: StaticTokens, b: StaticTokens): Agreement {
    const others = this.#equal.get(a) ?? new WeakMap<StaticTokens, Agreement>();
    this.#equal.set(a, others);
    const agreement = others.get(b) ?? agreementOf(a, b);
    others.set(b, agreement);
    return agreement;
  }
}

interface Stretch {
  /** Offset in the joined text. */
  readonly start: number;
  readonly part: StaticText;
}

/** The static text in front of a template's holes. */
interface StaticTokens {
  readonly ids: Int32Array;
  /** Offset in `text` at which each token ends. */
  readonly ends: Int32Array;
  readonly text: string;
  /** Where each stretch of `text` stands in the sources. */
  readonly stretches: readonly Stretch[];
}

/** `null` where there is too little of it. */
function staticTokens(tokenizer: Tokenizer, prefix: StaticPrefix): StaticTokens | null {
  const stretches: Stretch[] = [];
  let text = "";
  for (const part of prefix.texts) {
    // Behind a hole, the hole is what parts them, and another rule says so.
    if (!part.isLeading) break;
    stretches.push({ start: text.length, part });
    text += part.text;
  }
  const { ids, ends } = tokenizer.encodeWithEnds(text);
  return ids.length < worthSaying ? null : { ids, ends, text, stretches };
}

/** How far two texts agree, and how much behind that is the same. */
interface Agreement {
  readonly agreed: number;
  readonly equalBehind: number;
}

function agreementOf(a: StaticTokens, b: StaticTokens): Agreement {
  const shorter = Math.min(a.ids.length, b.ids.length);
  const agreed = commonPrefixLength(a.ids, 0, b.ids, 0, shorter);
  return {
    agreed,
    equalBehind: agreed >= shorter ? 0 : Math.min(equalTokens(a, b, agreed), shorter - agreed),
  };
}

function compare(
  context: FindingContext,
  memory: Memory,
  texts: readonly (StaticTokens | null)[],
  first: number,
  second: number,
): Finding | null {
  const a = texts[first];
  const b = texts[second];
  const template = context.templates[second];
  const other = context.templates[first];
  if (!a || !b || template === undefined || other === undefined) return null;
  const { agreed, equalBehind } = memory.agreementOf(a, b);
  if (equalBehind < worthSaying) return null;
  return describe(context, {
    template,
    other,
    a,
    b,
    agreed,
    equalBehind,
    requests: requestsOf(context, second),
  });
}

function requestsOf(context: FindingContext, index: number): number {
  return context.workload.requestsOf[index]?.length ?? 0;
}

/** Tokens of `b` behind `from` that lie in runs which `a` holds too. */
function equalTokens(a: StaticTokens, b: StaticTokens, from: number): number {
  const known = new Set<number>();
  for (let start = from; start + runTokens <= a.ids.length; start++) known.add(runHash(a.ids, start));
  let equal = 0;
  let coveredTo = from;
  for (let start = from; start + runTokens <= b.ids.length; start++) {
    if (!known.has(runHash(b.ids, start))) continue;
    equal += start + runTokens - Math.max(start, coveredTo);
    coveredTo = start + runTokens;
  }
  return equal;
}

interface Pair {
  readonly template: Template;
  readonly other: Template;
  readonly a: StaticTokens;
  readonly b: StaticTokens;
  readonly agreed: number;
  readonly equalBehind: number;
  readonly requests: number;
}

function describe(context: FindingContext, pair: Pair): Finding {
  const { template, other, a, b, agreed, equalBehind, requests } = pair;
  const here = placeOf(b, agreed);
  const there = placeOf(a, agreed);
  const promptTokens = b.ids.length;
  const lostSeconds =
    context.ttftSeconds(agreed, promptTokens) -
    context.ttftSeconds(Math.min(promptTokens - 1, agreed + equalBehind), promptTokens);
  const perRequest = requests === 0 ? 0 : 1 / requests;
  const stake = {
    tokensPerRequest: equalBehind * perRequest,
    ttftSecondsPerRequest: lostSeconds * perRequest,
    bytes: equalBehind * context.kvBytesPerToken + context.checkpointBytes,
  };
  return {
    rule: nearDuplicate.id,
    severity: "information",
    templateId: template.id,
    path: here.path,
    range: here.range,
    message:
      `Leaves ${other.id} after ${plural(agreed, "token")} ("${excerpt(here.text)}" against "${excerpt(there.text)}"), ` +
      `although ${plural(equalBehind, "token")} behind it are the same: they are kept twice (${bytes(stake.bytes)}) and prefilled ` +
      `once more whenever only the other is cached (${seconds(lostSeconds)}). Make the beginnings equal, or move what differs to the end.`,
    stake,
    assumptions: ["near-duplicate-traffic"],
    related: [{ path: there.path, range: there.range, message: `Here ${other.id} goes on differently.` }],
  };
}

/** Source of the token at which two texts part, without the blanks before it, and a little text for the message. */
function placeOf({ ids, ends, text, stretches }: StaticTokens, token: number): Place {
  const start = token === 0 ? 0 : (ends[token - 1] ?? 0);
  const end = token < ids.length ? (ends[token] ?? text.length) : text.length;
  const blanks = /^\s*/.exec(text.slice(start, start + 200))![0].length;
  const visible = start + blanks;
  // A token of nothing but blanks cannot be seen in an editor: the word behind it is marked with it.
  const to = visible < end ? end : visible + /^\S*/.exec(text.slice(visible, visible + 40))![0].length;
  const stretch = stretches.findLast((candidate) => candidate.start <= visible);
  if (stretch === undefined) return { path: "", range: { start: 0, end: 0 }, text: "" };
  const { part } = stretch;
  const range = {
    start: sourceOffsetOf(part, visible - stretch.start),
    end: sourceOffsetOf(part, Math.max(visible + 1, to) - stretch.start),
  };
  return { path: part.path, range, text: text.slice(start, start + 48) };
}

interface Place {
  readonly path: string;
  readonly range: TextRange;
  readonly text: string;
}
