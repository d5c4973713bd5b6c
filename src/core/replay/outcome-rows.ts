/** Some rows of an outcome table as a table of their own, and whether they still say the same in another one. */
import { fates } from "../fates.ts";
import type { OutcomeTable } from "./replay.ts";

/** Columns with one number per request. */
const rowColumns = [
  "promptTokens",
  "reusedTokens",
  "linkedTokens",
  "sentTokens",
  "relinkableTokens",
  "missingCheckpointAt",
  "nearestCheckpoint",
  "ttftSeconds",
  "ttftSecondsWithoutCache",
  "restoreSeconds",
  "inputUnits",
] as const satisfies readonly (keyof OutcomeTable)[];

/** The requests at `rows`, ascending, and the source segments from `firstSegment` on: what concerns one template. */
export interface RowChoice {
  readonly rows: readonly number[];
  readonly firstSegment: number;
  readonly segmentCount: number;
}

/**
 * Rows and segments count from 0, and memory and evictions, which are everybody's, are left out: evicted nodes and bytes, the
 * contents of the cache, evicted spans and parts, tokens by reason. O(rows + segments).
 */
export function chosenRows(
  table: OutcomeTable,
  { rows, firstSegment, segmentCount }: RowChoice,
): OutcomeTable {
  const { length } = rows;
  const ints = (column: Int32Array) => Int32Array.from(rows, (row) => column[row]);
  const floats = (column: Float64Array) => Float64Array.from(rows, (row) => column[row]);
  const fatesOfRows = new Int32Array(length * fates.length);
  for (let row = 0; row < length; row++) {
    for (let column = 0; column < fates.length; column++) {
      fatesOfRows[row * fates.length + column] = table.fates[rows[row] * fates.length + column];
    }
  }
  const lastSegment = firstSegment + segmentCount;
  return {
    length,
    promptTokens: ints(table.promptTokens),
    reusedTokens: ints(table.reusedTokens),
    linkedTokens: ints(table.linkedTokens),
    sentTokens: ints(table.sentTokens),
    relinkableTokens: ints(table.relinkableTokens),
    fates: fatesOfRows,
    leftAtSegment: Int32Array.from(rows, (row) => localSegment(table, row, firstSegment)),
    missingCheckpointAt: ints(table.missingCheckpointAt),
    nearestCheckpoint: ints(table.nearestCheckpoint),
    ttftSeconds: floats(table.ttftSeconds),
    ttftSecondsWithoutCache: floats(table.ttftSecondsWithoutCache),
    restoreSeconds: floats(table.restoreSeconds),
    inputUnits: floats(table.inputUnits),
    isRefused: Uint8Array.from(rows, (row) => table.isRefused[row]),
    evictedNodes: new Int32Array(length),
    evictedBytes: new Float64Array(length),
    kvBytes: new Float64Array(length),
    checkpointBytes: new Float64Array(length),
    checkpoints: new Int32Array(length),
    segmentFates: table.segmentFates.slice(firstSegment * fates.length, lastSegment * fates.length),
    blamedTokens: table.blamedTokens.slice(firstSegment, lastSegment),
    tokensByReason: new Map(),
    restoredTokens: new Map(),
    evictedSpans: [],
    evictedParts: [],
  };
}

/** Whether `chosenRows` would give the same again. O(rows + segments), and nothing is built. */
export function isSameChoice(chosen: OutcomeTable, table: OutcomeTable, choice: RowChoice): boolean {
  const { rows, firstSegment, segmentCount } = choice;
  if (chosen.length !== rows.length || chosen.blamedTokens.length !== segmentCount) return false;
  for (let row = 0; row < rows.length; row++) {
    if (chosen.leftAtSegment[row] !== localSegment(table, rows[row], firstSegment)) return false;
    for (let column = 0; column < fates.length; column++) {
      const place = rows[row] * fates.length + column;
      if (chosen.fates[row * fates.length + column] !== table.fates[place]) return false;
    }
  }
  for (const name of rowColumns) {
    const own = chosen[name];
    const other = table[name];
    for (let row = 0; row < rows.length; row++) if (own[row] !== other[rows[row]]) return false;
  }
  for (let segment = 0; segment < segmentCount; segment++) {
    if (chosen.blamedTokens[segment] !== table.blamedTokens[firstSegment + segment]) return false;
  }
  const first = firstSegment * fates.length;
  for (let place = 0; place < segmentCount * fates.length; place++) {
    if (chosen.segmentFates[place] !== table.segmentFates[first + place]) return false;
  }
  return true;
}

function localSegment({ leftAtSegment }: OutcomeTable, row: number, firstSegment: number): number {
  return leftAtSegment[row] < 0 ? -1 : leftAtSegment[row] - firstSegment;
}
