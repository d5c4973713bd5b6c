/** `npm run bench [-- simulator | evictions | replays | tokenizers | edits [CHECKOUT]]`: all benchmarks in one table, ours beside the reference of the same run. */
import { bench as edits } from "./edits.ts";
import { bench as evictions } from "./evictions.ts";
import { bench as replays } from "./replays.ts";
import { formatRows } from "./row.ts";
import { bench as simulator } from "./simulator.ts";
import { bench as tokenizers } from "./tokenizers.ts";

const benches = { simulator, evictions, replays, tokenizers, edits } as const;

async function main(only: string | undefined, checkout: string | undefined): Promise<void> {
  const names = Object.keys(benches) as (keyof typeof benches)[];
  const chosen = names.filter((name) => only === undefined || name === only);
  if (chosen.length === 0) {
    console.error(`No benchmark is called "${only}": ${names.join(", ")}.`);
    process.exitCode = 2;
    return;
  }
  const rows = [];
  for (const name of chosen) rows.push(...(await (name === "edits" ? edits(checkout) : benches[name]())));
  console.log(formatRows(rows));
  console.log(memoryAtTheEnd());
}

function memoryAtTheEnd(): string {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  // Kibibytes, unlike the others.
  const peak = process.resourceUsage().maxRSS * 1024;
  return `Memory of the process at the end: ${mebibytes(rss)} resident (at most ${mebibytes(peak)}), ${mebibytes(heapUsed)} of heap and ${mebibytes(arrayBuffers)} of array buffers in use.`;
}

void main(process.argv[2], process.argv[3]);
