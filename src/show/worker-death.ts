/** What is said of a worker that has died. */
import type { DashboardState } from "../protocol/dashboard.ts";
import { t } from "../words/l10n.ts";

type Status = DashboardState["status"];

export function stuckStatus(path: string): Status {
  const message = t(
    "The analysis did not get past {0}. It goes on without that file until it changes, or until the analysis is refreshed.",
    path,
  );
  return { kind: "failed", message };
}

/** `isAgain` where the one before it did not come to an answer either. The reason is a clause. */
export function stoppedStatus(reason: string, isAgain: boolean): Status {
  const message = isAgain
    ? t("The analysis stopped unexpectedly ({0}). It starts again with the next change.", reason)
    : t("The analysis stopped unexpectedly ({0}). It starts again now.", reason);
  return { kind: "failed", message };
}
