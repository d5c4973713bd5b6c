/** Findings and problems of a report as the problems view takes them, without the editor's types. */

import type { Report } from "../analysis/report.ts";
import type { TextRange } from "../prompt/text.ts";
import { t } from "../words/l10n.ts";
import { isNotRead } from "./not-read.ts";

export interface DiagnosticEntry {
  readonly range: TextRange;
  readonly severity: "error" | "warning" | "information";
  readonly message: string;
  /** Rule id; `null` for what could not be understood, which no page explains. */
  readonly rule: string | null;
  readonly related: readonly { readonly path: string; readonly range: TextRange; readonly message: string }[];
}

export function diagnosticEntries(
  report: Pick<Report, "scenario" | "findings" | "problems">,
): ReadonlyMap<string, readonly DiagnosticEntry[]> {
  const entries = new Map<string, DiagnosticEntry[]>();
  const add = (path: string, entry: DiagnosticEntry) => {
    const known = entries.get(path);
    if (known === undefined) entries.set(path, [entry]);
    else known.push(entry);
  };
  const { vocabulary } = report.scenario;
  const told = (detail: string) =>
    vocabulary.isExact
      ? detail
      : t("{detail} Tokens are counted with {id}: approximate.", { detail, id: vocabulary.id });
  for (const { path, range, severity, message, detail, rule, related } of report.findings) {
    if (severity === "hint") continue;
    const more = { path, range, message: told(detail) };
    add(path, { range, severity, rule, related: [more, ...related], message });
  }
  for (const problem of report.problems) {
    // It is said in the report: nobody has to mend it.
    if (isNotRead(problem)) continue;
    const { path, range, severity, message } = problem;
    // Not ours to call an error: the file may be right for the tool that it was written for.
    add(path, {
      range,
      severity: severity === "error" ? "warning" : "information",
      message,
      rule: null,
      related: [],
    });
  }
  return entries;
}
