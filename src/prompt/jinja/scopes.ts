/** Names that a Jinja2 template binds itself, and how often what an expression reads changes. */

import { withoutDeepParts } from "../names.ts";
import {
  type Declarations,
  declaredFor,
  declaredHere,
  inferCall,
  inferred,
  inferScope,
  isHistoryName,
  mostVolatile,
} from "../scope-inference.ts";
import { drawingFilters } from "../scope-words.ts";
import type { ScopeClaim, Segment } from "../template.ts";
import type { Lexemes } from "./lexemes.ts";
import type { Statement } from "./parser.ts";
import { type ReadPlace, readsOf } from "./reads.ts";

export type Binding =
  /** A value; `isHistory` when it is made of the earlier turns. */
  | { readonly kind: "value"; readonly claim: ScopeClaim; readonly isHistory: boolean }
  /** Known segments: `{% set x %}…{% endset %}`, or the body that a `{% call %}` hands to its macro. */
  | { readonly kind: "segments"; readonly segments: readonly Segment[] }
  | { readonly kind: "macro"; readonly macro: Statement; readonly names: Names }
  /** Macros of another template. */
  | { readonly kind: "imported" };

export class Names {
  readonly #bindings = new Map<string, Binding>();
  readonly #outer: Names | null;

  constructor(outer: Names | null) {
    this.#outer = outer;
  }

  bind(name: string, binding: Binding): void {
    this.#bindings.set(name, binding);
  }

  /** The binding of a name, or of the longest owner of a dotted one. */
  find(path: string): Binding | null {
    for (let name = withoutDeepParts(path); name !== ""; name = name.replace(/(?:^|\.|\[)[^.[]*$/, "")) {
      const found = this.#lookUp(name);
      if (found !== null) return found;
    }
    return null;
  }

  /** What a branch bound holds after it too, but changes with the condition and with what it held before. */
  merge(branch: Names, condition: ScopeClaim): void {
    for (const [name, binding] of branch.#bindings) this.#mergeOne(name, binding, condition);
  }

  /** Of what a loop bound only fields of outer objects outlive it (`{% set ns.found = true %}`). */
  mergeFields(loop: Names, list: ScopeClaim): void {
    for (const [name, binding] of loop.#bindings) {
      if (name.includes(".")) this.#mergeOne(name, binding, list);
    }
  }

  #mergeOne(name: string, binding: Binding, condition: ScopeClaim): void {
    if (binding.kind === "macro" || binding.kind === "imported") {
      this.bind(name, binding);
      return;
    }
    const before = this.find(name);
    const claims = [binding, before].flatMap((bound) => {
      if (bound?.kind === "value") return [bound.claim];
      return bound?.kind === "segments" ? [claimOfSegments(bound.segments)] : [];
    });
    const isHistory = binding.kind === "value" && binding.isHistory;
    this.bind(name, { kind: "value", claim: mostVolatile([...claims, condition])!, isHistory });
  }

  #lookUp(name: string): Binding | null {
    for (let names: Names | null = this; names !== null; names = names.#outer) {
      const found = names.#bindings.get(name);
      if (found !== undefined) return found;
    }
    return null;
  }
}

/** Functions of Jinja2 itself, whose value follows from what they are given. */
const builtIns = new Set(["range", "dict", "namespace", "cycler", "joiner", "raise_exception"]);

/**
 * The claim of every read of an expression. From the last one to the first, so that those of arguments are known when
 * their call is reached: following each call into its arguments anew doubles the work with every bracket.
 */
function claimsOfReads(
  reads: readonly ReadPlace[],
  names: Names,
  declarations: Declarations,
): readonly ScopeClaim[] {
  const claims = new Array<ScopeClaim>(reads.length);
  /** Of a read and all its arguments, the claim that changes most often; and the index of the read behind them. */
  const wholes = new Array<{ readonly most: ScopeClaim; readonly next: number }>(reads.length);
  for (let index = reads.length - 1; index >= 0; index--) {
    const read = reads[index]!;
    const given: ScopeClaim[] = [];
    let next = index + 1;
    while (read.given !== null && next < reads.length && reads[next]!.start < read.next - 1) {
      given.push(wholes[next]!.most);
      next = wholes[next]!.next;
    }
    const claim = claimOfRead(read, given, names, declarations);
    claims[index] = claim;
    wholes[index] = { most: mostVolatile([claim, ...given])!, next };
  }
  return claims;
}

function claimOfRead(
  read: ReadPlace,
  given: readonly ScopeClaim[],
  names: Names,
  declarations: Declarations,
): ScopeClaim {
  const scope = declaredFor(read.path, declarations);
  if (scope !== null) return { scope, basis: "declared", reason: declaredHere };
  const binding = names.find(read.path);
  if (binding?.kind === "value") return binding.claim;
  const root = read.path.split(".", 1)[0]!;
  if (root === "loop" || root === "forloop")
    return inferred("constant", "the position in a loop follows from its list");
  if (binding?.kind === "segments") return claimOfSegments(binding.segments);
  if (read.given === null) return inferScope(read.path);
  if (binding !== null || builtIns.has(root)) {
    return mostVolatile(given) ?? inferred("constant", `\`${read.path}()\` is given nothing that changes`);
  }
  return inferCall(read.path, given);
}

export function claimOfSegments(segments: readonly Segment[]): ScopeClaim {
  const claims = segments.flatMap((segment) =>
    segment.kind === "hole" || segment.kind === "block" ? [segment.scope] : [],
  );
  return mostVolatile(claims) ?? inferred("constant", "holds only fixed text");
}

export interface Reading {
  /** What changes most often of all that is read; `null` when the expression reads nothing. */
  readonly claim: ScopeClaim | null;
  /** The path that the claim is about. */
  readonly path: string | null;
}

export function readingOf(lexemes: Lexemes, names: Names, declarations: Declarations): Reading {
  let reading: Reading = { claim: null, path: null };
  const reads = readsOf(lexemes);
  const claims = claimsOfReads(reads, names, declarations);
  for (const [index, read] of reads.entries()) {
    const claim = claims[index]!;
    if (reading.claim === null || mostVolatile([reading.claim, claim]) === claim) {
      if (reading.claim?.scope !== claim.scope) reading = { claim, path: read.path };
    }
  }
  return { ...reading, claim: afterDrawing(reading.claim, lexemes) };
}

/** A list that is shuffled is another one in every call, however steady its items are; what is declared stays. */
function afterDrawing(claim: ScopeClaim | null, lexemes: Lexemes): ScopeClaim | null {
  const filter = lexemes.find(
    ({ kind, text }, index) =>
      kind === "name" && lexemes[index - 1]?.text === "|" && drawingFilters.has(text),
  );
  if (filter === undefined || claim?.basis === "declared" || claim?.scope === "volatile") return claim;
  return inferred("request", `the filter \`${filter.text}\` draws anew in every call`);
}

/** True for a list or value that is the earlier turns, a slice or alias of them included. */
export function isHistory(lexemes: Lexemes, names: Names): boolean {
  const [read] = readsOf(lexemes);
  if (read === undefined || read.given !== null) return false;
  const binding = names.find(read.path);
  if (binding === null) return isHistoryName(read.path);
  return binding.kind === "value" && binding.isHistory;
}
