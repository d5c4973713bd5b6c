// From the facts on hosted prompt caches to the entries of src/core/providers/catalogue.ts.
// Where the facts are silent, a cautious value stands in, and the entry says so in a sentence under `assumptions`.
import { FactsError } from "./facts-error.mjs";

/** @typedef {any} Facts One rule of providers.json, or a part of one: its fields differ by provider. */

const file = "facts/providers.json";

/** @type {Record<string, string>} */
const writeEvents = {
  "end of user input": "inputEnd",
  "end of model output": "outputEnd",
  "common prefix of several requests once it is noticed": "commonPrefix",
  "every fixed number of tokens in long input or output (number not given)": "interval",
};

/** How we read what a rule says in words, and what stands in where it says nothing. @param {Facts} rule @returns {Facts} */
const simulationOf = (rule) => rule.simulation ?? {};

/** @param {string} table @param {string} key @param {Record<string, any>} entries */
function known(table, key, entries) {
  if (!(key in entries))
    throw new FactsError(
      file,
      table,
      `"${key}" is not known`,
      `write one of ${Object.keys(entries)
        .map((each) => `"${each}"`)
        .join(", ")}, or describe the new one there`,
    );
  return entries[key];
}

/** @param {Facts} rule @param {string[]} assumptions */
function matcher(rule, assumptions) {
  if (rule.unitsWrittenAt) {
    assumptions.push(
      "The interval at which units are written in long texts is not published: none is written.",
    );
    const writesAt = rule.unitsWrittenAt.map((/** @type {string} */ event) =>
      known(`the rule "${rule.id}", unitsWrittenAt`, event, writeEvents),
    );
    return { kind: "unit", writesAt, intervalTokens: null };
  }
  const marked =
    rule.maxBreakpoints ?? rule.maxWritesPerRequest ?? simulationOf(rule).marksPerRequest ?? null;
  return marked === null ? prefixRounded(rule, assumptions) : breakpoint(rule, marked, assumptions);
}

/** @param {Facts} rule @param {string[]} assumptions */
function prefixRounded(rule, assumptions) {
  const stepTokens = rule.stepTokens ?? rule.blockTokensRange?.[1] ?? 1;
  if (rule.blockTokensRange) {
    const [least, most] = rule.blockTokensRange;
    assumptions.push(
      `Blocks hold ${least} to ${most} tokens, by model: ${most} are assumed, which reuses least.`,
    );
  } else if (rule.stepTokens === null) {
    assumptions.push("No rounding is published: prefixes match at any token.");
  }
  assumptions.push("The model's answer is cached as well as the prompt.");
  if (/no guarantee|best effort/.test(`${rule.match} ${rule.activation}`)) {
    assumptions.push("The provider promises no hit: the numbers here are the most that can be expected.");
  }
  return { kind: "prefixRounded", stepTokens };
}

/** @param {Facts} rule @param {number} maxBreakpoints @param {string[]} assumptions */
function breakpoint(rule, maxBreakpoints, assumptions) {
  const latest = rule.matchConsidersLatestBreakpoints;
  const { lookbackAssumed, marksPerRequest, readsRenew, automaticMarker, readableFrom } = simulationOf(rule);
  if (lookbackAssumed !== undefined) {
    const back = lookbackAssumed === 1 ? "not at all" : `${lookbackAssumed} positions, as Anthropic`;
    assumptions.push(`How far back a marker looks is not published: ${back}.`);
  }
  if (marksPerRequest !== undefined)
    assumptions.push("A cache object is a marked prefix: the first request that marks it creates it.");
  if (readsRenew === "by analogy") assumptions.push("A read renews the lifetime, as with Anthropic.");
  if (readsRenew === "not published")
    assumptions.push("Whether a read renews the lifetime is not published: it does not.");
  return {
    kind: "breakpoint",
    maxBreakpoints,
    ...(rule.moreBreakpoints === "refused" && { refusesMore: true }),
    lookbackPositions: latest ?? rule.lookbackBlocks ?? lookbackAssumed ?? 1,
    lookbackFrom: latest ? "latest" : "eachMarker",
    ...(rule.lookbackToolRuns === "disputed" && { mayCountToolRunsOnce: true }),
    automaticMarker: automaticMarker ?? "never",
    isRenewedByReads: readsRenew === "said" || readsRenew === "by analogy",
    isMinimumPerMarker: /n times the minimum/.test(rule.note ?? ""),
    readableFrom: readableFrom ?? "arrival",
  };
}

