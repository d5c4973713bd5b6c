/** Many fixes at once: those that were tried, the largest first, of which none touches what another one does. */
import type { Finding } from "../findings/finding.ts";
import { isShown } from "../findings/finding.ts";
import type { TextEdit } from "../prompt/move.ts";
import type { FixSources, OfferedFix } from "./fix.ts";
import { mends } from "./fixes-of.ts";

export interface FixAllOptions {
  /** Only of this file; `null` for all of them. */
  readonly path: string | null;
  /** Only of this rule; `null` for all of them. */
  readonly rule: string | null;
}

/** The edits of all files, in no order, apart from each other; and how many findings they mend. */
export function fixAll(
  findings: readonly Finding[],
  { path, rule }: FixAllOptions,
  sources: FixSources,
): { readonly edits: readonly TextEdit[]; readonly mended: number } {
  const wanted = findings.filter(
    (finding) =>
      isShown(finding) &&
      (path === null || finding.path === path) &&
      (rule === null || finding.rule === rule),
  );
  const best = wanted
    .flatMap((finding) => mends(finding, sources).slice(0, 1))
    // What nobody has tried is a choice of its own, and what a person is to write anew is no end.
    .filter(({ effect, placeholder }) => effect !== null && placeholder === undefined)
    .filter(({ edits }) => path === null || edits.every((edit) => edit.path === path))
    .toSorted((a, b) => gainOf(b) - gainOf(a));
  const taken: TextEdit[] = [];
  let mended = 0;
  for (const { edits } of best) {
    const isFree = edits.every((edit) => !taken.some((other) => touches(edit, other)));
    if (!isFree) continue;
    taken.push(...edits);
    mended++;
  }
  return { edits: taken, mended };
}

function gainOf({ effect }: OfferedFix): number {
  return effect?.tokensPerRequest ?? 0;
}

function touches(a: TextEdit, b: TextEdit): boolean {
  return a.path === b.path && a.range.start <= b.range.end && b.range.start <= a.range.end;
}
