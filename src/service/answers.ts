/** Answers about what was analysed last, from what is known of it. */

import { adviceSteps } from "../analysis/advice/advice.ts";
import { hintSteps } from "../analysis/advice/hints.ts";
import { scenarioOf } from "../analysis/analyze.ts";
import { outlooks } from "../analysis/choices.ts";
import { partingOf, partsOfPrompt } from "../analysis/rendered-request.ts";
import { replayInput } from "../analysis/replay-input.ts";
import type { TemplateRow } from "../analysis/report.ts";
import { requestedModels } from "../analysis/requested-model.ts";
import { servedPrefixes, sharedPrefixes } from "../analysis/shared-prefixes.ts";
import type { Studied } from "../analysis/study.ts";
import { tokenPlaces } from "../analysis/token-places.ts";
import { configFileName, configuredSettings } from "../config/config.ts";
import { undeclaredHoles } from "../config/hole-claims.ts";
import { drain } from "../core/steps.ts";
import type { Finding } from "../findings/finding.ts";
import { isShown } from "../findings/finding.ts";
import { configEdits } from "../fixes/config-edit.ts";
import { problemFixes, type WordsOf } from "../fixes/config-problems.ts";
import { declarationsAt } from "../fixes/declare.ts";
import type { FixSources, OfferedFix } from "../fixes/fix.ts";
import { fixAll } from "../fixes/fix-all.ts";
import { fixesOf, mends } from "../fixes/fixes-of.ts";
import type { TextEdit } from "../prompt/move.ts";
import type { Template } from "../prompt/template.ts";
import type {
  FixAnswer,
  HoverAnswer,
  PrefixItem,
  PromptAnswer,
  PromptAt,
  Question,
  QuestionAnswer,
  ShownEdit,
  SinceShown,
  TokensShown,
} from "../protocol/editor.ts";
import { adviceText } from "../show/advice-text.ts";
import { choiceGroups } from "../show/choice-items.ts";
import { firstConfig } from "../show/first-config.ts";
import { fixTitle } from "../show/fix-title.ts";
import { hoverMarkdown } from "../show/hover-markdown.ts";
import { worstPrompt } from "../show/labels.ts";
import { fenced } from "../show/markdown.ts";
import { prefixItems } from "../show/prefix-items.ts";
import { promptExplained } from "../show/prompt-explained.ts";
import { promptPreview } from "../show/prompt-preview.ts";
import { promptsCompared } from "../show/prompts-compared.ts";
import { segmentsAt, templateAt } from "../show/report-lookup.ts";
import { sinceText } from "../show/since-text.ts";
import { t } from "../words/l10n.ts";
import { bytes, plural } from "../words/numbers.ts";
import { buildCatalogue } from "./catalogue.ts";
import { configCompletions } from "./config-completions.ts";
import { configWords } from "./config-words.ts";
import { type LineIndexes, rangesOfText } from "./file-views.ts";

interface Known {
  readonly studied: Studied;
  readonly texts: ReadonlyMap<string, string>;
  readonly findings: Studied["findings"];
}

/** Questions that are answered in steps, as they take requests to be made or served. */
const longKinds = ["prefixes", "preview", "compare", "since", "advise", "hints", "choices"] as const;

export type LongQuestion = Extract<Question, { kind: (typeof longKinds)[number] }>;

export function isLong(question: Question): question is LongQuestion {
  return longKinds.some((kind) => kind === question.kind);
}

export function* answerSteps(
  question: LongQuestion,
  known: Known,
  lines: LineIndexes,
): Generator<void, QuestionAnswer, void> {
  switch (question.kind) {
    case "prefixes":
      return { kind: "prefixes", value: yield* prefixItemsOf(known) };
    case "preview":
      return { kind: "preview", value: yield* previewAt(known, question, lines) };
    case "compare":
      return { kind: "compare", value: yield* comparedAt(known, question, lines) };
    case "since":
      return { kind: "since", value: yield* sinceIn(known, question, lines) };
    case "advise":
      return { kind: "advise", value: yield* adviceOf(known) };
    case "hints":
      return { kind: "hints", value: yield* hintsOf(known) };
    case "choices": {
      const { scenario } = known.studied;
      const told = yield* outlooks(scenario.settings, scenario.policy, question.about);
      return { kind: "choices", value: choiceGroups(buildCatalogue(), question.about, told) };
    }
  }
}