/** @param {Facts} rule @param {string[]} assumptions */
function minimumTokens(rule, assumptions) {
  const minimum = rule.minPrefixTokens ?? rule.minPromptTokens ?? null;
  if (minimum === null) {
    assumptions.push("No minimum length is published: none is applied.");
    return [];
  }
  if (typeof minimum === "number") return [{ models: [], value: minimum }];
  return minimum.map((/** @type {Facts} */ { tokens, models }) => ({
    models: models.includes("all") ? [] : models,
    value: tokens,
  }));
}

/** @param {Facts} rule @param {string[]} assumptions */
function lifetimes(rule, assumptions) {
  const ttl = rule.ttlSeconds ?? null;
  const write = rule.writeMultiplier ?? null;
  const short = typeof write === "object" && write !== null ? (write.default ?? write["5m"]) : write;
  const long = typeof write === "object" && write !== null ? (write.long ?? write["1h"]) : null;
  if (write === null)
    assumptions.push("No price of writing is published: it is taken as that of plain input.");
  const one = (
    /** @type {string} */ id,
    /** @type {number | null} */ sure,
    /** @type {number | null} */ most,
    multiplier = short,
  ) => ({
    id,
    sureSeconds: sure,
    mostSeconds: most,
    writeMultiplier: multiplier,
  });
  if (ttl === null) {
    assumptions.push("No lifetime is published: nothing expires.");
    return [one("default", null, null)];
  }
  if (ttl.inMemoryIdleMin) {
    return [
      one("default", ttl.inMemoryIdleMin, ttl.inMemoryMax),
      one("extended", ttl.inMemoryIdleMin, ttl.extendedMax),
    ];
  }
  if (ttl.mostFromWriting) {
    assumptions.push("How long a prefix is sure to live is not published: as long as it can at most.");
    return [one("default", null, ttl.mostFromWriting)];
  }
  if (ttl.guaranteed) return [one("default", ttl.guaranteed, ttl.max)];
  const seconds = ttl.default ?? ttl.idle;
  if (seconds === undefined) {
    throw new FactsError(
      file,
      `the rule "${rule.id}"`,
      `ttlSeconds has no lifetime: ${JSON.stringify(ttl)}`,
      'give "default" or "idle" in seconds, or null where none is published',
    );
  }
  const usual = one("default", seconds, simulationOf(rule).ttlIsLeast ? null : seconds);
  return ttl.long ? [usual, one("long", ttl.long, ttl.long, long)] : [usual];
}

/** @param {Facts} rule @param {string[]} assumptions @param {Record<string, string[]>} families */
function readMultiplier(rule, assumptions, families) {
  const { readMultiplier: read = null, readMultiplierExceptions: exceptions = [] } = rule;
  if (read === null) {
    assumptions.push("No price of reading is published: it is taken as that of plain input.");
    return [];
  }
  const usual =
    typeof read === "number"
      ? [{ models: [], value: read }]
      : Object.entries(read).map(([family, value]) => ({
          models: known("families", family, families),
          value,
        }));
  return [...usual, ...exceptions];
}

/** @param {Facts} rule */
function notes(rule) {
  const said = [
    rule.note,
    rule.warning,
    rule.history,
    rule.fieldData,
    rule.check,
    rule.ttlRule,
    rule.writesRule,
  ];
  const more = [rule.concurrency, rule.extendedOption, rule.implicitBreakpoint, rule.explicitField];
  const invalidates = rule.invalidates ?? [];
  const storage = rule.storagePrice ? [`storage price: ${rule.storagePrice}`] : [];
  return [...said, ...more, ...invalidates, ...storage].filter((text) => text !== undefined);
}

