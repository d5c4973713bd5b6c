/** What is said of a worker that has died. */
import { t } from "../../words/l10n.ts";

export function stuckText(path: string): string {
  return t(
    "The analysis did not get past {0}. It goes on without that file until it changes, or until the analysis is refreshed.",
    path,
  );
}

/** `isAgain` where the one before it did not come to an answer either. The reason is a clause. */
export function stoppedText(reason: string, isAgain: boolean): string {
  return isAgain
    ? t("The analysis stopped unexpectedly ({0}). It starts again with the next change.", reason)
    : t("The analysis stopped unexpectedly ({0}). It starts again now.", reason);
}