export function answerTo(
  question: Exclude<Question, LongQuestion | { kind: "markdown" }>,
  known: Known,
  lines: LineIndexes,
): QuestionAnswer {
  switch (question.kind) {
    case "hover":
      return { kind: "hover", value: hoverAt(known, question.path, question.offset) };
    case "fixes":
      return { kind: "fixes", value: fixesIn(known, question, lines) };
    case "declare":
      return { kind: "declare", value: declarationsIn(known, question, lines) };
    case "prompt":
      return { kind: "prompt", value: promptAt(known, question.at, lines) };
    case "completions":
      return { kind: "completions", value: configCompletions(question.text, question.offset, known) };
    case "tokens":
      return { kind: "tokens", value: tokensIn(known, question) };
    case "set-in-config":
      return { kind: "set-in-config", value: setInConfig(known, question, lines) };
    case "first-config":
      return { kind: "first-config", value: firstConfigOf(known) };
    case "fix-all": {
      const { edits, mended } = fixAll(known.findings, question, sourcesOf(known));
      return {
        kind: "fix-all",
        value: { edits: edits.map((edit) => shownEdit(edit, known, lines)), mended },
      };
    }
  }
}

function* prefixItemsOf({ studied, findings }: Known): Generator<void, readonly PrefixItem[], void> {
  const { prefixes, longestOf } = yield* sharedPrefixes(studied.templates, studied.prefixes);
  return prefixItems({
    scenario: scenarioOf(studied),
    templates: studied.studies.map(({ row }) => row),
    findings,
    prefixes: yield* servedPrefixes(studied, prefixes),
    longestOf,
  });
}

function hoverAt({ studied }: Known, path: string, offset: number): HoverAnswer | null {
  const uses = segmentsAt({ templates: studied.studies.map(({ row }) => row) }, path, offset);
  const [first] = uses;
  if (first === undefined) return null;
  const markdown = hoverMarkdown({ scenario: scenarioOf(studied) }, uses);
  const isDeclarable = first.segment.kind === "hole" || first.segment.kind === "block";
  return { range: first.segment.range, markdown, isDeclarable };
}

function promptAt(
  known: Known,
  at: Extract<Question, { kind: "prompt" }>["at"],
  lines: LineIndexes,
): PromptAnswer | null {
  const { studied, findings, texts } = known;
  const templates = studied.studies.map(({ row }) => row);
  const row =
    at === "worst" ? worstPrompt(templates, findings) : templateAt({ templates }, at.path, at.offset);
  if (row === null) return null;
  const sources = sourcesOf(known);
  const scenario = scenarioOf(studied);
  const shownIn = (path: string) => lines.rangeIn(path, texts.get(path) ?? "");
  const markdown = promptExplained({
    report: { scenario },
    row,
    findings,
    titlesOf: (finding) =>
      mends(finding, sources).map(({ title, effect }) => fixTitle(title, effect, scenario)),
    lineOf: linesIn(known, lines),
  });
  return { path: row.path, range: shownIn(row.path)(row.range), name: row.name, markdown };
}

/** Lines as people count them. */
function linesIn({ texts }: Known, lines: LineIndexes): (path: string, offset: number) => number {
  return (path, offset) =>
    lines.rangeIn(path, texts.get(path) ?? "")({ start: offset, end: offset }).from.line + 1;
}

interface Chosen {
  readonly index: number;
  readonly row: TemplateRow;
  readonly template: Template;
}

function chosenAt({ studied }: Known, { path, offset }: PromptAt): Chosen | null {
  const row = templateAt({ templates: studied.studies.map((each) => each.row) }, path, offset);
  const index = studied.templates.findIndex(({ id }) => id === row?.id);
  const template = studied.templates[index];
  return row === null || template === undefined ? null : { index, row, template };
}

