/**
 * Two templates say almost the same, but their texts part early: what follows is equal and yet cannot be shared.
 * Candidates are found through shared runs of eight tokens, so that only likely pairs are compared.
 */

import { commonPrefixLength } from "../core/tokens/common-prefix.ts";
import { type StaticText, sourceOffsetOf } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import { bytes, plural, seconds } from "../words/numbers.ts";
import { excerpt } from "./excerpt.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";

/** Tokens per run, and the part of all runs that the index holds: one in `sampling`. */
const runTokens = 8;
const sampling = 4;
/** Fewer equal tokens behind the parting are not worth a word; below this share the texts are just related. */
const worthSaying = 64;
const similarity = 0.6;

export const nearDuplicate: Rule = {
  id: "near-duplicate",
  title: "A shared prefix split by a near-duplicate",
  check(context) {
    const texts = context.templates.map((template, index) => staticTokens(context, template, index));
    const findings: Finding[] = [];
    for (const [first, second] of likelyPairs(texts)) {
      const finding = compare(context, texts, first, second);
      if (finding !== null) findings.push(finding);
    }
    return findings;
  },
};

interface Stretch {
  /** Offset in the joined text. */
  readonly start: number;
  readonly part: StaticText;
}

/** The static text in front of a template's holes; `null` for templates that are not sent by themselves. */
interface StaticTokens {
  readonly ids: Int32Array;
  /** Offset in `text` at which each token ends. */
  readonly ends: Int32Array;
  readonly text: string;
  /** Where each stretch of `text` stands in the sources. */
  readonly stretches: readonly Stretch[];
  readonly runs: ReadonlySet<number>;
}

function staticTokens(context: FindingContext, template: Template, index: number): StaticTokens | null {
  if (template.usage === "partial") return null;
  const stretches: Stretch[] = [];
  let text = "";
  for (const part of context.prefixes[index]?.texts ?? []) {
    // Behind a hole, the hole is what parts them, and another rule says so.
    if (!part.isLeading) break;
    stretches.push({ start: text.length, part });
    text += part.text;
  }
  const { ids, ends } = context.tokenizer.encodeWithEnds(text);
  if (ids.length < worthSaying) return null;
  return { ids, ends, text, stretches, runs: runHashes(ids) };
}

function runHashes(ids: Int32Array): Set<number> {
  const hashes = new Set<number>();
  for (let start = 0; start + runTokens <= ids.length; start++) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < runTokens; i++) hash = Math.imul(hash ^ (ids[start + i] ?? 0), 0x01000193);
    hash ^= hash >>> 15;
    if (hash % sampling === 0) hashes.add(hash);
  }
  return hashes;
}

/** Pairs of templates that share at least the wanted part of the shorter one's runs, each pair once. */
function likelyPairs(texts: readonly (StaticTokens | null)[]): [number, number][] {
  const holders = new Map<number, number[]>();
  for (const [index, text] of texts.entries()) {
    for (const run of text?.runs ?? []) {
      const known = holders.get(run);
      if (known === undefined) holders.set(run, [index]);
      // A run that very many templates share says nothing about any pair of them.
      else if (known.length < 32) known.push(index);
    }
  }
  const shared = new Map<string, number>();
  for (const indices of holders.values()) {
    for (let i = 0; i < indices.length; i++) {
      for (let j = i + 1; j < indices.length; j++) {
        const key = `${indices[i]},${indices[j]}`;
        shared.set(key, (shared.get(key) ?? 0) + 1);
      }
    }
  }
  const pairs: [number, number][] = [];
  for (const [key, count] of shared) {
    const [first = 0, second = 0] = key.split(",").map(Number);
    const smaller = Math.min(texts[first]?.runs.size ?? 0, texts[second]?.runs.size ?? 0);
    if (smaller > 0 && count >= similarity * smaller) pairs.push([first, second]);
  }
  return pairs;
}

function compare(
  context: FindingContext,
  texts: readonly (StaticTokens | null)[],
  first: number,
  second: number,
): Finding | null {
  const a = texts[first];
  const b = texts[second];
  const template = context.templates[second];
  const other = context.templates[first];
  if (!a || !b || template === undefined || other === undefined) return null;
  const agreed = commonPrefixLength(a.ids, 0, b.ids, 0, Math.min(a.ids.length, b.ids.length));
  if (agreed >= Math.min(a.ids.length, b.ids.length)) return null;
  const equalBehind = Math.min(equalTokens(a, b, agreed), Math.min(a.ids.length, b.ids.length) - agreed);
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
  return context.requestsOf[index]?.length ?? 0;
}

/** Tokens of `b` behind `from` that lie in runs which `a` holds too. */
function equalTokens(a: StaticTokens, b: StaticTokens, from: number): number {
  const known = new Set<number>();
  const hashAt = (ids: Int32Array, start: number): number => {
    let hash = 0x811c9dc5;
    for (let i = 0; i < runTokens; i++) hash = Math.imul(hash ^ (ids[start + i] ?? 0), 0x01000193);
    return hash;
  };
  for (let start = from; start + runTokens <= a.ids.length; start++) known.add(hashAt(a.ids, start));
  let equal = 0;
  let coveredTo = from;
  for (let start = from; start + runTokens <= b.ids.length; start++) {
    if (!known.has(hashAt(b.ids, start))) continue;
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
