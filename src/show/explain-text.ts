/** One request explained in steps that a person can follow with a pencil: what is multiplied and added stands on the page. */
import type { ExplainedRequest, TokenSource } from "../analysis/describe-request.ts";
import { findPolicy } from "../core/policies/registry.ts";
import { harmlessLines } from "../words/foreign.ts";
import { addedMilliseconds, bytes, count, flops, plural, seconds, tenths } from "../words/numbers.ts";
import { fateName } from "./fate-names.ts";

type PositionOf = (path: string, offset: number) => { line: number; column: number };

const changesShown = 12;
const stepsShown = 12;

export function explainText(request: ExplainedRequest, positionOf: PositionOf): string {
  const isHosted = isHostedPolicy(request);
  const lines = [
    `Request ${request.request}: ${request.template}, conversation ${request.session}, turn ${request.turn}, at ${seconds(request.arrivalSeconds)}`,
    `${count(request.promptTokens)} prompt tokens, ${count(request.outputTokens)} of output; ${request.policy}, ${request.model}`,
    "",
    ...(isHosted ? hostedLines(request) : pathLines(request)),
    "",
    ...historyLines(request),
    ...spanLines(request, positionOf),
    ...reasonLines(request, positionOf),
    "",
    ...timeLines(request),
    "",
    isHosted ? priceLine(request) : leftBehindLine(request),
  ];
  return `${harmlessLines(lines)}\n`;
}

/** A provider tells where the prefixes end that it holds, and nothing of bytes. */
function hostedLines({ held, reusedTokens, promptTokens }: ExplainedRequest): string[] {
  const ends = held.checkpoints;
  const shown = ends.slice(-stepsShown).map(count).join(", ");
  return [
    "What the provider held of this prompt when the request came",
    ends.length === 0
      ? "  nothing that this prompt begins with"
      : `  prefixes that end at token ${ends.length > stepsShown ? "…, " : ""}${shown}`,
    `  read from the cache: ${count(reusedTokens)} of ${count(promptTokens)} tokens`,
  ];
}

function pathLines(request: ExplainedRequest): string[] {
  const { path, held, kvBytesPerToken, checkpointBytes } = request;
  const title = "The path of this prompt through what the cache held when the request came";
  if (path.length === 0) return [title, "  nothing of it was held", ...reuseLines(request)];
  const checkpoints = checkpointBytes === 0 ? 0 : held.checkpoints.length;
  const kvBytes = held.cachedTokens * kvBytesPerToken;
  const states =
    checkpointBytes === 0 ? "" : `; ${plural(checkpoints, "checkpoint")} of ${bytes(checkpointBytes)}`;
  return [
    title,
    ...(path.length > stepsShown ? [`  … ${count(path.length - stepsShown)} steps before`] : []),
    ...path.slice(-stepsShown).map((step) => stepLine(request, step)),
    `  in all ${plural(held.cachedTokens, "token")} x ${bytes(kvBytesPerToken)} = ${bytes(kvBytes)} of KV${states}`,
    ...reuseLines(request),
  ];
}

function stepLine(request: ExplainedRequest, step: ExplainedRequest["path"][number]): string {
  const tokens = step.end - step.start;
  const cells = [
    rangeText(step.start, step.end),
    count(tokens).padStart(8),
    (step.isReused ? "reused" : "matched").padEnd(8),
    `${bytes(tokens * request.kvBytesPerToken)} of KV`.padEnd(16),
    (step.hasCheckpoint && request.checkpointBytes > 0 ? `checkpoint at ${count(step.end)}` : "").padEnd(20),
    `left by ${nameOf(request, step.leftBy)}`,
  ];
  return `  ${cells.join("  ")}`;
}

