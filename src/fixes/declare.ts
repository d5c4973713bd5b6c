/** Saying how often values change, where a finding rests on not knowing it: in the file, or in promptcache.json. */

import { type Finding, isUndeclared } from "../findings/finding.ts";
import { canDirect } from "../prompt/directives.ts";
import type { Declared } from "../prompt/format.ts";
import { isSameText, type Named, type TextEdit } from "../prompt/move.ts";
import { findFormat } from "../prompt/registry.ts";
import { walkWhole } from "../prompt/segments.ts";
import { type Scope, type Segment, scopes, type Template } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import { t } from "../words/l10n.ts";
import { listed } from "../words/lists.ts";
import { configEdits } from "./config-edit.ts";
import type { FixSources, OfferedFix } from "./fix.ts";

const meanings: Readonly<Record<Scope, () => string>> = {
  constant: () => t("fixed at deployment"),
  day: () => t("another one each day"),
  tenant: () => t("another one for each tenant"),
  session: () => t("another one for each conversation"),
  request: () => t("new in every call"),
  volatile: () => t("never the same twice"),
};

/** More names in one title are not read. */
const mostNames = 3;

/** One for each scope that it may have: of what a finding knows nothing, or has guessed. */
export function declarations(
  finding: Finding,
  template: Template,
  sources: FixSources,
): readonly OfferedFix[] {
  const isGuess = isUndeclared(finding) || finding.assumptions.includes("inferred-scopes");
  const places = [{ path: finding.path, range: finding.range }, ...finding.related];
  const guessed = namedAt(places, template).filter(({ scope }) => scope.basis !== "declared");
  return isGuess ? declaringAs(guessed, finding.path, template, sources) : [];
}

/** The same of what stands in one place, whatever is known of it. */
export function declarationsAt(place: Place, template: Template, sources: FixSources): readonly OfferedFix[] {
  return declaringAs(namedAt([place], template), place.path, template, sources);
}

function declaringAs(
  named: readonly Named[],
  path: string,
  template: Template,
  sources: FixSources,
): readonly OfferedFix[] {
  if (named.length === 0) return [];
  const names = [...new Set(named.map(({ name }) => name))];
  const now = new Set(named.map(({ scope }) => (scope.basis === "unknown" ? null : scope.scope)));
  return scopes.flatMap((scope): OfferedFix[] => {
    if (now.size === 1 && now.has(scope)) return [];
    const edits = declaring(
      path,
      template,
      names.map((name) => [name, scope] as const),
      sources,
    );
    const shown = listed(names.slice(0, mostNames)) + (names.length > mostNames ? " …" : "");
    return edits === null
      ? []
      : [
          {
            kind: "declare",
            title: t("Declare {shown} as {scope}: {meaning}", { shown, scope, meaning: meanings[scope]() }),
            edits,
            effect: null,
          },
        ];
  });
}

interface Place {
  readonly path: string;
  readonly range: TextRange;
}

/** Holes and blocks that stand in these places. */
function namedAt(wanted: readonly Place[], template: Template): readonly Named[] {
  const places = new Set(wanted.map(({ path, range }) => placeKey(path, range)));
  return [...walkWhole(template)].flatMap(({ path, segment }) =>
    isNamed(segment) && places.has(placeKey(path, segment.range)) ? [segment] : [],
  );
}

function isNamed(segment: Segment): segment is Named {
  return segment.kind === "hole" || segment.kind === "block";
}

function placeKey(path: string, { start, end }: TextRange): string {
  return JSON.stringify([path, start, end]);
}

/** In the file of the template where that changes nothing of what it says; else in promptcache.json, which can always. */
function declaring(
  path: string,
  template: Template,
  declared: Declared,
  sources: FixSources,
): readonly TextEdit[] | null {
  return inFile(path, template, declared, sources) ?? inConfig(template, declared, sources);
}

function inFile(
  path: string,
  template: Template,
  declared: Declared,
  sources: FixSources,
): readonly TextEdit[] | null {
  const text = sources.textOf(path);
  const format = findFormat(template.format);
  if (path !== template.path || text === null || !declared.every(([name]) => canDirect(name))) return null;
  for (const change of format?.declaring?.changes(text, template.range.start, declared) ?? []) {
    const edits = [{ path, ...change }];
    const read = sources.edited(template, edits);
    if (read === null || !isSameText(read.segments, template.segments)) continue;
    if (declared.every(([name, scope]) => isDeclared(read, name, scope))) return edits;
  }
  return null;
}

function isDeclared(template: Template, name: string, scope: Scope): boolean {
  return [...walkWhole(template)].every(
    ({ segment }) =>
      !isNamed(segment) ||
      segment.name !== name ||
      (segment.scope.basis === "declared" && segment.scope.scope === scope),
  );
}

function inConfig({ id }: Template, declared: Declared, { configPath, textOf }: FixSources) {
  const file = { path: configPath, text: textOf(configPath) };
  return configEdits(
    file,
    declared.map(([name, scope]) => [["templates", id, "holes", name, "scope"], scope] as const),
  );
}
