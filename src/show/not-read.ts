/** Problems of files that are none of their authors': places that could not be read, and say why. */
import type { DocumentProblem } from "../analysis/report.ts";

export function isNotRead({ severity }: Pick<DocumentProblem, "severity">): boolean {
  return severity === "information";
}