function reuseLines(request: ExplainedRequest): string[] {
  const { held, checkpointBytes, reusedTokens, linkedTokens, restored, sentTokens, missingCheckpoint } =
    request;
  const blocks = request.blockTokens > 1 ? `, in whole blocks of ${count(request.blockTokens)}` : "";
  const basis = checkpointBytes === 0 || reusedTokens === 0 ? "" : ", up to the deepest usable checkpoint";
  const lines = [
    `  matched ${plural(Math.min(held.cachedTokens, request.promptTokens), "token")} of the ${count(sentTokens)} that somebody had sent before`,
    `  reused ${plural(reusedTokens, "token")}${blocks}${basis}`,
  ];
  for (const { from, start, end } of restored) {
    lines.push(`  of these, ${count(start)} to ${count(end)} came back from ${from}`);
  }
  if (linkedTokens > 0) {
    lines.push(
      `  linked ${plural(linkedTokens, "token")}, computed without what stands before them: the answer is approximate`,
    );
  }
  if (missingCheckpoint !== null) {
    const { at, nearest } = missingCheckpoint;
    const kept = nearest === 0 ? "none was kept before it" : `the nearest one kept is at ${count(nearest)}`;
    lines.push(
      `  a checkpoint was missing at token ${count(at)}: ${kept}, ${plural(at - nearest, "token")} short`,
    );
  }
  return lines;
}

function historyLines(request: ExplainedRequest): string[] {
  const { history } = request;
  if (history.length === 0) return [];
  const from = Math.max(0, history.length - changesShown);
  const lines = ["How that came about"];
  if (from > 0) lines.push(`  … ${count(from)} earlier changes`);
  return [...lines, ...history.slice(from).map((change) => changeLine(request, change)), ""];
}

function changeLine(request: ExplainedRequest, change: ExplainedRequest["history"][number]): string {
  const parts: string[] = [];
  if (change.cachedAfter !== change.cachedBefore) {
    parts.push(`${count(change.cachedBefore)} held tokens became ${count(change.cachedAfter)}`);
  }
  if (change.keptCheckpoints.length > 0) parts.push(`kept ${placesOf(request, change.keptCheckpoints)}`);
  if (change.evictedCheckpoints.length > 0)
    parts.push(`lost ${placesOf(request, change.evictedCheckpoints)}`);
  return `  ${nameOf(request, change.request)}: ${parts.join("; ")}`;
}

function placesOf(request: ExplainedRequest, positions: readonly number[]): string {
  const what = isHostedPolicy(request)
    ? "a prefix that ends at"
    : positions.length === 1
      ? "a checkpoint at"
      : "checkpoints at";
  const shown = positions.slice(-stepsShown).map(count).join(", ");
  return `${what} ${positions.length > stepsShown ? "…, " : ""}${shown}`;
}

function spanLines(request: ExplainedRequest, positionOf: PositionOf): string[] {
  const lines = ["Where its tokens went"];
  for (const [index, span] of request.spans.entries()) {
    const source = request.sources[index] ?? null;
    const reason = request.losses.find(
      (loss) => loss.start < span.end && span.start < loss.end && loss.fate === span.fate,
    );
    const cells = [
      rangeText(span.start, span.end),
      count(span.end - span.start).padStart(8),
      fateName(span.fate).padEnd(13),
      place(source, positionOf) + (reason === undefined ? "" : ` (${words(reason.reason)})`),
    ];
    lines.push(`  ${cells.join("  ")}`.trimEnd());
  }
  lines.push(`  sum${count(request.promptTokens).padStart(26)}`);
  return lines;
}

function reasonLines(request: ExplainedRequest, positionOf: PositionOf): string[] {
  const { leftAt, sentTokens, evictedParts } = request;
  const lines = evictedParts.map(({ start, end, evictedBy, lastSentBy }) => {
    const idle = evictedBy - lastSentBy;
    const after =
      idle === 0
        ? "which had sent them itself"
        : `${plural(idle, "request")} after ${nameOf(request, lastSentBy)} had sent them for the last time`;
    const by = evictedBy === request.request ? "this request itself" : nameOf(request, evictedBy);
    return `Tokens ${count(start)} to ${count(end)} made room for ${by}, ${after}.`;
  });
  if (leftAt !== null)
    lines.push(`It left all others at token ${count(sentTokens)}: ${place(leftAt, positionOf)}`);
  return lines;
}

