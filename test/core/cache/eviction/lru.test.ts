import { describe, expect, test } from "vitest";
import type { EvictionView } from "../../../../src/core/cache/eviction/eviction.ts";
import { LruEviction } from "../../../../src/core/cache/eviction/lru.ts";
import { NONE, RadixTree, ROOT } from "../../../../src/core/tree/radix-tree.ts";

/** A tree of single-symbol edges whose nodes are named by a letter; `pinned` holds names. */
function world(pinned: ReadonlySet<string> = new Set()) {
  const tree = new RadixTree();
  const names: string[] = ["root"];
  const view: EvictionView = {
    tree,
    now: 0,
    endTokens: (node) => tree.end(node),
    edgeTokens: (node) => tree.edgeLength(node),
    isPinned: (node) => pinned.has(names[node]!),
    bytesAt: () => 1,
    freedBytes: () => 1,
    canResumeAt: () => true,
    history: null,
  };
  const lru = new LruEviction(view);
  const add = (name: string, parent = ROOT): number => {
    const node = tree.addLeaf(parent, Int32Array.of(name.charCodeAt(0)), 0, 1);
    names[node] = name;
    lru.onAdd(node);
    lru.onUse(node);
    return node;
  };
  const victim = (): string => {
    const node = lru.victim();
    return node === NONE ? "nothing" : names[node]!;
  };
  const evict = (): string => {
    const name = victim();
    const node = names.indexOf(name);
    lru.onRemove(node);
    tree.removeLeaf(node);
    return name;
  };
  return { tree, lru, names, view, add, victim, evict };
}

describe("least recently used leaf", () => {
  test("an empty cache has no victim", () => {
    expect(world().victim()).toBe("nothing");
  });

  test("leaves go oldest first, parents after their children", () => {
    const { add, evict } = world();
    const a = add("a");
    add("b");
    add("c", a);
    add("d");
    expect([evict(), evict(), evict(), evict()]).toEqual(["b", "c", "a", "d"]);
  });

  test("a use refreshes the path and not the siblings", () => {
    const { add, lru, evict } = world();
    const a = add("a");
    const b = add("b", a);
    add("c", a);
    lru.onUse(b);
    expect([evict(), evict(), evict()]).toEqual(["c", "b", "a"]);
  });

  test("pinned nodes are passed over", () => {
    const { add, victim } = world(new Set(["a"]));
    add("a");
    add("b");
    expect(victim()).toBe("b");
  });

  test("nothing goes when all is pinned", () => {
    const { add, victim } = world(new Set(["a"]));
    add("a");
    expect(victim()).toBe("nothing");
  });

  test("the upper part of a split goes after the lower part, and both before anything newer", () => {
    const { tree, lru, names, add, evict } = world();
    const long = tree.addLeaf(ROOT, Int32Array.of(1, 2, 3), 0, 3);
    names[long] = "lower";
    lru.onAdd(long);
    add("z");
    const upper = tree.split(long, 1);
    names[upper] = "upper";
    lru.onSplit(upper, long);
    expect([evict(), evict(), evict()]).toEqual(["lower", "upper", "z"]);
  });

  test("a merged node is as recent as its newer part", () => {
    const { tree, lru, add, evict } = world();
    const a = add("a");
    add("b", a);
    add("x");
    lru.onUse(a);
    lru.onMerge(a, tree.mergeIntoChild(a));
    expect([evict(), evict()]).toEqual(["x", "b"]);
  });

  test("a copy goes its own way", () => {
    const { lru, view, add, names } = world();
    const a = add("a");
    add("b");
    const copy = lru.copy(view);
    lru.onUse(a);
    expect([names[lru.victim()], names[copy.victim()]]).toEqual(["b", "a"]);
  });
});
