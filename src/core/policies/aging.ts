/** Which rules of the catalogue are of something that others change, and how old each is. */
import { providers } from "../providers/catalogue.ts";
import { hintIntakes } from "./hint-intakes.ts";
import { firstDay } from "./hosted.ts";
import type { Learned } from "./policy.ts";
import { policies } from "./registry.ts";

/** What others change, and how it was learned of. */
export interface AgingRule extends Learned {
  /** A policy, what a provider takes for a model, or hints that a server takes. */
  readonly name: string;
}

export interface AgedRule extends AgingRule {
  readonly days: number;
}

/** Of the catalogue: policies, prices that were looked up on a day of their own, and hints that servers take. */
export function agingRules(): readonly AgingRule[] {
  const ofPolicies = policies.flatMap(({ id, learned }) =>
    learned === undefined || learned.isOfPast ? [] : [{ name: id, ...learned }],
  );
  const ofPrices = providers.flatMap(({ id, pricesUsdPerMillion }) =>
    pricesUsdPerMillion.flatMap(({ model, asOf }): readonly AgingRule[] =>
      asOf === undefined
        ? []
        : [{ name: `${id}, price of ${model}`, asOf: firstDay(asOf), from: "documentation" }],
    ),
  );
  const ofIntakes = hintIntakes.map(({ id, learned }) => ({ name: `hints for ${id}`, ...learned }));
  return [...ofPolicies, ...ofPrices, ...ofIntakes];
}

/** Policies that stand for versions which are not the newest: their rules do not age. */
export function pastPolicies(): readonly string[] {
  return policies.flatMap(({ id, learned }) => (learned?.isOfPast === true ? [id] : []));
}

/** With their age on a day, the oldest first. */
export function agedRules(rules: readonly AgingRule[], today: number): readonly AgedRule[] {
  return rules
    .map((rule) => ({ ...rule, days: Math.floor((today - Date.parse(rule.asOf)) / millisecondsPerDay) }))
    .sort((a, b) => b.days - a.days);
}

const millisecondsPerDay = 24 * 60 * 60 * 1000;
