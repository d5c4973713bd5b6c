/** Where the requests of two prompts part. */
import type { Parting, PlaceInPrompt } from "../analysis/rendered-request.ts";
import type { Report } from "../analysis/report.ts";
import { assertNever } from "../core/invariant.ts";
import { t } from "../words/l10n.ts";
import { plural, shareOf } from "../words/numbers.ts";
import { approximation } from "./approximation.ts";
import { scenarioLine } from "./labels.ts";
import { code, fenced, literal } from "./markdown.ts";

interface Side {
  readonly name: string;
  /** Of its first request. */
  readonly tokens: number;
}

export function promptsCompared(
  report: Pick<Report, "scenario">,
  [first, second]: readonly [Side, Side],
  parting: Parting,
  lineOf: (path: string, offset: number) => number,
): string {
  const about = approximation(report.scenario);
  const { shared, before } = parting;
  const share = ({ name, tokens }: Side) =>
    t("{shared} of {name}", { shared: shareOf(shared, tokens), name: literal(name) });
  const isSame = parting.first.segment === null && parting.second.segment === null;
  const said = isSame
    ? t("They send the same.")
    : t("Then they part: nothing behind that place is shared, however alike it reads.");
  const parts = [
    `# ${t("{first} and {second}", { first: literal(first.name), second: literal(second.name) })}`,
    `_${literal(scenarioLine(report))}_`,
    t("Their first requests share their first {about}{tokens}: {first}, {second}. {said}", {
      about,
      tokens: plural(shared, "token"),
      first: share(first),
      second: share(second),
      said,
    }),
    ...(before === "" ? [] : [t("The end of what they share:"), fenced(before)]),
    ...(isSame
      ? []
      : [...sideText(first, parting.first, lineOf), ...sideText(second, parting.second, lineOf)]),
  ];
  return `${parts.join("\n\n")}\n`;
}

function sideText(
  { name }: Side,
  { text, segment }: PlaceInPrompt,
  lineOf: (path: string, offset: number) => number,
): readonly string[] {
  if (segment === null) return [t("**{0}** ends there.", literal(name))];
  const shown = `**${literal(name)}**`;
  const part = partName(segment);
  const head =
    segment.kind === "chat"
      ? t("{shown} goes on with {part}:", { shown, part })
      : t("{shown} goes on with {part} at {path}:{line}:", {
          ...{ shown, part, path: literal(segment.path), line: lineOf(segment.path, segment.range.start) },
        });
  return [head, fenced(text)];
}

function partName({ kind, name, role }: NonNullable<PlaceInPrompt["segment"]>): string {
  switch (kind) {
    case "text":
    case "include":
      return role === null ? t("text") : t("text of the {0} message", role);
    case "chat":
      return t("what the chat template writes");
    case "marker":
      return role === null ? t("the start of a message") : t("the start of the {0} message", role);
    case "hole":
      return t("hole {0}", code(name));
    case "block":
      return t("block {0}", code(name));
    case "tool":
      return t("tool {0}", code(name));
    default:
      return assertNever(kind);
  }
}
