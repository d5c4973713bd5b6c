/** How often a value changes, for people: what is not known is not said to be new in every call. */

import type { SegmentReport } from "../analysis/report.ts";
import { t } from "../words/l10n.ts";

type Claim = NonNullable<SegmentReport["scope"]>;

/** `session`, as it is declared; `unknown` where nothing tells. */
export function scopeWord({ scope, basis }: Claim): string {
  return basis === "unknown" ? t("unknown") : scope;
}

/** Behind a name at which something ends. */
export function ofNothingKnown(text: string): string {
  return t("{0}, of which nothing is known: declare how often it changes", text);
}
