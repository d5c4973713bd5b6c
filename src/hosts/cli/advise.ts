/** `advise PATH`: what to set, and what it gives on the workload of these prompts. */
import { drain } from "../../core/steps.ts";
import { adviceText } from "../../show/advice-text.ts";
import { type Command, formatOption, json, parseArguments } from "./command.ts";
import { analysisOptions, onePath, openAnalysis, settingsNote } from "./open-analysis.ts";

const syntax = {
  name: "advise",
  operands: onePath,
  about: "settings of a server, or breakpoints of a hosted API, that are better for these prompts",
  note: settingsNote,
  settings: analysisOptions,
  options: { format: formatOption },
} as const;

export const adviseCommand: Command = {
  ...syntax,
  async run(args, host) {
    const given = parseArguments(syntax, args);
    const { analyzer, settings } = await openAnalysis(given, host);
    const advice = drain(analyzer.advise(settings));
    process.stdout.write(given.values.format === "json" ? json(advice) : adviceText(advice));
    return 0;
  },
};
