/** Prefix trees for the dashboard's tests: a small one that reads like a real workspace, and random ones of any size. */
import type { PrefixNode } from "../../src/analysis/report.ts";

export const kvBytesPerToken = 16_384;

interface Branch {
  readonly label: string;
  readonly tokens: number;
  readonly requests: number;
  readonly hits: number;
  readonly isCached: boolean;
  readonly hasCheckpoint: boolean;
  readonly templates: readonly string[];
  readonly source: PrefixNode["source"];
  readonly children: readonly Branch[];
}

type Extra = Partial<Omit<Branch, "label" | "tokens" | "requests" | "hits" | "children">>;

function branch(
  label: string,
  [tokens, requests, hits]: readonly [number, number, number],
  extra: Extra = {},
  ...children: readonly Branch[]
): Branch {
  const start = { isCached: true, hasCheckpoint: false, templates: [], source: null };
  return { ...start, ...extra, label, tokens, requests, hits, children };
}

const support = { templates: ["support", "support-follow-up", "refund"] };
const at = (path: string, offset: number) => ({ source: { path, offset } });

/** A turn per customer, each with its own text. */
function turns(
  count: number,
  tokens: number,
  templates: readonly string[],
  texts: readonly string[],
): Branch[] {
  return Array.from({ length: count }, (_, i) =>
    branch(texts[i % texts.length]!, [tokens + ((i * 37) % 90), 1, 0], {
      templates,
      isCached: i % 4 !== 3,
      hasCheckpoint: i % 4 === 0,
    }),
  );
}

const questions = [
  "Where is my parcel? It was due on Tuesday and the tracking page has not moved since.",
  "I was charged twice for order 88213.",
  "How do I change the address of an order that has been paid?",
  "The blender arrived without its lid.\nCan you send one?",
  "Cancel my subscription, please.",
];

const sample: readonly Branch[] = [
  branch(
    "<|im_start|>system\nYou are the support assistant of Lumen Home. Answer in the customer's language",
    [1212, 84, 83],
    { ...support, ...at("prompts/support.j2", 0), hasCheckpoint: true },
    branch(
      "## Tools\nget_order(id: string): looks an order up. track(parcel: string): gives the place of a parcel",
      [604, 48, 47],
      { templates: ["support", "support-follow-up"], ...at("prompts/support.j2", 4120), hasCheckpoint: true },
      branch(
        "Customer since 2019, tier gold, locale de-DE. Open orders: 88213, 90122.",
        [212, 18, 15],
        { templates: ["support", "support-follow-up"], hasCheckpoint: true },
        ...turns(10, 58, ["support"], questions),
      ),
      branch(
        "Customer since 2023, tier basic, locale en-GB. No open orders.",
        [188, 14, 11],
        { templates: ["support", "support-follow-up"] },
        ...turns(9, 64, ["support"], questions),
      ),
      branch(
        "Customer since 2021, tier basic, locale fr-FR. Open orders: 70331.",
        [196, 12, 9],
        { templates: ["support"] },
        ...turns(8, 61, ["support"], questions),
      ),
    ),
    branch(
      "## Refund rules\nRefunds within 30 days need no reason. After that, ask for a photograph",
      [386, 36, 34],
      { templates: ["refund"], ...at("prompts/refund.j2", 3988), hasCheckpoint: true },
      ...turns(20, 92, ["refund"], questions),
    ),
  ),
  branch(
    "<|im_start|>system\nToday is Monday, 14 September 2026, 09:31:07. You summarise incident reports",
    [22, 1, 0],
    { templates: ["incident"], isCached: false, ...at("prompts/incident.prompt", 0) },
    branch("You summarise incident reports for engineers on call", [930, 1, 0], { templates: ["incident"] }),
  ),
  ...Array.from({ length: 15 }, (_, i) =>
    branch(
      `<|im_start|>system\nToday is Monday, 14 September 2026, 09:${32 + i}:41. You summarise incident reports`,
      [952 + i, 1, 0],
      { templates: ["incident"], isCached: i > 9, ...at("prompts/incident.prompt", 0) },
    ),
  ),
  branch(
    "<|im_start|>system\nYou review changes to Python code. Point at lines; be brief; praise nothing",
    [740, 28, 27],
    { templates: ["review"], ...at("agents/review.py", 212), hasCheckpoint: true },
    branch(
      "Repository: billing-api. Conventions: type hints everywhere, no mocks of our own code",
      [310, 16, 14],
      {
        templates: ["review"],
        hasCheckpoint: true,
      },
      ...turns(
        12,
        410,
        ["review"],
        [
          "diff --git a/billing/invoice.py b/billing/invoice.py",
          "diff --git a/billing/tax.py b/billing/tax.py",
        ],
      ),
    ),
    branch(
      "Repository: storefront. Conventions: dataclasses, pytest, no print statements",
      [288, 12, 10],
      {
        templates: ["review"],
      },
      ...turns(9, 360, ["review"], ["diff --git a/shop/cart.py b/shop/cart.py"]),
    ),
  ),
];