function* previewAt(
  known: Known,
  at: PromptAt,
  lines: LineIndexes,
): Generator<void, PromptAnswer | null, void> {
  const chosen = chosenAt(known, at);
  if (chosen === null) return null;
  const { studied, texts } = known;
  const { index, row, template } = chosen;
  const prompts = (yield* studied.trials.rendered(template))?.prompts ?? [];
  const { requestsOf, requests } = studied.workload;
  const rows = requestsOf[index] ?? [];
  // Of the template's first conversation, which is what was rendered.
  const first = Math.min(...rows.map((at) => requests[at]!.session));
  const own = rows.filter((at) => requests[at]!.session === first);
  const shown = [...new Set([0, prompts.length - 1])].filter((each) => prompts[each] !== undefined);
  const markdown = promptPreview(
    { scenario: scenarioOf(studied) },
    row,
    shown.map((each) => ({
      number: each + 1,
      of: prompts.length,
      tokens: prompts[each]!.ids.length,
      reusedTokens: studied.outcomes.reusedTokens[own[each] ?? -1] ?? 0,
      parts: partsOfPrompt(prompts[each]!),
    })),
  );
  const range = lines.rangeIn(row.path, texts.get(row.path) ?? "")(row.range);
  return { path: row.path, range, name: row.name, markdown };
}

function* comparedAt(
  known: Known,
  question: Extract<Question, { kind: "compare" }>,
  lines: LineIndexes,
): Generator<void, string | null, void> {
  const { studied } = known;
  const [first, second] = [chosenAt(known, question.first), chosenAt(known, question.second)];
  if (first === null || second === null) return null;
  const one = yield* studied.trials.rendered(first.template);
  const other = yield* studied.trials.rendered(second.template);
  const parting = one === null || other === null ? null : partingOf(one, other);
  if (parting === null) return null;
  const sides = [
    { name: first.row.name, tokens: one!.prompts[0]!.ids.length },
    { name: second.row.name, tokens: other!.prompts[0]!.ids.length },
  ] as const;
  return promptsCompared({ scenario: scenarioOf(studied) }, sides, parting, linesIn(known, lines));
}

function* sinceIn(
  { studied, texts }: Known,
  { path, text }: Extract<Question, { kind: "since" }>,
  lines: LineIndexes,
): Generator<void, readonly SinceShown[], void> {
  const shown: SinceShown[] = [];
  const { templates, workload, trials } = studied;
  const rangeBefore = rangesOfText(text);
  for (const [index, template] of templates.entries()) {
    const part = workload.parts[index];
    if (template.path !== path || template.usage === "partial" || part === undefined) continue;
    if (part.requests.length === 0) continue;
    const told = yield* trials.asOf(template, part, text);
    if (told === null) continue;
    const range = lines.rangeIn(path, texts.get(path) ?? "")(template.range);
    shown.push({ range, before: rangeBefore(told.edited.range), ...sinceText(told) });
    yield;
  }
  return shown;
}

function* adviceOf({ studied }: Known): Generator<void, string, void> {
  const advice = yield* adviceSteps({ ...studied, known: replayInput(studied) });
  return `# ${t("What to set")}\n\n${fenced(adviceText(advice))}\n`;
}

function* hintsOf({ studied }: Known): Generator<void, string, void> {
  const chatTemplate = studied.chat.assumption.text;
  const hints = yield* hintSteps({ ...studied, known: replayInput(studied), chatTemplate });
  return `${JSON.stringify(hints, null, 2)}\n`;
}

function sourcesOf({ studied, texts }: Known): FixSources {
  const { templates, configPath, trials } = studied;
  return {
    templates,
    configPath: configPath ?? configFileName,
    textOf: (path) => texts.get(path) ?? null,
    edited: (template, edits) => drain(trials.edited(template, edits)),
  };
}

