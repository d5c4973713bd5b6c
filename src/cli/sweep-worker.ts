/** Entry point of the workers of `sweep`: a job in, a row out. */
import { drain } from "../core/steps.ts";
import { answerSteps, type SweepAnswer, type SweepJob } from "./sweep-job.ts";

export function answer(job: SweepJob): SweepAnswer {
  return drain(answerSteps(job));
}
