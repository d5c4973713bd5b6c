/** Where the requests of two prompts part. */
import type { Parting, PlaceInPrompt } from "../analysis/rendered-request.ts";
import type { Report } from "../analysis/report.ts";
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
  const share = ({ name, tokens }: Side) => `${shareOf(shared, tokens)} of ${literal(name)}`;
  const isSame = parting.first.segment === null && parting.second.segment === null;
  const said = isSame
    ? "They send the same."
    : `Then they part: nothing behind that place is shared, however alike it reads.`;
  const parts = [
    `# ${literal(first.name)} and ${literal(second.name)}`,
    `_${literal(scenarioLine(report))}_`,
    `Their first requests share their first ${about}${plural(shared, "token")}: ${share(first)}, ${share(second)}. ${said}`,
    ...(before === "" ? [] : ["The end of what they share:", fenced(before)]),
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
  if (segment === null) return [`**${literal(name)}** ends there.`];
  const place =
    segment.kind === "chat"
      ? ""
      : ` at ${literal(segment.path)}:${lineOf(segment.path, segment.range.start)}`;
  return [`**${literal(name)}** goes on with ${partName(segment)}${place}:`, fenced(text)];
}

function partName({ kind, name, role }: NonNullable<PlaceInPrompt["segment"]>): string {
  switch (kind) {
    case "text":
    case "include":
      return role === null ? "text" : `text of the ${role} message`;
    case "chat":
      return "what the chat template writes";
    case "marker":
      return `the start of ${role === null ? "a message" : `the ${role} message`}`;
    default:
      return `${kind} ${code(name)}`;
  }
}
