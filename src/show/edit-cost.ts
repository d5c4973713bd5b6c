/** What an edit of a prompt's text re-writes: a cache reuses a request up to the first token that is another one. */
import type { TemplateRow } from "../analysis/report.ts";
import { instructionReadersOf } from "../prompt/instruction-readers.ts";
import { plural } from "../words/numbers.ts";

/** A sentence without its full stop, about an edit behind so many tokens of the prompt; empty where it is never sent. */
export function editCost(
  {
    requests,
    usage,
    path,
    promptTokensMean,
  }: Pick<TemplateRow, "requests" | "usage" | "path" | "promptTokensMean">,
  tokensBefore: number,
): string {
  if (requests === 0) return "";
  const behind = `re-writes up to ${plural(Math.max(0, promptTokensMean - tokensBefore), "token")} of each request`;
  if (usage !== "instructions") return behind;
  const seen = instructionReadersOf(path).map(({ agent, readPer }) =>
    readPer === "session" ? `${agent} sees it in its next session` : `${agent} sees it at once`,
  );
  return [`${behind}, with the conversation behind the file`, ...seen].join("; ");
}
