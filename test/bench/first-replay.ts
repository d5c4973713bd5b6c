/** `npx tsx test/bench/first-replay.ts TRACE POLICY`: milliseconds of the only replay of a process, which compiles on the way. */

import { replayArtifact } from "../../src/core/cache/artifact/replay.ts";
import { artifactModel } from "../../src/hosts/cli/oracle/marconi.ts";
import { oracleFile } from "../support/oracle-traces.ts";
import { artifactPolicies, goldenTraces } from "./golden-runs.ts";
import { once } from "./timing.ts";

const [trace, title] = process.argv.slice(2);
const { name, capacityBytes, multiplier } = goldenTraces.find((golden) => golden.name === trace)!;
const [, policy] = artifactPolicies(multiplier).find(([known]) => known === title)!;
const { requests, models } = oracleFile(name);
const model = artifactModel(models["hybrid7b"]!);
console.log(once(() => replayArtifact(requests, model, capacityBytes, policy)));
