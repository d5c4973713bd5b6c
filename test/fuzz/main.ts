/**
 * `npm run fuzz [-- first-seed]`: a million random operations against plain structures, the files of the corpora cut at
 * random places, and 10,000 operations on one session against a fresh one. `-- first-seed name` runs one campaign. It prints its seeds as it goes, and stops with the failing one; give that seed as the first to see
 * it again.
 */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import type { ParseTools, SourceDocument } from "../../src/prompt/format.ts";
import { pairedPolicies, randomRun } from "../support/cache-pairs.ts";
import { corpusFolders, hasCorpora, readCorpus } from "../support/corpora.ts";
import { cutsOf, fewOfEachFormat, parseFault, prefixesOf } from "../support/cut-corpora.ts";
import { loadParseTools } from "../support/installed-grammars.ts";
import { randomEdgeOperations, randomTreeOperations } from "../support/random-trees.ts";
import { sessionLife } from "../support/session-life.ts";

interface Campaign {
  readonly name: string;
  readonly operationsPerSeed: number;
  readonly seeds: number;
  run(seed: number, operations: number, tools: ParseTools): void | Promise<void>;
}

const corpora = hasCorpora() ? corpusFolders().flatMap((folder) => readCorpus(folder)) : [];
const prefixes = fewOfEachFormat(corpora, 3).flatMap(prefixesOf);

/** Throws for the first document whose parse breaks a promise. */
function parseAll(documents: readonly SourceDocument[], tools: ParseTools): void {
  for (const document of documents) {
    const fault = parseFault(document, tools);
    if (fault !== null) throw new Error(`${document.path}: ${fault}\n${JSON.stringify(document.text)}`);
  }
}

const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));

/** Throws where a session holds something else than a fresh one, now and then and at the end. */
async function liveOneLife(seed: number, operations: number): Promise<void> {
  let comparisons = 0;
  for await (const { operation, session, fresh } of sessionLife({
    ...{ seed, operations, compareEvery: 250, tokenizer },
  })) {
    const at = `seed ${seed}, after ${operation} operations`;
    if (fresh.report === null) throw new Error(`${at}: there is no report`);
    if (!isDeepStrictEqual(session, fresh)) {
      throw new Error(`${at}\n  is:     ${JSON.stringify(session)}\n  should: ${JSON.stringify(fresh)}`);
    }
    comparisons++;
  }
  console.log(`seed ${seed}: ${comparisons} comparisons of one session with a fresh one`);
}

const campaigns: readonly Campaign[] = [
  {
    name: "half-typed files",
    operationsPerSeed: corpora.length * 10,
    seeds: 3,
    run: (seed, _, tools) =>
      parseAll(
        corpora.flatMap((document) => cutsOf(document, seed, 10)),
        tools,
      ),
  },
  {
    name: "every prefix",
    operationsPerSeed: prefixes.length,
    seeds: 1,
    run: (_seed, _operations, tools) => parseAll(prefixes, tools),
  },
  { name: "one session", operationsPerSeed: 10_000, seeds: 1, run: liveOneLife },
  { name: "edge table", operationsPerSeed: 5000, seeds: 40, run: randomEdgeOperations },
  { name: "radix tree", operationsPerSeed: 1000, seeds: 200, run: randomTreeOperations },
  ...([...pairedPolicies, "in flight"] as const).map(
    (policy): Campaign => ({
      name: `cache, ${policy}`,
      operationsPerSeed: 100,
      seeds: policy === "unlimited" ? 600 : 2000,
      run: (seed, operations) => randomRun(seed, policy, operations),
    }),
  ),
];

async function main(firstSeed: number, only: string | undefined): Promise<void> {
  const tools = await loadParseTools();
  const started = Date.now();
  let operations = 0;
  for (const campaign of campaigns.filter(({ name }) => only === undefined || name === only)) {
    const lastSeed = firstSeed + campaign.seeds - 1;
    for (let seed = firstSeed; seed <= lastSeed; seed++) {
      try {
        await campaign.run(seed, campaign.operationsPerSeed, tools);
      } catch (error) {
        console.error(`${campaign.name}: ${error instanceof Error ? error.message : error}`);
        process.exitCode = 1;
        return;
      }
      operations += campaign.operationsPerSeed;
    }
    const seconds = ((Date.now() - started) / 1000).toFixed(0);
    console.log(
      `${campaign.name.padEnd(22)} seeds ${firstSeed} to ${lastSeed}: equal; ${operations} operations, ${seconds} s`,
    );
  }
}

const firstSeed = Number(process.argv[2] ?? 1);
if (Number.isInteger(firstSeed)) void main(firstSeed, process.argv[3]);
else {
  console.error(`"${process.argv[2]}" is no seed: give a whole number.`);
  process.exitCode = 2;
}
