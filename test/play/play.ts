/** Caches, ledgers and templates in the notation of the tests. */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../../src/config/settings.ts";
import type { CacheSystem } from "../../src/core/cache/cache-system.ts";
import { PrefixCache } from "../../src/core/cache/prefix-cache.ts";
import { TunedMarconi } from "../../src/core/cache/tuned-marconi.ts";
import { parseBytes } from "../../src/core/cost/bytes.ts";
import { findPolicy, policies } from "../../src/core/policies/registry.ts";
import { outcomesText, treeText, Words } from "../support/cache-text.ts";
import { loadParseTools } from "../support/installed-grammars.ts";
import { ReplayText } from "../support/replay-text.ts";
import { showTemplate } from "../support/show-template.ts";
import { tinyCosts } from "../support/tiny-costs.ts";

export interface Sources {
  standardInput(): Promise<string>;
  file(path: string): Promise<string>;
}

const help = `npm run -s play -- POLICY CAPACITY          requests from standard input: what happens to each, and the tree at the end
npm run -s play -- ledger POLICY CAPACITY   requests in segments: where the tokens of each went
npm run -s play -- segments FILE            a template as the parser sees it; - is standard input
    --model hybrid|attention-only|recurrent   bytes per token and per checkpoint: 1 and 4 (default), 3 and 0, 0 and 5
    --block N    tokens of a block, where the policy has blocks (default 4)
    --name NAME  what standard input would be called, for its ending tells the format (default prompt.j2)

A request is a line, PROMPT | OUTPUT; every word is a token, and S×4 stands for S1 S2 S3 S4:
    S×4 a | b
For ledger, the prompt is in segments between slashes, NAME=WORDS; names in capitals are static text, the others holes:
    SYS=S×4 / name=ann / TAIL=t×3 | o`;

const options = {
  model: { type: "string", default: "hybrid" },
  block: { type: "string", default: "4" },
  name: { type: "string", default: "prompt.j2" },
  help: { type: "boolean", short: "h", default: false },
} as const;

type Values = { readonly model: string; readonly block: string };

/** Throws `UserError` or, for a capacity that is none, `CostError`. */
export async function play(args: readonly string[], sources: Sources): Promise<string> {
  const { values, positionals } = parse(args);
  const [first, ...rest] = positionals;
  if (first === undefined || first === "help" || values.help) return help;
  if (first === "segments") return segments(rest, values.name, sources);
  if (first === "ledger") {
    const cache = cacheOf(rest, values);
    const lines = requestsOf(await sources.standardInput());
    for (const line of lines) checkSegments(line);
    return new ReplayText(lines.join("\n")).fates(cache);
  }
  const cache = cacheOf(positionals, values);
  const words = new Words();
  const outcomes = outcomesText(cache, words, requestsOf(await sources.standardInput()).join("\n"));
  const tree = treeOf(cache);
  return tree === null ? outcomes : `${outcomes}\n${treeText(tree, words)}`;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : error}\n\n${help}`);
  }
}

function cacheOf([id, capacity, ...others]: readonly string[], { model, block }: Values): CacheSystem {
  const policy = findPolicy(id ?? "");
  if (policy === undefined) {
    const known = policies.map((each) => each.id).join(", ");
    throw new UserError(`"${id ?? ""}" is no policy. There are ${known}.`);
  }
  if (capacity === undefined) throw new UserError(`Say how much ${policy.id} may hold, such as 20B.`);
  if (others.length > 0)
    throw new UserError(`"${others[0]}" is one too many; requests come from standard input.`);
  const cost = Object.entries(tinyCosts).find(([name]) => name === model)?.[1];
  if (cost === undefined) {
    throw new UserError(`--model is "${model}"; give one of ${Object.keys(tinyCosts).join(", ")}.`);
  }
  if (!/^[1-9]\d{0,3}$/.test(block))
    throw new UserError(`--block is "${block}"; give a whole number from 1 on.`);
  return policy.create({ cost, capacityBytes: parseBytes(capacity), engineBlockTokens: Number(block) });
}

/** `null` where the cache is no tree, or one that stands behind something else. */
function treeOf(cache: CacheSystem): PrefixCache | null {
  if (cache instanceof PrefixCache) return cache;
  return cache instanceof TunedMarconi ? cache["cache"] : null;
}

function requestsOf(input: string): readonly string[] {
  const lines = input.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0)
    throw new UserError("There is no request: give one a line on standard input, such as S×4 a | b");
  for (const line of lines) {
    if (line.split("|").length > 2)
      throw new UserError(`"${line}" has more than one |, which parts prompt and output.`);
    const wrong = line
      .split(/[\s|/=]+/)
      .find((word) => word.includes("×") && !/^[^×]+×[1-9]\d{0,5}$/.test(word));
    if (wrong !== undefined)
      throw new UserError(`"${wrong}" is no run of tokens; S×4 stands for S1 S2 S3 S4.`);
  }
  return lines;
}

function checkSegments(line: string): void {
  for (const part of line.split("|")[0]!.split("/")) {
    if (!/^\s*[^\s=]+=[^=]*$/.test(part)) {
      throw new UserError(`"${part.trim()}" is no segment; write NAME=WORDS, such as SYS=S×4.`);
    }
  }
}

async function segments(
  [file, ...others]: readonly string[],
  name: string,
  sources: Sources,
): Promise<string> {
  if (file === undefined || others.length > 0)
    throw new UserError("segments needs one file, or - for standard input.");
  const content = file === "-" ? await sources.standardInput() : await readText(file, sources);
  const path = file === "-" ? name : file;
  const shown = showTemplate(path, content, await loadParseTools());
  if (shown !== "") return shown;
  throw new UserError(`${basename(path)} holds no prompt that is known by its name and content.`);
}

async function readText(file: string, sources: Sources): Promise<string> {
  try {
    return await sources.file(file);
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
