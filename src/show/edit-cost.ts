/** What an edit of a prompt's text re-writes: a cache reuses a request up to the first token that is another one. */
import type { TemplateRow } from "../analysis/report.ts";
import { instructionReadersOf } from "../prompt/instruction-readers.ts";
import { t } from "../words/l10n.ts";
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
  const tokens = plural(Math.max(0, promptTokensMean - tokensBefore), "token");
  if (usage !== "instructions") return t("re-writes up to {0} of each request", tokens);
  const seen = instructionReadersOf(path).map(({ agent, readPer }) =>
    readPer === "session" ? t("{0} sees it in its next session", agent) : t("{0} sees it at once", agent),
  );
  return [
    t("re-writes up to {0} of each request, with the conversation behind the file", tokens),
    ...seen,
  ].join("; ");
}
