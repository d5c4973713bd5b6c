/** What templates begin with together: the branching of their stable prefixes, and what became of it in the requests. */
import type { Inspection } from "../core/cache/cache-system.ts";
import { type Fate, fates, type Ledger } from "../core/fates.ts";
import { inspectRequest } from "../core/replay/serve-request.ts";
import { every } from "../core/steps.ts";
import type { NodeId } from "../core/tree/radix-tree.ts";
import {
  type StaticPrefix,
  type StaticRun,
  sourceOffsetOf,
  sourceOfToken,
  sourceOfTokens,
} from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import { stablePrefixTree } from "./stable-prefix-tree.ts";
import { ledgerOf, ratio } from "./statistics.ts";
import type { Studied } from "./study.ts";

/**
 * Tokens of the prompts' own text that they have to share: `You are a helpful assistant` is no prefix of theirs, and what
 * the chat template writes is none either. It is the smallest block of engines.
 */
export const leastSharedTokens = 16;

export interface SharedPrefix {
  /** Index of the next shorter one in the list, which stands before it; -1 for the first level. */
  readonly parent: number;
  /** From the start of the prompt, what the chat template writes included. */
  readonly tokens: number;
  /** Indices of all templates that begin with it, two at least, ascending. */
  readonly templates: readonly number[];
}

export interface SharedPrefixes {
  /** Depth first. */
  readonly prefixes: readonly SharedPrefix[];
  /** By template the longest prefix that it shares; -1 for none. */
  readonly longestOf: readonly number[];
}

/** Of templates that are sent by themselves; parts of others begin no prompt. */
export function* sharedPrefixes(
  templates: readonly Pick<Template, "usage">[],
  all: readonly StaticPrefix[],
): Generator<void, SharedPrefixes, void> {
  const none = new Int32Array(0);
  const sequences = all.map(({ tokens }, index) => (templates[index]?.usage === "partial" ? none : tokens));
  const { tree, ends, members } = yield* stablePrefixTree(sequences);
  const prefixes: SharedPrefix[] = [];
  const indexOf = new Map<NodeId, number>();
  /** Tokens of the prompts' own text up to the end of a node, at most `leastSharedTokens`. */
  const ownTokens = new Map<NodeId, number>();
  tree.forEachPreorder((node) => {
    const sharers = members.get(node) ?? [];
    if (sharers.length < 2) return;
    const above = tree.parent(node);
    const end = tree.end(node);
    let own = ownTokens.get(above) ?? 0;
    for (let token = tree.end(above); token < end && own < leastSharedTokens; token++)
      if (sourceOfToken(all[sharers[0]!]!, token).length > 0) own++;
    ownTokens.set(node, own);
    if (own < leastSharedTokens) return;
    indexOf.set(node, prefixes.length);
    prefixes.push({ parent: indexOf.get(above) ?? -1, tokens: end, templates: sharers });
  });
  const longestOf = ends.map((end) => {
    const node = (members.get(end)?.length ?? 0) > 1 ? end : tree.parent(end);
    return indexOf.get(node) ?? -1;
  });
  return { prefixes, longestOf };
}

/** A shared prefix with what became of it. Sums and means are over all requests of its templates. */
export interface ServedPrefix extends SharedPrefix {
  /** What it begins with behind the next shorter one; empty where only the chat template writes there. */
  readonly text: string;
  /** The same in the document of the first template that brings it; `null` where there is none. */
  readonly place: { readonly path: string; readonly range: TextRange } | null;
  readonly requests: number;
  /** Of the tokens of the prefix. */
  readonly ledger: Ledger;
  /** Per request, by what was reused of the prefix. */
  readonly ttftSecondsSaved: number;
  /** What the cache holds of it, as the last request left it. */
  readonly held: { readonly tokens: number; readonly checkpoints: number };
}

/** Characters of a text that somebody might show. */
const textLength = 160;
/** Requests between two steps, so that a step takes a few milliseconds. */
const stepRequests = 512;

export function* servedPrefixes(
  studied: Studied,
  shared: readonly SharedPrefix[],
): Generator<void, readonly ServedPrefix[], void> {
  const isTime = every(stepRequests);
  const served: ServedPrefix[] = [];
  for (const prefix of shared) {
    const rows = prefix.templates.flatMap((template) => studied.workload.requestsOf[template] ?? []);
    const start = shared[prefix.parent]?.tokens ?? 0;
    served.push({
      ...prefix,
      ...sourceOf(sourceOfTokens(studied.prefixes[prefix.templates[0]!]!, start, prefix.tokens)),
      ...outcomeOf(studied, rows, prefix.tokens),
    });
    if (isTime(rows.length + 1)) yield;
  }
  return served;
}

function sourceOf(runs: readonly StaticRun[]): Pick<ServedPrefix, "text" | "place"> {
  const [first] = runs;
  if (first === undefined) return { text: "", place: null };
  let text = "";
  for (const run of runs) {
    text += run.text.text.slice(run.start, Math.min(run.end, run.start + textLength));
    if (text.length >= textLength) break;
  }
  const { path } = first.text;
  const elsewhere = runs.findIndex((run) => run.text.path !== path);
  const last = runs[(elsewhere < 0 ? runs.length : elsewhere) - 1]!;
  const start = sourceOffsetOf(first.text, first.start);
  const end = Math.max(start, sourceOffsetOf(last.text, last.end));
  return { text: text.slice(0, textLength), place: { path, range: { start, end } } };
}

function outcomeOf(
  { scenario, outcomes, input, cache }: Studied,
  rows: readonly number[],
  tokens: number,
): Pick<ServedPrefix, "requests" | "ledger" | "ttftSecondsSaved" | "held"> {
  const sums = new Float64Array(fates.length);
  let savedSeconds = 0;
  for (const row of rows) {
    addLeadingFates(sums, outcomes.fates, row, tokens);
    const promptTokens = outcomes.promptTokens[row]!;
    const reused = Math.min(outcomes.reusedTokens[row]!, tokens, promptTokens - 1);
    savedSeconds +=
      scenario.ttft.ttftSeconds(0, promptTokens) - scenario.ttft.ttftSeconds(reused, promptTokens);
  }
  const [sample] = rows;
  const held = sample === undefined ? nothingHeld : inspectRequest(input, cache, sample, tokens);
  return {
    requests: rows.length,
    ledger: ledgerOf(sums, [0]),
    ttftSecondsSaved: ratio(savedSeconds, rows.length),
    held: {
      tokens: Math.min(tokens, held.cachedTokens),
      checkpoints: cache.needsCheckpoints ? held.checkpoints.length : 0,
    },
  };
}

const nothingHeld: Inspection = { cachedTokens: 0, checkpoints: [] };

/** As a ledger cuts a prompt (`fateSpans`): what was sent before stands in front of what is new. */
const inPromptOrder: readonly Fate[] = [
  "reused",
  "windowGone",
  "evicted",
  "noCheckpoint",
  "ruledOut",
  "unaligned",
  "diverged",
  "cold",
];

/** Adds the fates of a request's leading tokens, where a table holds those of its whole prompt. */
function addLeadingFates(sums: Float64Array, table: Int32Array, row: number, leadingTokens: number): void {
  let left = leadingTokens;
  for (const fate of inPromptOrder) {
    const column = fates.indexOf(fate);
    const taken = Math.min(left, table[row * fates.length + column]!);
    sums[column]! += taken;
    left -= taken;
  }
}
