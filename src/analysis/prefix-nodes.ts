/** The prefix tree of a workload's prompts, for people to look at: where requests share a prefix, and where they part. */
import type { Inspection } from "../core/cache/cache-system.ts";
import { runOfToken } from "../core/replay/ledger.ts";
import type { OutcomeTable } from "../core/replay/replay.ts";
import { every } from "../core/steps.ts";
import { Match, type NodeId, RadixTree, ROOT } from "../core/tree/radix-tree.ts";
import { insertSequence } from "../core/tree/walk.ts";
import { excerpt } from "../findings/excerpt.ts";
import {
  type StaticPrefix,
  type StaticText,
  sourceOffsetOf,
  sourceOfTokens,
} from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { t } from "../words/l10n.ts";
import { isMarkup } from "../workload/own-content.ts";
import type { SourceSegment, Workload } from "../workload/workload.ts";
import type { PrefixNode } from "./report.ts";

/** Nodes of a report; what is left out has the fewest tokens over all requests. */
const mostNodes = 2_000;
const labelLength = 80;
const namedTemplates = 5;

interface Facts {
  requests: number;
  hits: number;
  readonly templates: Set<number>;
  /** A request that passes through, for looking up what the edge stands for. */
  readonly sample: number;
}

export interface PrefixNodeInput {
  readonly templates: readonly Template[];
  readonly workload: Workload;
  readonly outcomes: OutcomeTable;
  /** What the cache holds of so many leading tokens of the request's prompt, as the last request left it. */
  inspect(request: number, leadingTokens: number): Inspection;
  /** Whether there are checkpoints at all; where not, the cache calls other positions so. */
  readonly needsCheckpoints: boolean;
  readonly kvBytesPerToken: number;
  readonly prefixes: readonly StaticPrefix[];
  readonly tokenizer: Tokenizer;
}

/** Requests, and nodes, between two steps, so that a step takes a few milliseconds. */
const stepRequests = 256;
const stepNodes = 64;

export function* prefixNodes(input: PrefixNodeInput): Generator<void, PrefixNode[], void> {
  const tree = new RadixTree();
  const { requests } = input.workload;
  const isTime = every(stepRequests);
  for (const request of requests) {
    insertSequence(tree, request.promptTokens);
    if (isTime(1)) yield;
  }
  const facts = new Map<NodeId, Facts>();
  for (let request = 0; request < requests.length; request++) {
    countPath(input, tree, facts, request);
    if (isTime(1)) yield;
  }
  yield;
  const kept = keptNodes(tree, facts);
  yield;
  return yield* listNodes(input, tree, facts, kept);
}

function countPath(
  input: PrefixNodeInput,
  tree: RadixTree,
  facts: Map<NodeId, Facts>,
  request: number,
): void {
  const tokens = input.workload.requests[request]?.promptTokens ?? new Int32Array(0);
  const reused = input.outcomes.reusedTokens[request] ?? 0;
  const template = input.workload.templateOf[request] ?? 0;
  const match = tree.match(tokens, tokens.length, new Match());
  for (let node = match.node; node !== ROOT; node = tree.parent(node)) {
    let entry = facts.get(node);
    if (entry === undefined) {
      entry = { requests: 0, hits: 0, templates: new Set(), sample: request };
      facts.set(node, entry);
    }
    entry.requests++;
    if (reused >= tree.end(node)) entry.hits++;
    entry.templates.add(template);
  }
}

/** The heaviest nodes by tokens over all requests; a parent is never lighter than its children in requests. */
function keptNodes(tree: RadixTree, facts: ReadonlyMap<NodeId, Facts>): ReadonlySet<NodeId> {
  const weight = (node: NodeId) => tree.edgeLength(node) * (facts.get(node)?.requests ?? 0);
  const byWeight = [...facts.keys()].sort((a, b) => weight(b) - weight(a));
  const kept = new Set<NodeId>();
  for (const node of byWeight) {
    if (kept.size >= mostNodes) break;
    for (let above = node; above !== ROOT && !kept.has(above); above = tree.parent(above)) kept.add(above);
  }
  return kept;
}

