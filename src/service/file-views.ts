/** What an editor shows of each file, kept until something of it changes, so that only that is told. */

import { scenarioOf } from "../analysis/analyze.ts";
import type { Finding, Scenario, TemplateRow } from "../analysis/report.ts";
import { indices, ledgerOf, ledgerTokens, ratio } from "../analysis/statistics.ts";
import type { Studied } from "../analysis/study.ts";
import { isSameValue } from "../core/same-value.ts";
import { every } from "../core/steps.ts";
import type { TextRange } from "../prompt/text.ts";
import type {
  FileView,
  FolderSummary,
  ShownDiagnostic,
  ShownPrompt,
  ShownRange,
} from "../protocol/editor.ts";
import { isBelow } from "../show/below.ts";
import { type DiagnosticEntry, diagnosticEntries } from "../show/diagnostic-entries.ts";
import {
  type AtStake,
  atStakeOf,
  coldStartStatus,
  largestLoss,
  lensTitle,
  scenarioLine,
  templateStatus,
  workspaceStatus,
} from "../show/labels.ts";
import { LineIndex } from "../show/line-index.ts";
import { prefixInText } from "../show/prefix-in-text.ts";
import { ownTokens } from "../show/report-lookup.ts";
import { hitsFrom } from "../show/verdict-text.ts";

export interface ViewChanges {
  readonly summary: FolderSummary;
  /** Files whose view is another one now; `null` for those of which nothing is to be shown any more. */
  readonly files: readonly (readonly [path: string, view: FileView | null])[];
}

export interface Viewed
  extends Pick<Studied, "scenario" | "studies" | "workload" | "cache" | "outcomes" | "problems"> {
  readonly findings: readonly Finding[];
  /** `null`, or left out, as long as it is not known. */
  readonly steadyTokenHitRate?: number | null;
  /** Left out as long as it is not known; `null` where no prefix hits. */
  readonly smallestPrefixTokens?: number | null;
}

/** Files between two steps, so that a step takes a few milliseconds. */
const stepFiles = 32;

export class FileViews {
  /** Of the last update. */
  summary: FolderSummary | null = null;
  #kept: ReadonlyMap<string, KeptView> = new Map();

