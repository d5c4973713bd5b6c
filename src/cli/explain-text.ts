/** One request explained in steps that a person can follow with a pencil. */
import type { ExplainedRequest, TokenSource } from "../analysis/describe-request.ts";
import { formatBytes } from "../core/cost/bytes.ts";
import { milliseconds } from "../findings/format.ts";
import { fateNames } from "./fate-names.ts";

type PositionOf = (path: string, offset: number) => { line: number; column: number };

const changesShown = 12;

export function explainText(request: ExplainedRequest, positionOf: PositionOf): string {
  const lines = [
    `Request ${request.request}: ${request.template}, conversation ${request.session}, turn ${request.turn}, at ${request.arrivalSeconds.toFixed(1)} s`,
    `${count(request.promptTokens)} prompt tokens, ${count(request.outputTokens)} of output; ${request.policy}, ${request.model}`,
    "",
    ...heldLines(request),
    ...historyLines(request),
    "",
    ...spanLines(request, positionOf),
    "",
    ...resultLines(request, positionOf),
  ];
  return `${lines.join("\n")}\n`;
}

function heldLines(request: ExplainedRequest): string[] {
  const { held, kvBytesPerToken, checkpointBytes } = request;
  const kv = formatBytes(held.cachedTokens * kvBytesPerToken);
  const lines = [
    "What the cache held of this prompt when the request came",
    `  KV        ${count(held.cachedTokens)} tokens matched (${kv})`,
  ];
  if (checkpointBytes === 0) return [...lines, `  reused    ${count(request.reusedTokens)} tokens`];
  const positions = held.checkpoints.map(count).join(", ") || "none";
  return [
    ...lines,
    `  states    checkpoints at ${positions} (${formatBytes(checkpointBytes)} each)`,
    `  reused    ${count(request.reusedTokens)} tokens, up to the deepest usable checkpoint`,
    `  nearest   checkpoint at ${count(request.nearestCheckpoint)}, ${count(request.shortfallTokens)} tokens short of the ${count(request.sentTokens)} that somebody had sent before`,
  ];
}

function historyLines(request: ExplainedRequest): string[] {
  if (request.history.length === 0) return ["  history   no earlier request had left anything of it"];
  const lines = ["", "How that came about"];
  const from = Math.max(0, request.history.length - changesShown);
  if (from > 0) lines.push(`  … ${count(from)} earlier changes`);
  for (const [index, change] of request.history.entries()) {
    if (index < from) continue;
    const parts: string[] = [];
    if (change.cachedAfter !== change.cachedBefore) {
      parts.push(`KV of ${count(change.cachedBefore)} became ${count(change.cachedAfter)} tokens`);
    }
    if (change.keptCheckpoints.length > 0)
      parts.push(`kept checkpoints at ${change.keptCheckpoints.map(count).join(", ")}`);
    if (change.evictedCheckpoints.length > 0) {
      parts.push(`evicted checkpoints at ${change.evictedCheckpoints.map(count).join(", ")} to make room`);
    }
    lines.push(`  request ${change.request} (${request.historyTemplates[index] ?? ""}): ${parts.join("; ")}`);
  }
  return lines;
}

function spanLines(request: ExplainedRequest, positionOf: PositionOf): string[] {
  const lines = ["Where its tokens went"];
  for (const [index, span] of request.spans.entries()) {
    const range = `${count(span.start)} to ${count(span.end)}`.padEnd(18);
    const source = request.sources[index] ?? null;
    lines.push(
      `  ${range} ${count(span.end - span.start).padStart(8)}  ${fateNames[span.fate].padEnd(14)} ${place(source, positionOf)}`.trimEnd(),
    );
  }
  return lines;
}

function resultLines(request: ExplainedRequest, positionOf: PositionOf): string[] {
  const { leftAt } = request;
  const lines: string[] = [];
  if (leftAt !== null)
    lines.push(`It left all others at token ${count(request.sentTokens)}: ${place(leftAt, positionOf)}`);
  lines.push(
    `It left ${count(request.insertedTokens)} tokens of KV` +
      (request.checkpointBytes === 0
        ? ""
        : ` and new checkpoints at ${request.newCheckpoints.map(count).join(", ") || "no position"}`) +
      `; ${count(request.evictedNodes)} entries (${formatBytes(request.evictedBytes)}) went for it.`,
    `TTFT ${milliseconds(request.ttftSeconds)}; without a cache ${milliseconds(request.ttftSecondsWithoutCache)}.`,
  );
  return lines;
}

function place(source: TokenSource | null, positionOf: PositionOf): string {
  if (source === null) return "";
  const { line, column } = positionOf(source.path, source.range.start);
  return `${source.path}:${line}:${column}${source.name === "" ? "" : ` {${source.name}}`}`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