/** @param {Facts} raw @param {Facts} facts */
function provider(raw, { rules, families }) {
  /** @type {string[]} */
  const assumptions = [];
  const { correction } = raw;
  const rule = { ...asOther(raw, rules, assumptions), ...correction?.change };
  if (rule.routing || /one (server|replica)/.test(rule.match)) {
    assumptions.push("All requests that share a prefix reach the same machine.");
  }
  return {
    id: rule.id,
    name: rule.provider,
    models: rule.models ?? null,
    asOf: rule.asOf,
    activation: rule.activation,
    rule: rule.match ?? null,
    order: rule.order ?? null,
    matcher: matcher(rule, assumptions),
    minimumTokens: minimumTokens(rule, assumptions),
    lifetimes: lifetimes(rule, assumptions),
    readMultiplier: readMultiplier(rule, assumptions, families),
    pricesUsdPerMillion: Object.entries(rule.pricesUsdPerMillion ?? {}).map(
      ([model, { miss, hit, ...more }]) => ({
        model,
        plain: miss,
        read: hit,
        ...more,
      }),
    ),
    surcharges: rule.surcharges ?? [],
    usageFields: Object.entries(rule.usageFields ?? {})
      .filter(([, field]) => field !== null)
      .map(([counts, field]) => ({ counts, field })),
    isCachedLeftOutOfInput: rule.usageFields?.total === "the sum of the three",
    routing: rule.routing ?? null,
    needsCacheKey: rule.needsCacheKey === true,
    parametersInvalidate: rule.parametersInvalidate === true,
    assumptions,
    conflicts: [...(rule.conflicts ?? []), ...(correction ? [correction.conflict] : [])],
    notes: notes(rule),
    sources: [
      ...rule.source.split("; "),
      ...(rule.orderSource ? [rule.orderSource] : []),
      ...(correction ? [correction.source] : []),
    ],
    confidence: rule.confidence,
  };
}

/** A rule "as OpenAI" takes what it does not say itself from OpenAI's rule with the same step. @param {Facts} raw @param {Facts[]} rules @param {string[]} assumptions */
function asOther(raw, rules, assumptions) {
  if (raw.match !== "as OpenAI") return raw;
  const model = rules.find((rule) => rule.provider === "OpenAI" && rule.stepTokens === raw.stepTokens);
  assumptions.push(`Lifetimes and prices as ${model.id}.`);
  const own = Object.fromEntries(
    Object.entries(raw).filter(([, value]) => typeof value !== "string" || !value.startsWith("as OpenAI")),
  );
  const { ttlSeconds, match, models, readMultiplier, writeMultiplier } = model;
  const conditions = ["writeMultiplier", "readMultiplier"]
    .map((field) => `${field}: ${raw[field]}`)
    .join("; ");
  return { ttlSeconds, match, models, readMultiplier, writeMultiplier, ...own, note: conditions };
}

/** What a request holds, as a rule says in which order it goes into the prefix. */
const parts = ["tools", "system", "messages"];

const required = ["id", "provider", "activation", "source", "asOf", "confidence"];

/** @param {Facts} facts @returns {object[]} */
export function providersOf(facts) {
  for (const [index, rule] of facts.rules.entries()) {
    for (const field of required) {
      if (typeof rule[field] === "string" && rule[field] !== "") continue;
      const where = `the rule "${rule.id ?? `number ${index + 1}`}"`;
      throw new FactsError(file, where, `${field} is missing`, "give it as a text; see facts/README.md");
    }
    for (const part of rule.order ?? []) {
      if (!parts.includes(part))
        throw new FactsError(
          file,
          `the rule "${rule.id}", order`,
          `"${part}" is not known`,
          `write ${parts.join(", ")}`,
        );
    }
  }
  return facts.rules.map((/** @type {Facts} */ rule) => provider(rule, facts));
}
