/** Everything that is offered about a finding, the best first. */
import { breakpoints } from "../findings/breakpoints.ts";
import type { Finding } from "../findings/finding.ts";
import { noCacheMarks } from "../findings/no-cache-marks.ts";
import { shortLifetime } from "../findings/short-lifetime.ts";
import { isSameText } from "../prompt/move.ts";
import type { TextRange } from "../prompt/text.ts";
import { t } from "../words/l10n.ts";
import { longerLifetime } from "./cache-lifetime.ts";
import { codeCacheMarks } from "./code-cache-marks.ts";
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
export function mends(finding: Finding, sources: FixSources): readonly OfferedFix[] {
  const tried = (finding.fixes ?? []).map((fix): OfferedFix => ({ kind: "mend", ...fix }));
  return [...tried, ...cacheMarks(finding, sources), ...lifetimes(finding, sources)];
}

/** All marks of the request, or none: a longer lifetime may not stand behind a shorter one. */
function lifetimes(finding: Finding, { textOf }: FixSources): readonly OfferedFix[] {
  const { rule, path, related, couldAskForHour } = finding;
  const text = textOf(path);
  if (rule !== shortLifetime.id || text === null || couldAskForHour !== true) return [];
  if (related.some((place) => place.path !== path)) return [];
  const edits = longerLifetime(
    path,
    text,
    related.map(({ range }) => range),
  );
  return edits === null
    ? []
    : [{ kind: "mend", title: t("Ask for a lifetime of one hour"), edits, effect: null }];
}

/** Marks at all the places that were simulated: half of them would not do what was. */
function cacheMarks(finding: Finding, sources: FixSources): readonly OfferedFix[] {
  const { rule, path, related, stake } = finding;
  const writesMarks = rule === breakpoints.id || rule === noCacheMarks.id;
  if (!writesMarks || related.length === 0 || related.some((place) => place.path !== path)) return [];
  const places = related.map(({ range }) => range);
  const edits = path.endsWith(".json")
    ? marksInJson(path, places, sources)
    : marksInCode(finding, places, sources);
  if (edits === null) return [];
  const { tokensPerRequest, ttftSecondsPerRequest } = stake;
  const effect = { tokensPerRequest, ttftSecondsPerRequest };
  return [{ kind: "mend", title: t("Write these cache breakpoints"), edits, effect }];
}

function marksInJson(
  path: string,
  places: readonly TextRange[],
  { textOf }: FixSources,
): OfferedFix["edits"] | null {
  const text = textOf(path);
  const marked = text === null ? null : withCacheControl(text, places);
  return text === null || marked === null ? null : [{ path, ...changeBetween(text, marked) }];
}

/** `null` where the marks are not read back, or anything else is. */
function marksInCode(
  { path, templateId }: Finding,
  places: readonly TextRange[],
  { templates, textOf, edited }: FixSources,
): OfferedFix["edits"] | null {
  const text = textOf(path);
  const template = templates.find(({ id }) => id === templateId);
  if (text === null || template === undefined || (template.cacheMarkers ?? []).length > 0) return null;
  const edits = codeCacheMarks(path, text, template.format, places);
  const read = edits === null ? null : edited(template, edits);
  const isMarked =
    read?.cacheMarkers?.length === places.length && isSameText(read.segments, template.segments);
  return isMarked ? edits : null;
}