function fixesIn(
  known: Known,
  { path, range }: Extract<Question, { kind: "fixes" }>,
  lines: LineIndexes,
): readonly FixAnswer[] {
  const sources = sourcesOf(known);
  const wordsOf: WordsOf = (slot, at) => configWords(slot, at, known).map(({ word }) => word);
  const scenario = scenarioOf(known.studied);
  const isHere = (said: Pick<Finding, "path" | "range">) =>
    said.path === path && said.range.start <= range.end && said.range.end >= range.start;
  const shown = (fixes: readonly OfferedFix[], about: Pick<FixAnswer, "rule" | "range">) =>
    fixes.map((fix): FixAnswer => {
      const title = fixTitle(fix.title, fix.effect, scenario);
      return { ...shownFix(fix, about, known, lines), title };
    });
  const findings = known.findings.filter((finding) => isShown(finding) && isHere(finding));
  const problems = path === known.studied.configPath ? known.studied.problems.filter(isHere) : [];
  const file = { path, text: sources.textOf(path) };
  return [
    ...findings.flatMap((finding) => {
      const { rule, range: at } = finding;
      return shown(fixesOf(finding, sources), { rule, range: at });
    }),
    ...problems.flatMap((problem) =>
      shown(problemFixes(problem, file, wordsOf), { rule: null, range: problem.range }),
    ),
  ];
}

function tokensIn(
  { studied }: Known,
  { path, areStartsWanted }: Extract<Question, { kind: "tokens" }>,
): TokensShown {
  const { templates, scenario } = studied;
  const size = bytes(scenario.cost.checkpointBytes);
  const places = templates.flatMap((template, index) =>
    template.path === path ? [tokenPlaces(studied, index, { areStartsWanted })] : [],
  );
  return {
    starts: [...new Set(places.flatMap(({ starts }) => starts))].sort((a, b) => a - b),
    states: places.flatMap(({ states }) =>
      states.map(({ offset, tokens }) => ({
        offset,
        label: t("state at {tokens}, {size}", { tokens: plural(tokens, "token"), size }),
      })),
    ),
  };
}

function setInConfig(
  known: Known,
  { key, value }: Extract<Question, { kind: "set-in-config" }>,
  lines: LineIndexes,
): readonly ShownEdit[] {
  const { config, configPath } = known.studied;
  if (configPath === null || Reflect.get(configuredSettings(config), key) === undefined) return [];
  const file = { path: configPath, text: known.texts.get(configPath) ?? null };
  return configEdits(file, [[[key], value]]).map((edit) => shownEdit(edit, known, lines));
}

function firstConfigOf({ studied: { scenario, templates } }: Known): string {
  const { modelFile, ...settings } = scenario.settings;
  return firstConfig({
    settings,
    // A path of the user's may lead where promptcache.json may not.
    leftOut: modelFile === undefined ? ["tokenizer"] : ["tokenizer", "model"],
    holes: undeclaredHoles(templates),
    models: requestedModels(templates),
  });
}

function declarationsIn(
  known: Known,
  { path, offset }: Extract<Question, { kind: "declare" }>,
  lines: LineIndexes,
): readonly FixAnswer[] {
  const { studies, templates } = known.studied;
  const [use] = segmentsAt({ templates: studies.map(({ row }) => row) }, path, offset);
  const template = templates.find(({ id }) => id === use?.template.id);
  if (use === undefined || template === undefined) return [];
  const { range } = use.segment;
  return declarationsAt({ path, range }, template, sourcesOf(known)).map((fix) =>
    shownFix(fix, { rule: null, range }, known, lines),
  );
}

function shownFix(
  { kind, title, edits, placeholder }: OfferedFix,
  { rule, range }: Pick<FixAnswer, "rule" | "range">,
  known: Known,
  lines: LineIndexes,
): FixAnswer {
  const shown = edits.map((edit) => shownEdit(edit, known, lines));
  return { kind, title, rule, range, edits: shown, ...(placeholder !== undefined && { placeholder }) };
}

function shownEdit({ path, range, newText }: TextEdit, { texts }: Known, lines: LineIndexes): ShownEdit {
  const text = texts.get(path);
  return { path, range: text === undefined ? null : lines.rangeIn(path, text)(range), newText };
}