  /** What has changed since the last time; `texts` are those that were analysed. */
  *update(
    viewed: Viewed,
    texts: ReadonlyMap<string, string>,
    lines: LineIndexes,
  ): Generator<void, ViewChanges, void> {
    const scenario = scenarioOf(viewed);
    const { smallestPrefixTokens = null } = viewed;
    const templates = viewed.studies.map(({ row }) => row);
    const entries = diagnosticEntries({ scenario, findings: viewed.findings, problems: viewed.problems });
    const stakes = atStakeOf(viewed.findings);
    const rows = new Map<string, (typeof templates)[number][]>();
    for (const row of templates) rows.set(row.path, [...(rows.get(row.path) ?? []), row]);
    yield;
    const kept = new Map<string, KeptView>();
    const views = new Map<string, FileView>();
    const isTime = every(stepFiles);
    for (const path of new Set([...rows.keys(), ...entries.keys()])) {
      const own = rows.get(path) ?? [];
      const said = entries.get(path) ?? [];
      const places = [path, ...said.flatMap(({ related }) => related.map((each) => each.path))];
      const inputs = [
        scenario.vocabulary.id,
        smallestPrefixTokens,
        ...places.map((place) => texts.get(place)),
        ...own.flatMap((row) => {
          const { seconds = 0, tokens = 0, fixes = 0 } = stakes.get(row.id) ?? {};
          return [row, seconds, tokens, fixes];
        }),
      ];
      const before = this.#kept.get(path);
      if (before !== undefined && isSameList(before.inputs, inputs) && isSameValue(before.said, said)) {
        kept.set(path, before);
        views.set(path, before.view);
        continue;
      }
      const rangeIn = (at: string) => lines.rangeIn(at, texts.get(at) ?? "");
      const made: FileView = {
        diagnostics: said.map((entry) => diagnosticOf(path, entry, rangeIn)),
        prompts: own.map((row) => promptOf({ scenario, smallestPrefixTokens, stakes }, row, rangeIn(path))),
      };
      const view = before !== undefined && isSameValue(before.view, made) ? before.view : made;
      kept.set(path, { inputs, said, view });
      views.set(path, view);
      if (isTime(1)) yield;
    }
    const gone = [...this.#kept.keys()].filter((path) => !views.has(path));
    const changed = [...views].filter(([path, view]) => this.#kept.get(path)?.view !== view);
    this.#kept = kept;
    const ledger = ledgerOf(viewed.outcomes.fates, indices(viewed.outcomes.length));
    const tokenHitRate = ratio(ledger.reused, ledgerTokens(ledger));
    const { vocabulary } = scenario;
    const summary = {
      prompts: templates.length,
      status: workspaceStatus({
        templates,
        totals: { tokenHitRate },
        steadyTokenHitRate: viewed.steadyTokenHitRate ?? null,
      }),
      coldStart: coldStartStatus(tokenHitRate, viewed.steadyTokenHitRate ?? null),
      largestLoss: largestLoss(viewed.findings),
      scenario: scenarioLine({ scenario }),
      hitsFrom: viewed.smallestPrefixTokens === undefined ? null : hitsFrom(smallestPrefixTokens),
      approximate: vocabulary.isExact ? null : vocabulary.note,
    };
    this.summary = summary;
    return {
      summary,
      files: [...gone.map((path) => [path, null] as const), ...changed],
    };
  }
}

/** What a prompt is shown with. */
interface PromptContext {
  readonly scenario: Scenario;
  readonly smallestPrefixTokens: number | null;
  readonly stakes: ReadonlyMap<string, AtStake>;
}

function promptOf(
  { scenario, smallestPrefixTokens, stakes }: PromptContext,
  row: TemplateRow,
  toShown: (range: TextRange) => ShownRange,
): ShownPrompt {
  const { behind, fates } = prefixInText({ scenario }, row);
  return {
    range: toShown(row.range),
    ownTokens: ownTokens(row),
    lens: lensTitle({ scenario }, row, smallestPrefixTokens, stakes.get(row.id)),
    status: templateStatus({ scenario }, row, smallestPrefixTokens),
    isBelow: isBelow(row, smallestPrefixTokens),
    behind: behind && { ...behind, range: toShown(behind.range) },
    fates: fates.map(({ range, fate }) => ({ range: toShown(range), fate })),
  };
}

/** A view with what it was made of. */
interface KeptView {
  readonly inputs: readonly unknown[];
  readonly said: readonly DiagnosticEntry[];
  readonly view: FileView;
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}

type RangeIn = (path: string) => (range: TextRange) => ShownRange;

function diagnosticOf(path: string, entry: DiagnosticEntry, rangeIn: RangeIn): ShownDiagnostic {
  const { range, related, ...said } = entry;
  return {
    ...said,
    range: rangeIn(path)(range),
    related: related.map(({ path: other, range: there, message }) => ({
      path: other,
      range: rangeIn(other)(there),
      message,
    })),
  };
}

/** Where the lines of texts begin, kept as long as the texts stay the same. */
/** Ranges of a text that is asked about once. */
export function rangesOfText(text: string): (range: TextRange) => ShownRange {
  return shownBy(new LineIndex(text));
}

function shownBy(index: LineIndex): (range: TextRange) => ShownRange {
  return ({ start, end }) => ({ start, end, from: index.placeAt(start), to: index.placeAt(end) });
}

export class LineIndexes {
  readonly #known = new Map<string, { readonly text: string; readonly index: LineIndex }>();

  rangeIn(path: string, text: string): (range: TextRange) => ShownRange {
    let known = this.#known.get(path);
    if (known === undefined || known.text !== text) {
      known = { text, index: new LineIndex(text) };
      this.#known.set(path, known);
    }
    return shownBy(known.index);
  }

  /** Forgets files that are gone. */
  keepOnly(paths: ReadonlyMap<string, unknown>): void {
    for (const path of this.#known.keys()) if (!paths.has(path)) this.#known.delete(path);
  }
}