/** Each kind of layer takes the longer of its FLOPs and its reading; the times add up. */
function timeLines(request: ExplainedRequest): string[] {
  const { prefill, restoreSeconds, promptTokens, equivalentPrefixTokens, reusedTokens } = request;
  const computed = promptTokens - equivalentPrefixTokens;
  const { prefillFlops } = request;
  const variableSeconds = prefill.totalSeconds - prefill.floorSeconds;
  const rows: (readonly [name: string, seconds: number, note: string])[] = [
    ["fixed", prefill.floorSeconds, ""],
    ...prefill.perKind.map(
      (kind) =>
        [
          words(kind.kind),
          kind.seconds,
          `the longer of FLOPs ${addedMilliseconds(kind.flopsSeconds)} and reading ${addedMilliseconds(kind.bytesSeconds)}`,
        ] as const,
    ),
    ["recurrent scan", prefill.scanSeconds, ""],
    ["bringing states back", restoreSeconds, ""],
  ];
  const about =
    equivalentPrefixTokens === reusedTokens
      ? `${count(promptTokens)} - ${count(reusedTokens)} = ${plural(computed, "token")} to compute`
      : `linking takes as long as computing ${plural(computed, "token")} behind ${count(equivalentPrefixTokens)}`;
  return [
    `Time to first token: ${about}`,
    ...rows
      .filter(([, value], index) => index === 0 || value > 0)
      .map(([name, value, note]) =>
        `  ${name.padEnd(22)}${addedMilliseconds(value).padStart(12)}  ${note}`.trimEnd(),
      ),
    `  ${"sum".padEnd(22)}${addedMilliseconds(request.ttftSeconds).padStart(12)}  without a cache ${addedMilliseconds(request.ttftSecondsWithoutCache)}`,
    `  ${flops(prefillFlops)} in ${addedMilliseconds(variableSeconds)} beside the fixed time: ${flops(prefillFlops / variableSeconds)}/s on average`,
  ];
}

function priceLine({ inputUnits, promptTokens }: ExplainedRequest): string {
  return `Its prompt costs ${tenths(inputUnits)} units; without a cache ${count(promptTokens)} (a unit is the price of one plain input token).`;
}

function leftBehindLine(request: ExplainedRequest): string {
  const { heldAfter, newCheckpoints, evictedNodes, evictedBytes, promptTokens, outputTokens } = request;
  const places =
    request.checkpointBytes === 0 || newCheckpoints.length === 0
      ? ""
      : `; it kept ${placesOf(request, newCheckpoints)}`;
  const room =
    evictedNodes === 0
      ? "Nothing had to make room for it."
      : `${evictedNodes === 1 ? "1 entry" : `${count(evictedNodes)} entries`} (${bytes(evictedBytes)}) made room for it.`;
  return `Afterwards the cache held ${count(heldAfter.cachedTokens)} of its ${plural(promptTokens + outputTokens, "token")}, prompt and output${places}. ${room}`;
}

function nameOf({ others }: ExplainedRequest, request: number): string {
  const other = others[request];
  return other === undefined
    ? `request ${request}`
    : `request ${request} (${other.template}, at ${seconds(other.arrivalSeconds)})`;
}

function place(source: TokenSource | null, positionOf: PositionOf): string {
  if (source === null) return "";
  const { line, column } = positionOf(source.path, source.range.start);
  return `${source.path}:${line}:${column}${source.name === "" ? "" : ` {${source.name}}`}`;
}

function rangeText(start: number, end: number): string {
  return `${count(start)} to ${count(end)}`.padEnd(18);
}

/** Names in code as people read them: `attentionScores` as `attention scores`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Of a provider's memory no tree and no checkpoint is known. */
function isHostedPolicy({ policy }: ExplainedRequest): boolean {
  return findPolicy(policy)?.memory === "provider";
}
