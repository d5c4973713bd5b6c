/**
 * `drift`: rules of engines and providers that may be others by now, the oldest first. For whoever keeps the catalogue: a
 * rule that is looked at again gets a new date where it is written.
 */
import { UserError } from "../../config/settings.ts";
import { agedRules, agingRules, pastPolicies } from "../../core/policies/aging.ts";
import { learnedFrom } from "../../show/learned.ts";
import { count, plural } from "../../words/numbers.ts";
import { textTable } from "../../words/table.ts";
import { type Command, parseArguments } from "./command.ts";

const syntax = {
  name: "drift",
  operands: null,
  about: "rules of engines and providers that are older than so many days, the oldest first",
  note: "Exit code 1 where there are any.",
  settings: [],
  options: {
    days: { type: "string", word: "N", usage: "older than that", default: "90" },
    today: { type: "string", word: "DATE", usage: "as if it were that day, such as 2026-11-28" },
  },
} as const;

export const driftCommand: Command = {
  ...syntax,
  run(args, { print }) {
    const { values } = parseArguments(syntax, args);
    const days = Number(values.days);
    if (!Number.isInteger(days) || days < 0)
      throw new UserError(`--days takes a whole number from 0 on, not "${values.days}".`);
    const today = values.today === undefined ? Date.now() : Date.parse(values.today);
    if (Number.isNaN(today))
      throw new UserError(`--today takes a day such as 2026-11-28, not "${values.today}".`);
    const all = agedRules(agingRules(), today);
    const old = all.filter((rule) => rule.days > days);
    if (old.length > 0) {
      const rows = old.map((rule) => [
        rule.name,
        rule.asOf,
        `${count(rule.days)} days`,
        learnedFrom[rule.from],
      ]);
      print(
        textTable([["rule", "as of", "age", "learned from"], ...rows], (column) => column === 2).join("\n"),
      );
      print("");
    }
    print(`${count(old.length)} of ${plural(all.length, "rule")} are older than ${plural(days, "day")}.`);
    print(
      `Not among them, as they stand for versions that stay what they are: ${pastPolicies().join(", ")}.`,
    );
    return old.length > 0 ? 1 : 0;
  },
};
