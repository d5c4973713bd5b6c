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

/** What `find` says of the node, asked once; while it is asked, the node is not one. */
export function remembered(known: Map<number, boolean>, node: Node, find: () => boolean): boolean {
  const said = known.get(node.id);
  if (said !== undefined) return said;
  known.set(node.id, false);
  const found = find();
  known.set(node.id, found);
  return found;
}
