/** Names one after another, as a sentence holds them. */
import { t } from "./l10n.ts";
import { count } from "./numbers.ts";

/** "a, b and c". */
export function listed(names: readonly string[]): string {
  const last = names.at(-1);
  if (names.length < 2 || last === undefined) return names.join("");
  return t("{names} and {last}", { names: names.slice(0, -1).join(", "), last });
}

/** "a, b and 3 more"; `more` counts those that are not named. */
export function enumerated(names: readonly string[], more: number): string {
  const named = names.join(", ");
  return more > 0 ? t("{named} and {more} more", { named, more: count(more) }) : named;
}