export function samplePrefixTree(): PrefixNode[] {
  return flatten(sample);
}

/** Depth first, a parent before its children. */
function flatten(roots: readonly Branch[]): PrefixNode[] {
  const nodes: PrefixNode[] = [];
  const open = roots.map((root) => ({ root, parent: -1 })).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { children, isCached, hasCheckpoint, ...own } = next.root;
    const above = next.parent < 0 ? 0 : nodes[next.parent]!.endTokens;
    const index = nodes.push({
      ...own,
      cachedTokens: isCached ? own.tokens : 0,
      checkpoints: hasCheckpoint ? 1 : 0,
      label: own.label.slice(0, 80),
      parent: next.parent,
      endTokens: above + own.tokens,
      kvBytes: own.tokens * kvBytesPerToken,
    });
    for (const child of [...children].reverse()) open.push({ root: child, parent: index - 1 });
  }
  return nodes;
}

/** A pseudo-random tree in which every inner node's requests are its children's and a few of its own. */
export function randomPrefixTree(count: number, seed: number): PrefixNode[] {
  const random = generator(seed);
  const drafts = [{ parent: -1, requests: count * 2, children: [] as number[] }];
  for (let at = 0; drafts.length < count; at++) {
    const draft = drafts[at];
    if (draft === undefined) throw new Error(`ran out of requests at ${drafts.length} of ${count} nodes`);
    let left = draft.requests;
    for (let child = 0; child < 6 && left > 0 && drafts.length < count; child++) {
      const requests = Math.max(1, Math.round(left * (0.25 + 0.4 * random())));
      left -= requests;
      draft.children.push(drafts.push({ parent: at, requests, children: [] }) - 1);
    }
  }
  return inDepthFirstOrder(drafts, random);
}

function inDepthFirstOrder(
  drafts: readonly { readonly requests: number; readonly children: readonly number[] }[],
  random: () => number,
): PrefixNode[] {
  const nodes: PrefixNode[] = [];
  const open = [{ draft: 0, parent: -1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { requests, children } = drafts[next.draft]!;
    const tokens = 1 + Math.floor(random() ** 3 * 400);
    const hits = Math.floor(random() * requests);
    const index = nodes.push({
      parent: next.parent,
      tokens,
      endTokens: tokens + (next.parent < 0 ? 0 : nodes[next.parent]!.endTokens),
      label: `Passage ${next.draft} of a generated prompt`,
      requests,
      hits,
      kvBytes: tokens * kvBytesPerToken,
      cachedTokens: random() < 0.7 ? tokens : 0,
      checkpoints: random() < 0.15 ? 1 : 0,
      templates: ["support"],
      source: null,
    });
    for (const child of children) open.push({ draft: child, parent: index - 1 });
  }
  return nodes;
}

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
