/** Steps of the walkthrough that no command or setting tells of. */
import { commands } from "vscode";

/** What somebody has done, as the keys that `completionEvents` of package.json name. */
export const doneKeys = ["hasFixed", "hasScenario"] as const;
type Done = (typeof doneKeys)[number];

export function markDone(what: Done): Thenable<unknown> {
  return commands.executeCommand("setContext", `promptCacheLens.${what}`, true);
}
