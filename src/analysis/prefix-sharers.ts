/** Which templates begin with the same tokens, and how far: by a tree of all stable prefixes. */
import { every } from "../core/steps.ts";
import { ROOT } from "../core/tree/radix-tree.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { TemplateReport } from "./report.ts";
import { stablePrefixTree } from "./stable-prefix-tree.ts";

const sharersShown = 5;

/** Templates between two steps, so that a step takes a few milliseconds. */
const stepTemplates = 128;

type Sharers = TemplateReport["sharesPrefixWith"];

/** For each template the others that share most of its stable prefix; of those that share as much, the earlier ones. */
export function* prefixSharers(
  templates: readonly Template[],
  prefixes: readonly StaticPrefix[],
): Generator<void, readonly Sharers[], void> {
  const isTime = every(stepTemplates);
  const { tree, ends, members } = yield* stablePrefixTree(prefixes.map(({ tokens }) => tokens));
  const sharers: Sharers[] = [];
  for (const [index, end] of ends.entries()) {
    const found: { id: string; tokens: number }[] = [];
    let below: ReadonlySet<number> = new Set([index]);
    for (let node = end; node !== ROOT && found.length < sharersShown; node = tree.parent(node)) {
      const here = members.get(node) ?? [];
      for (const other of here) {
        if (found.length === sharersShown) break;
        if (!below.has(other)) found.push({ id: templates[other]!.id, tokens: tree.end(node) });
      }
      if (here.length > below.size) below = new Set(here);
    }
    sharers.push(found);
    if (isTime(1)) yield;
  }
  return sharers;
}
