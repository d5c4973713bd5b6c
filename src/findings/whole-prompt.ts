/** What kind of prompt it is: a whole one, or one that stands for many calls. */
import type { Template } from "../prompt/template.ts";
import type { SourceSegment } from "../workload/workload.ts";
import type { FindingContext } from "./finding.ts";

/** Less text than this is a part of a prompt that others send, whatever is put around it here: characters. */
const leastText = 256;

export function isWhole({ prefixes }: Pick<FindingContext, "prefixes">, template: number): boolean {
  const texts = prefixes[template]?.texts ?? [];
  return texts.reduce((sum, { text }) => sum + text.trim().length, 0) >= leastText;
}

/** Whether it stands in what is the same for many calls, where most values are fixed at deployment. */
export function isStanding({ role }: SourceSegment, { usage }: Template): boolean {
  return role === "system" || role === "developer" || usage === "instructions";
}
