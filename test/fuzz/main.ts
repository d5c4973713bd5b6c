/**
 * `npm run fuzz [-- first-seed]`: a million random operations against plain structures. It prints its seeds as it goes,
 * and stops with the failing one; give that seed as the first to see it again.
 */
import { pairedPolicies, randomRun } from "../support/cache-pairs.ts";
import { randomEdgeOperations, randomTreeOperations } from "../support/random-trees.ts";

interface Campaign {
  readonly name: string;
  readonly operationsPerSeed: number;
  readonly seeds: number;
  run(seed: number, operations: number): void;
}

const campaigns: readonly Campaign[] = [
  { name: "edge table", operationsPerSeed: 5000, seeds: 40, run: randomEdgeOperations },
  { name: "radix tree", operationsPerSeed: 1000, seeds: 200, run: randomTreeOperations },
  ...pairedPolicies.map(
    (policy): Campaign => ({
      name: `cache, ${policy}`,
      operationsPerSeed: 100,
      seeds: policy === "unlimited" ? 600 : 2000,
      run: (seed, operations) => randomRun(seed, policy, operations),
    }),
  ),
];

function main(firstSeed: number): void {
  const started = Date.now();
  let operations = 0;
  for (const campaign of campaigns) {
    const lastSeed = firstSeed + campaign.seeds - 1;
    for (let seed = firstSeed; seed <= lastSeed; seed++) {
      try {
        campaign.run(seed, campaign.operationsPerSeed);
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
if (Number.isInteger(firstSeed)) main(firstSeed);
else {
  console.error(`"${process.argv[2]}" is no seed: give a whole number.`);
  process.exitCode = 2;
}
