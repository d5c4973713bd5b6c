/**
 * What well-known functions say about the value of an expression: the clock and chance, an order that nobody fixed, and
 * what is fixed while a program runs. Each language has its table; names are complete (`datetime.datetime.now`).
 */
import { inferred, mostVolatile } from "../scope-inference.ts";
import type { Scope, ScopeClaim } from "../template.ts";

export interface KnownCall {
  /** Matches the whole dotted name of what is called or read. */
  readonly pattern: RegExp;
  readonly scope: Scope;
  /** Completes "`name` …". */
  readonly says: string;
}

/** What the table knows of a dotted name; `null` when it knows nothing. */
export function knownCall(table: readonly KnownCall[], name: string, isCall: boolean): ScopeClaim | null {
  const rule = table.find(({ pattern }) => pattern.test(name));
  if (rule === undefined) return null;
  return inferred(rule.scope, `${isCall ? `the call \`${name}()\`` : `\`${name}\``} ${rule.says}`);
}

/** Whether the claim rests on an order that nobody fixed. */
export function isOfOrder({ reason }: ScopeClaim): boolean {
  return /\bno (?:fixed )?order\b/.test(reason);
}

/** Of a listing that is put in order, by what it lists. */
export function sortedListing(name: string, given: readonly ScopeClaim[]): ScopeClaim {
  return mostOf(
    given,
    inferred("constant", `\`${name}()\` in a fixed order is the same until what it lists changes`),
  );
}

/** The claim of a variable, or of a function, whose value is made of one with this claim. */
export function throughName(name: string, claim: ScopeClaim): ScopeClaim {
  return { ...claim, reason: `${claim.reason}; \`${name}\` is made of it` };
}

/** Of several claims about parts of one expression the one that changes most often; `otherwise` when there are none. */
export function mostOf(claims: readonly ScopeClaim[], otherwise: ScopeClaim): ScopeClaim {
  return mostVolatile(claims) ?? otherwise;
}
