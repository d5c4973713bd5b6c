/** Entry point of the threads of `sweep`: a job in, a row out. */
import { parentPort } from "node:worker_threads";
import { invariant } from "../../core/invariant.ts";
import { drain } from "../../core/steps.ts";
import { answerSteps, type SweepJob } from "./sweep-job.ts";

const port = parentPort;
invariant(port !== null, "the worker was started outside of a thread");
port.on("message", (job: SweepJob) => port.postMessage(drain(answerSteps(job))));
