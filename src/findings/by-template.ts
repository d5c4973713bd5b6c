/** What a rule finds that tries things, template by template. */
import type { Finding, FindingContext } from "./finding.ts";

export function* byTemplate(
  context: FindingContext,
  check: (context: FindingContext, index: number) => Generator<void, Finding | null, void>,
): Generator<void, readonly Finding[], void> {
  const findings: Finding[] = [];
  for (const index of context.templates.keys()) {
    const finding = yield* check(context, index);
    if (finding !== null) findings.push(finding);
  }
  return findings;
}
