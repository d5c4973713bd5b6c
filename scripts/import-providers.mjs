// Turns the reference facts on hosted prompt caches into the typed catalogue src/core/providers/catalogue.ts.
// node scripts/import-providers.mjs [--check] [folder, default ../shared/facts]
// With --check nothing is written: the exit code says whether the catalogue is what the facts give.
// Where the facts are silent, a cautious value stands in, and the entry says so in a sentence under `assumptions`.
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { root } from "./lib/run.mjs";

/** @typedef {any} Facts One rule of providers.json, or a part of one: its fields differ by provider. */

const isCheck = process.argv.includes("--check");
const [given] = process.argv.slice(2).filter((argument) => argument !== "--check");
const folder = resolve(given ?? join(root, "../shared/facts"));
const target = "src/core/providers/catalogue.ts";

/** How the model names of a family begin, for families that the facts describe in words. @type {Record<string, string[]>} */
const families = {
  "gpt-4o and o-series": ["gpt-4o", "o1", "o3", "o4"],
  "gpt-4.1": ["gpt-4.1"],
  "gpt-5 family before 5.6": ["gpt-5"],
  "2.5 and newer": [],
  "2.0": ["2.0"],
  "v4-flash": ["v4-flash", "v4.1-flash", "deepseek-flash"],
  "v4-pro": ["v4-pro"],
};

/**
 * What stored copies of the providers' own pages say (2026-10); the facts' own value stays visible among the conflicts.
 * @type {Record<string, { change: Facts, conflict: string, source: string }>}
 */
const corrections = {
  anthropic: {
    change: {},
    conflict:
      "some copies say up to 20 blocks before a marker; the page counts the marker's own position as the first of 20, with blocks 35 to 16 as its example",
    source: "platform.claude.com, prompt caching page, automatic prefix checking: lookback",
  },
  deepseek: {
    change: { readMultiplier: { "v4-flash": 0.02, "v4-pro": 0.0333 }, pricesUsdPerMillion: {} },
    conflict:
      "a third party's table of 2026-05 gives prices of 0.028 / 0.139 (v4-flash) and 0.139 / 1.667 USD (v4-pro), that is 0.201 and 0.083; the provider's page gives 0.02 / 1 and 0.15 / 4.5 yuan",
    source: "api-docs.deepseek.com, quick_start/pricing (V4.1-Flash-1017, V4-Pro-0813): read multipliers",
  },
};

/** A marked prefix lives on from its last read: said by Anthropic and Alibaba; assumed where a rule copies theirs. */
const renewedByReads = new Set(["anthropic", "alibaba-explicit"]);
const renewedByAnalogy = new Set(["bedrock-claude", "bedrock-nova", "minimax"]);
/** Their lifetime is the least that is promised ("minimum lifetime", OpenAI's schema of prompt_cache_options). */
const leastLifetimes = new Set(["openai-gpt-5.6"]);
/** @type {Record<string, string>} */
const automaticMarkers = { "openai-gpt-5.6": "always", anthropic: "optional" };
/** @type {Record<string, string>} */
const readableFrom = { anthropic: "answerStart", "alibaba-explicit": "answerEnd" };
/** @type {Record<string, string>} */
const writeEvents = {
  "end of user input": "inputEnd",
  "end of model output": "outputEnd",
  "common prefix of several requests once it is noticed": "commonPrefix",
  "every fixed number of tokens in long input or output (number not given)": "interval",
};

/** @param {string} table @param {string} key @param {Record<string, any>} entries */
function known(table, key, entries) {
  if (!(key in entries))
    throw new Error(`${target}: ${table} does not know "${key}": teach it to the script.`);
  return entries[key];
}

