import type { Report } from "../analysis/report.ts";

/** Stands before every token number that another model's vocabulary counted. */
export function approximation(scenario: Report["scenario"]): "" | "≈ " {
  return scenario.vocabulary.isExact ? "" : "≈ ";
}
