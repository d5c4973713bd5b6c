/** What is thought of values that nobody has declared. */

import { walkWhole } from "../prompt/segments.ts";
import {
  type BlockSegment,
  type HoleSegment,
  type ScopeClaim,
  scopes,
  type Template,
} from "../prompt/template.ts";

/** By name, in their order; where prompts differ, what changes most often, and nothing known before all. */
export function undeclaredHoles(templates: readonly Template[]): ReadonlyMap<string, ScopeClaim> {
  const claims = new Map<string, ScopeClaim>();
  for (const template of templates) {
    for (const { name, scope } of namedIn(template)) {
      if (scope.basis === "declared") continue;
      const known = claims.get(name);
      if (known === undefined || rank(scope) > rank(known)) claims.set(name, scope);
    }
  }
  return claims;
}

function rank({ scope, basis }: ScopeClaim): number {
  return basis === "unknown" ? scopes.length : scopes.indexOf(scope);
}

function* namedIn(template: Template): Generator<HoleSegment | BlockSegment, void> {
  for (const { segment } of walkWhole(template)) {
    if (segment.kind === "hole" && segment.form === "variable") yield segment;
    if (segment.kind === "block" && !segment.isHistory) yield segment;
  }
}
