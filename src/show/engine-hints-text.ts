/** Hints for a server as text: what may be copied stands alone, everything around it begins with `#`. */
import type { EngineHints } from "../analysis/advice/engine-hints.ts";
import type { BoundaryHints } from "../analysis/advice/hint-boundaries.ts";
import { type MarkerHints, withMarkers } from "../analysis/advice/hint-markers.ts";
import type { SettingHints } from "../analysis/advice/hint-setting.ts";
import type { SourceDocument } from "../prompt/format.ts";
import { harmless } from "../words/foreign.ts";
import { count, plural, shareOf } from "../words/numbers.ts";
import { unifiedDiff } from "./unified-diff.ts";

const noStates =
  "The model has no states to place: any token of a prefix can be resumed, and this is of no use to it.";

/** `documents` are those of the workspace. */
export function engineHintsText(all: EngineHints, documents: readonly SourceDocument[]): string {
  const { intake, model, vocabulary, hasStates, hints } = all;
  const head = [
    `${intake.name}: ${intake.status}. ${intake.standing}`,
    `Read on ${intake.readOn}, as it was on ${intake.asOf}: ${intake.sources.join(", ")}.`,
    ...intake.rules,
    `Model ${model}, tokens by ${vocabulary.id}.`,
    ...(vocabulary.isExact ? [] : ["The vocabulary is a stand-in: positions are near, not to the token."]),
    ...(hasStates ? [] : [noStates]),
  ];
  // What is of no use is not offered to be copied.
  return hasStates ? `${comments(head)}\n${bodyOf(hints, documents)}` : comments(head);
}

function bodyOf(hints: EngineHints["hints"], documents: readonly SourceDocument[]): string {
  switch (hints.kind) {
    case "marker":
      return markerText(hints, documents);
    case "instructions":
      return boundaryText(hints);
    case "setting":
      return settingText(hints);
  }
}

/** A patch; what stands in front of it is read over. */
function markerText(hints: MarkerHints, documents: readonly SourceDocument[]): string {
  const { launch, templates, refused } = hints;
  const notes = templates.map(({ id, tokens, hintTokens, unmarked }) => {
    const away = plural(Math.abs(hintTokens - tokens), "token");
    const side = tokens < hintTokens ? "in front of" : "behind";
    const where = tokens === hintTokens ? "" : `, ${away} ${side} the hint`;
    const more = unmarked === 0 ? "" : `; ${plural(unmarked, "further position")} without a marker`;
    return `${id}: a state at ${plural(tokens, "token")}${where}${more}`;
  });
  const lines = comments([`Start the server with: ${launch}`, ...notes, ...refusals(refused)]);
  const patches = documents.map((document) => {
    const { path, text } = document;
    return unifiedDiff({ path, before: text, after: withMarkers(hints, document) });
  });
  return `${lines}${patches.join("")}`;
}

function boundaryText({ launch, templates, refused }: BoundaryHints): string {
  const start = comments([`Start the server with: ${launch}`, ...refusals(refused)]);
  const requests = templates.map(({ id, boundaryTokens, hintTokens, request }) => {
    const note = `${id}: a state at ${plural(boundaryTokens, "token")}; our hint is at ${count(hintTokens)}. The request begins with:`;
    return `${comments([note])}${JSON.stringify(request)}\n`;
  });
  return `${start}${requests.map((request) => `\n${request}`).join("")}`;
}

function settingText({ name, promptTokens, tried, chosen }: SettingHints): string {
  const best = tried.find(({ value }) => value === chosen);
  if (best === undefined) {
    return comments([`There is no ${name} to set for this model: it has no states to place.`]);
  }
  const rows = tried.map(({ value, keeps, reusedTokens }) => {
    return `${name} ${value}: ${shareOf(reusedTokens, promptTokens)} of prompt tokens reused; states ${keeps}`;
  });
  return `${comments(rows)}${harmless(best.launch)}\n`;
}

function refusals(refused: MarkerHints["refused"]): readonly string[] {
  return refused.map(({ id, reason }) => `${id}: none. ${reason}`);
}

function comments(lines: readonly string[]): string {
  return lines.map((line) => `# ${harmless(line)}\n`).join("");
}
