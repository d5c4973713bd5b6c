/** The commands of the command line, in the order of the help. */
import { adviseCommand } from "./advise.ts";
import { catalogueCommand } from "./catalogue.ts";
import type { Command } from "./command.ts";
import { corporaCommand } from "./corpora.ts";
import { driftCommand } from "./drift.ts";
import { hintsCommand } from "./hints.ts";
import { historyCommand } from "./history.ts";
import { judgeCommand } from "./judge.ts";
import { liveCommand } from "./live/live.ts";
import { oracleCommand } from "./oracle/oracle.ts";
import { policiesCommand } from "./policies.ts";
import { explainCommand, reportCommand } from "./report.ts";
import { sweepCommand } from "./sweep.ts";
import { validateTtftCommand } from "./validate-ttft.ts";

export const commands: readonly Command[] = [
  reportCommand,
  explainCommand,
  adviseCommand,
  hintsCommand,
  historyCommand,
  catalogueCommand,
  oracleCommand,
  liveCommand,
  sweepCommand,
  policiesCommand,
  corporaCommand,
  judgeCommand,
  driftCommand,
  validateTtftCommand,
];
