/** Whether there is enough text for a prompt, or only for a part of one. */
import type { FindingContext } from "./finding.ts";

/** Less text than this is a part of a prompt that others send, whatever is put around it here: characters. */
const leastText = 256;

export function isWhole({ prefixes }: Pick<FindingContext, "prefixes">, template: number): boolean {
  const texts = prefixes[template]?.texts ?? [];
  return texts.reduce((sum, { text }) => sum + text.trim().length, 0) >= leastText;
}
