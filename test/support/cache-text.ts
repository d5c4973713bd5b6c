/**
 * Caches as text: requests in, outcomes and an indented tree out.
 *
 *   S×4 a | b      a request per line: prompt | output; `S×4` stands for the four tokens S1 S2 S3 S4
 *
 *   S×4 a | b   matched 0, reused 0, inserted 6, checkpoints 6, holds 30 B
 *   S×4         ends at 4: checkpoint, 8 B
 *     a b       ends at 6: checkpoint, 6 B
 */
import { type CacheSystem, Served } from "../../src/core/cache/cache-system.ts";
import type { PrefixCache } from "../../src/core/cache/prefix-cache.ts";
import { type NodeId, ROOT } from "../../src/core/tree/radix-tree.ts";
import { createCache } from "./cache-pairs.ts";
import type { NaiveOptions } from "./naive-cache.ts";

/** Gives every word its own token id, counting from 1. */
export class Words {
  private readonly ids = new Map<string, number>();
  private readonly names: string[] = [""];

  tokens(text: string): Int32Array {
    const words = text.split(" ").filter((word) => word !== "");
    return Int32Array.from(words.flatMap(expand).map((word) => this.id(word)));
  }

  request(line: string): { readonly prompt: Int32Array; readonly output: Int32Array } {
    const [prompt = "", output = ""] = line.split("|");
    return { prompt: this.tokens(prompt), output: this.tokens(output) };
  }

  /** Runs of numbered words become `S×4` where they begin at 1 and `S3…4` where they do not. */
  text(tokens: Iterable<number>): string {
    const parts: string[] = [];
    const names = Array.from(tokens, (token) => this.names[token] ?? `?${token}`);
    for (let start = 0, end = 0; start < names.length; start = end) {
      const [base, first] = numbered(names[start]!);
      end = start + 1;
      while (end < names.length && names[end] === `${base}${first + end - start}`) end++;
      const last = first + end - start - 1;
      if (first === 1 && last > 1) parts.push(`${base}×${last}`);
      else parts.push(last > first ? `${names[start]}…${last}` : names[start]!);
    }
    return parts.join(" ");
  }

  private id(word: string): number {
    const known = this.ids.get(word);
    if (known !== undefined) return known;
    this.ids.set(word, this.names.length);
    return this.names.push(word) - 1;
  }
}

function expand(word: string): string[] {
  const [base = "", count] = word.split("×");
  return count === undefined ? [word] : Array.from({ length: Number(count) }, (_, i) => `${base}${i + 1}`);
}

function numbered(name: string): [base: string, number: number] {
  const [, base = name, digits] = /^(.*?)(\d+)$/.exec(name) ?? [];
  return [base, digits === undefined ? Number.NaN : Number(digits)];
}

/** Serves the lines in order; gives one line for each, and the tree at the end. */
export function serveText(cache: PrefixCache, words: Words, requests: string): string {
  return `${outcomesText(cache, words, requests)}\n${treeText(cache, words)}`;
}

/** Serves the lines in order; gives one line for each. */
export function outcomesText(cache: CacheSystem, words: Words, requests: string): string {
  const served = new Served();
  const rows: [string, string][] = [];
  for (const line of requests.split("\n").map((text) => text.trim())) {
    if (line === "") continue;
    const { prompt, output } = words.request(line);
    const matched = cache.inspect(prompt).cachedTokens;
    served.begin();
    cache.serve(prompt, output, served);
    const { kvBytes, checkpointBytes } = cache.contents();
    const facts = [
      `matched ${matched}`,
      `reused ${served.reusedTokens}`,
      `inserted ${served.insertedTokens}`,
      served.checkpoints.length > 0 ? `checkpoints ${served.checkpoints.join(" ")}` : "no checkpoint",
      ...(served.evictedNodes > 0 ? [`evicted ${served.evictedNodes} of ${served.evictedBytes} B`] : []),
      `holds ${kvBytes + checkpointBytes} B`,
    ];
    rows.push([line, facts.join(", ")]);
  }
  return columns(rows);
}

export function treeText(cache: PrefixCache, words: Words): string {
  return columns(treeRows(cache, words));
}

function treeRows(cache: PrefixCache, words: Words): [string, string][] {
  const { tree } = cache;
  const rows: [string, string][] = [];
  tree.forEachPreorder((node) => {
    const edge = Array.from({ length: tree.edgeLength(node) }, (_, i) => tree.edgeSymbol(node, i));
    const mark = cache.cached.boundaries.has(node) ? ": checkpoint" : "";
    rows.push([
      `${"  ".repeat(depthOf(cache, node) - 1)}${cache.blockTokens === 1 ? words.text(edge) : `block ${edge}`}`,
      `ends at ${tree.end(node)}${mark}, ${cache.cached.states.bytesAt(node)} B`,
    ]);
  });
  return rows;
}

function depthOf({ tree }: PrefixCache, node: NodeId): number {
  let depth = 0;
  for (let at = node; at !== ROOT; at = tree.parent(at)) depth++;
  return depth;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return "nothing";
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`).join("\n");
}

/** What the lines do to a new cache. */
export function check(options: NaiveOptions, requests: string): string {
  return serveText(createCache(options), new Words(), requests);
}
