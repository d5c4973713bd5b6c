/** What is said of values that stand in a file of the program. */
import type { Node } from "web-tree-sitter";
import { inferred } from "../scope-inference.ts";
import type { ScopeClaim } from "../template.ts";

/** Names in each other that are followed on the way from a value to its file. */
export const maxSteps = 32;

/** A file whose path is fixed: `name` is what the value is called. */
export function ofConstantFile(name: string): ScopeClaim {
  return inferred(
    "constant",
    `\`${name}\` stands in a file with a fixed path: the same until the file changes`,
  );
}

/** Files that hold data rather than code, by the name that imports them. */
export const dataFile = /\.(?:json[5c]?|ya?ml|toml)$/i;

/** Constants of a program, as they are written in all languages. */
export const inCapitals = /^_*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;

/** Which values of a program stand in such files; each language says it of its own nodes. */
export abstract class FixedFiles {
  /** What is known of nodes, so that a name that stands in many places is followed once; in a circle nothing is. */
  readonly #reads = new Map<number, boolean>();
  readonly #fixed = new Map<number, boolean>();

  /** Whether it is what such a file holds, or a part of that. */
  isRead(node: Node, steps = 0): boolean {
    return remembered(this.#reads, node, () => steps <= maxSteps && this.isReadNode(node, steps));
  }

  /** A path, or a part of one, of nothing but texts, constants and places of the program itself. */
  protected isFixed(node: Node | null, steps: number): boolean {
    if (node === null) return false;
    return remembered(this.#fixed, node, () => steps <= maxSteps && this.isFixedNode(node, steps));
  }

  protected abstract isReadNode(node: Node, steps: number): boolean;
  protected abstract isFixedNode(node: Node, steps: number): boolean;
}

/** What `find` says of the node, asked once; while it is asked, the node is not one. */
function remembered(known: Map<number, boolean>, node: Node, find: () => boolean): boolean {
  const said = known.get(node.id);
  if (said !== undefined) return said;
  known.set(node.id, false);
  const found = find();
  known.set(node.id, found);
  return found;
}
