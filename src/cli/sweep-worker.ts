/** Entry point of the workers of `sweep`: a job in, a row out. A mistake of the user comes back as text. */
import { UserError } from "../analysis/settings.ts";
import { CostError } from "../core/cost/cost-error.ts";
import { type NamedRow, runJob, type SweepJob } from "./sweep-job.ts";

export type SweepAnswer = { readonly row: NamedRow } | { readonly userError: string };

export function answer(job: SweepJob): SweepAnswer {
  try {
    return { row: runJob(job) };
  } catch (error) {
    if (error instanceof UserError || error instanceof CostError) return { userError: error.message };
    throw error;
  }
}