/** @param {Facts} rule @param {string[]} assumptions */
function matcher(rule, assumptions) {
  if (rule.unitsWrittenAt) {
    assumptions.push(
      "The interval at which units are written in long texts is not published: none is written.",
    );
    const writesAt = rule.unitsWrittenAt.map((/** @type {string} */ event) =>
      known("writeEvents", event, writeEvents),
    );
    return { kind: "unit", writesAt, intervalTokens: null };
  }
  const marked =
    rule.maxBreakpoints ?? rule.maxWritesPerRequest ?? (rule.id === "gemini-explicit" ? 1 : null);
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
  const { id } = rule;
  const latest = rule.matchConsidersLatestBreakpoints;
  const isNamed = id === "gemini-explicit";
  if (id === "minimax")
    assumptions.push("How far back a marker looks is not published: 20 positions, as Anthropic.");
  if (id === "bedrock-nova") assumptions.push("How far back a marker looks is not published: not at all.");
  if (isNamed)
    assumptions.push("A cache object is a marked prefix: the first request that marks it creates it.");
  if (renewedByAnalogy.has(id)) assumptions.push("A read renews the lifetime, as with Anthropic.");
  if (id === "openai-gpt-5.6")
    assumptions.push("Whether a read renews the lifetime is not published: it does not.");
  return {
    kind: "breakpoint",
    maxBreakpoints,
    lookbackPositions: latest ?? rule.lookbackBlocks ?? (id === "minimax" ? 20 : 1),
    lookbackFrom: latest ? "latest" : "eachMarker",
    automaticMarker: automaticMarkers[id] ?? "never",
    isRenewedByReads: renewedByReads.has(id) || renewedByAnalogy.has(id),
    isMinimumPerMarker: /n times the minimum/.test(rule.note ?? ""),
    readableFrom: readableFrom[id] ?? "arrival",
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
  const short = typeof write === "object" && write !== null ? write["5m"] : write;
  const long = typeof write === "object" && write !== null ? write["1h"] : null;
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
  if (ttl.guaranteed) return [one("default", ttl.guaranteed, ttl.max)];
  const seconds = ttl.default ?? ttl.idle;
  if (seconds === undefined) throw new Error(`${rule.id}: no lifetime in ${JSON.stringify(ttl)}.`);
  const usual = one("default", seconds, leastLifetimes.has(rule.id) ? null : seconds);
  return ttl.long ? [usual, one("long", ttl.long, ttl.long, long)] : [usual];
}

/** @param {Facts} rule @param {string[]} assumptions */
function readMultiplier(rule, assumptions) {
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

/** @param {Facts} raw @param {Facts[]} rules */
function provider(raw, rules) {
  /** @type {string[]} */
  const assumptions = [];
  const correction = corrections[raw.id];
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
    matcher: matcher(rule, assumptions),
    minimumTokens: minimumTokens(rule, assumptions),
    lifetimes: lifetimes(rule, assumptions),
    readMultiplier: readMultiplier(rule, assumptions),
    pricesUsdPerMillion: Object.entries(rule.pricesUsdPerMillion ?? {}).map(([model, { miss, hit }]) => ({
      model,
      plain: miss,
      read: hit,
    })),
    usageFields: Object.entries(rule.usageFields ?? {})
      .filter(([, field]) => field !== null)
      .map(([counts, field]) => ({ counts, field })),
    isCachedLeftOutOfInput: rule.usageFields?.total === "the sum of the three",
    routing: rule.routing ?? null,
    assumptions,
    conflicts: [...(rule.conflicts ?? []), ...(correction ? [correction.conflict] : [])],
    notes: notes(rule),
    sources: [...rule.source.split("; "), ...(correction ? [correction.source] : [])],
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

/** @param {string} source */
function formatted(source) {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const run = spawnSync(process.execPath, [biome, "format", `--stdin-file-path=${target}`], {
    cwd: root,
    input: source,
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

const facts = JSON.parse(await readFile(join(folder, "providers.json"), "utf8"));
const entries = facts.rules.map((/** @type {Facts} */ rule) => provider(rule, facts.rules));
const text = formatted(
  [
    `// Generated by scripts/import-providers.mjs from providers.json (as of ${facts.asOf}). Do not edit: change the facts or the script, and run it again.`,
    'import type { Provider } from "./provider.ts";',
    "",
    `export const providers: readonly Provider[] = ${JSON.stringify(entries)};`,
    "",
  ].join("\n"),
);
const path = join(root, target);
if (!isCheck) {
  await writeFile(path, text);
  console.log(`${target}: ${entries.length} providers, ${text.length} characters`);
} else if ((await readFile(path, "utf8")) !== text) {
  console.error(`${target} is not what the facts give: run node scripts/import-providers.mjs.`);
  process.exitCode = 1;
}