function* listNodes(
  input: PrefixNodeInput,
  tree: RadixTree,
  facts: ReadonlyMap<NodeId, Facts>,
  kept: ReadonlySet<NodeId>,
): Generator<void, PrefixNode[], void> {
  const nodes: PrefixNode[] = [];
  const texts = new EdgeTexts(input);
  const indexOf = new Map<NodeId, number>([[ROOT, -1]]);
  const inOrder: NodeId[] = [];
  tree.forEachPreorder((node) => {
    if (kept.has(node)) inOrder.push(node);
  });
  const isTime = every(stepNodes);
  for (const node of inOrder) {
    const entry = facts.get(node)!;
    indexOf.set(node, nodes.length);
    const end = tree.end(node);
    const start = end - tree.edgeLength(node);
    const held = input.inspect(entry.sample, end);
    nodes.push({
      parent: indexOf.get(tree.parent(node)) ?? -1,
      tokens: end - start,
      endTokens: end,
      ...describeEdge(input, texts, entry.sample, { start, end }),
      requests: entry.requests,
      hits: entry.hits,
      kvBytes: (end - start) * input.kvBytesPerToken,
      cachedTokens: Math.max(0, Math.min(end, held.cachedTokens) - start),
      checkpoints: input.needsCheckpoints
        ? held.checkpoints.filter((position) => position > start && position <= end).length
        : 0,
      templates: [...entry.templates]
        .slice(0, namedTemplates)
        .map((template) => input.templates[template]?.id ?? ""),
    });
    if (isTime(1)) yield;
  }
  return nodes;
}

/** What the edge begins with: the source text, or the name of the hole that filled it. */
function describeEdge(
  input: PrefixNodeInput,
  texts: EdgeTexts,
  request: number,
  { start, end }: { readonly start: number; readonly end: number },
): Pick<PrefixNode, "label" | "source"> {
  const stable = stableSource(input.prefixes[input.workload.templateOf[request] ?? -1], start, end);
  if (stable !== null) return stable;
  const runs = input.workload.requests[request]?.runs;
  if (!runs || runs.starts.length === 0) return { label: "", source: null };
  const segmentOf = (run: number) => input.workload.segments[runs.segments[run] ?? -1];
  // Nearly all edges begin with a marker of the chat template; what follows it tells them apart.
  let run = runOfToken(runs, start);
  while (isMarkup(segmentOf(run)) && (runs.starts[run + 1] ?? end) < end) run++;
  const segment = segmentOf(run);
  if (segment === undefined) return { label: "", source: null };
  const runStart = runs.starts[run] ?? 0;
  if (segment.kind === "text") return texts.describe(segment, Math.max(start, runStart) - runStart);
  if (isMarkup(segment)) return { label: t("chat template"), source: null };
  const scope = segment.scope === null ? "" : ` (${segment.scope.scope})`;
  return { label: excerpt(`{${segment.name}}${scope}`, labelLength), source: null };
}

/** The first text of the stable prefix in these tokens; `null` where they hold none. */
function stableSource(
  prefix: StaticPrefix | undefined,
  start: number,
  end: number,
): Pick<PrefixNode, "label" | "source"> | null {
  const last = Math.min(end, prefix?.tokens.length ?? 0);
  if (prefix === undefined || last <= start) return null;
  const [run] = sourceOfTokens(prefix, start, last);
  return run === undefined ? null : describeText(run.text, run.start);
}

function describeText(text: StaticText, unit: number): Pick<PrefixNode, "label" | "source"> {
  return {
    label: excerpt(text.text.slice(unit, unit + 2 * labelLength), labelLength),
    source: { path: text.path, offset: sourceOffsetOf(text, unit) },
  };
}

/** Static text by its place in the sources, and where its tokens end. */
class EdgeTexts {
  private readonly texts = new Map<string, StaticText>();
  private readonly ends = new Map<string, Int32Array>();
  private readonly tokenizer: Tokenizer;

  constructor(input: PrefixNodeInput) {
    this.tokenizer = input.tokenizer;
    for (const prefix of input.prefixes) {
      for (const text of prefix.texts) this.texts.set(placeKey(text.path, text.range.start), text);
    }
  }

  /** `token` counts from the start of the segment's run; the first one may have begun a little earlier. */
  describe(segment: SourceSegment, token: number): Pick<PrefixNode, "label" | "source"> {
    const key = placeKey(segment.path, segment.range.start);
    const text = this.texts.get(key);
    if (text === undefined) return { label: "", source: { path: segment.path, offset: segment.range.start } };
    let ends = this.ends.get(key);
    if (ends === undefined) {
      ends = this.tokenizer.encodeWithEnds(text.text).ends;
      this.ends.set(key, ends);
    }
    return describeText(text, token === 0 ? 0 : (ends[token - 1] ?? 0));
  }
}

function placeKey(path: string, start: number): string {
  return `${path}:${start}`;
}
