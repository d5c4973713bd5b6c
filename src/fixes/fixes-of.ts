/** Everything that is offered about a finding, the best first. */
import { breakpoints } from "../findings/breakpoints.ts";
import type { Finding } from "../findings/finding.ts";
import { noCacheMarks } from "../findings/no-cache-marks.ts";
import { changeBetween } from "./config-edit.ts";
import { declarations } from "./declare.ts";
import type { FixSources, OfferedFix } from "./fix.ts";
import { ignores } from "./ignore.ts";
import { withCacheControl } from "./json-cache-marks.ts";

export function fixesOf(finding: Finding, sources: FixSources): readonly OfferedFix[] {
  const template = sources.templates.find(({ id }) => id === finding.templateId) ?? null;
  return [
    ...mends(finding, sources),
    ...(template === null ? [] : declarations(finding, template, sources)),
    ...ignores(finding, template, sources),
  ];
}

/** What makes less be lost, and was tried. */
export function mends(finding: Finding, sources: Pick<FixSources, "textOf">): readonly OfferedFix[] {
  const tried = (finding.fixes ?? []).map((fix): OfferedFix => ({ kind: "mend", ...fix }));
  return [...tried, ...cacheMarks(finding, sources)];
}

/** Marks at all the places that were simulated: half of them would not do what was. */
function cacheMarks(
  { rule, path, related, stake }: Finding,
  { textOf }: Pick<FixSources, "textOf">,
): readonly OfferedFix[] {
  const text = textOf(path);
  const writesMarks = rule === breakpoints.id || rule === noCacheMarks.id;
  if (!writesMarks || text === null || !path.endsWith(".json")) return [];
  if (related.length === 0 || related.some((place) => place.path !== path)) return [];
  const marked = withCacheControl(
    text,
    related.map(({ range }) => range),
  );
  if (marked === null) return [];
  const { tokensPerRequest, ttftSecondsPerRequest } = stake;
  const effect = { tokensPerRequest, ttftSecondsPerRequest };
  return [
    {
      kind: "mend",
      title: "Write these cache breakpoints",
      edits: [{ path, ...changeBetween(text, marked) }],
      effect,
    },
  ];
}
