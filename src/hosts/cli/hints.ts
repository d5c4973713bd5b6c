/** `hints PATH`: checkpoint-hints.json, or the same in the form that a server takes. */
import { UserError } from "../../config/settings.ts";
import { hintIntakes } from "../../core/policies/hint-intakes.ts";
import { drain } from "../../core/steps.ts";
import { engineHintsText } from "../../show/engine-hints-text.ts";
import { harmless } from "../../words/foreign.ts";
import { writeWhole } from "../node/write-whole.ts";
import { type Command, formatOption, json, parseArguments } from "./command.ts";
import { analysisOptions, onePath, openAnalysis, settingsNote } from "./open-analysis.ts";

const own = "own";
const forChoices = [own, ...hintIntakes.map(({ id }) => id)];

const syntax = {
  name: "hints",
  operands: onePath,
  about: "checkpoint-hints.json: where a server should keep states of these prompts, and what that is worth",
  note: settingsNote,
  settings: analysisOptions,
  options: {
    for: {
      type: "string",
      word: forChoices.join("|"),
      usage: "in our own form, or in one that a server takes",
      default: own,
      choices: forChoices,
    },
    format: {
      type: formatOption.type,
      word: formatOption.word,
      usage: `what is printed; json for ${own}, else text`,
      choices: formatOption.choices,
    },
    output: { type: "string", word: "FILE", usage: "write there instead of standard output" },
  },
} as const;

export const hintsCommand: Command = {
  ...syntax,
  async run(args, host) {
    const given = parseArguments(syntax, args);
    const { values } = given;
    const intake = hintIntakes.find(({ id }) => id === values.for);
    if (intake === undefined && values.format === "text") {
      throw new UserError(`--format is "text"; hints in our own form are json. --for names a server.`);
    }
    const { analyzer, files, settings } = await openAnalysis(given, host);
    const text = (): string => {
      if (intake === undefined) return json(drain(analyzer.hints(settings)));
      const hints = drain(analyzer.engineHints(settings, intake));
      return values.format === "json" ? json(hints) : engineHintsText(hints, files.documents);
    };
    if (values.output === undefined) process.stdout.write(shown(text(), process.stdout.isTTY));
    else writeText(values.output, text());
    return 0;
  },
};

/** A patch holds documents as they are, which a terminal must not take for commands. */
export function shown(text: string, isTerminal: boolean): string {
  return isTerminal ? text.split("\n").map(harmless).join("\n") : text;
}

function writeText(file: string, text: string): void {
  try {
    writeWhole(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`--output is "${file}", which cannot be written: ${reason}.`);
  }
}
