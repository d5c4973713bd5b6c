/** Everything that people read of the examples, in a language that shows what was forgotten. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import type { Report } from "../../src/analysis/report.ts";
import { gpus } from "../../src/core/cost/catalogue/gpus.ts";
import { models } from "../../src/core/cost/catalogue/models.ts";
import { policies } from "../../src/core/policies/registry.ts";
import { ruleIds } from "../../src/findings/rules.ts";
import { diskTree } from "../../src/hosts/node/disk-tree.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { scopes } from "../../src/prompt/template.ts";
import type { FileView, Question, QuestionAnswer } from "../../src/protocol/editor.ts";
import type { FromWorker } from "../../src/protocol/worker.ts";
import { overviewOf, partOf } from "../../src/show/report-parts.ts";
import { speak } from "../../src/words/l10n.ts";
import { findingRows } from "../../webview/model/finding-rows.ts";
import { headlines, rateLines, scenarioLine } from "../../webview/model/headline.ts";
import { headroomRows } from "../../webview/model/headroom.ts";
import { lossFacts } from "../../webview/model/loss-facts.ts";
import { memoryFacts } from "../../webview/model/memory-series.ts";
import { nodeFacts, nodeSummary, treeSummary } from "../../webview/model/tree-rows.ts";
import { analyze as analyzeTexts } from "../support/analyze.ts";
import { pseudoTranslation, untranslated } from "../support/pseudo-language.ts";
import { analyze, runSession } from "../support/session.ts";

const examples = join(import.meta.dirname, "../../examples");
const paths = readdirSync(examples, { recursive: true, encoding: "utf8" }).filter((path) =>
  statSync(join(examples, path)).isFile(),
);
const files = Object.fromEntries(paths.map((path) => [path, readFileSync(join(examples, path), "utf8")]));
const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));

/** A worker whose only folder holds the examples. */
function openExamples() {
  const { posted, settle } = runSession({
    createAnalyzer: (onFile) => createAnalyzer({ tokenizer, onFile }),
    host: { diskTree },
  });
  let asked = 0;
  const told = (id: number) =>
    posted.find((message): message is Extract<FromWorker, { type: "told" }> => {
      return message.type === "told" && message.id === id;
    });
  return {
    posted,
    settle,
    async ask(question: Question): Promise<QuestionAnswer | null> {
      const id = ++asked;
      await settle({ type: "ask", id, folder: "examples", question });
      return told(id)?.answer ?? null;
    },
  };
}

let report: Report;
let views: ReadonlyMap<string, FileView>;
let names: readonly string[];
const session = openExamples();

beforeAll(async () => {
  const translation = pseudoTranslation();
  await session.settle(
    { type: "speak", translation },
    { type: "folders", folders: [{ id: "examples", disk: examples, isLoose: false }] },
    analyze(1, { open: paths.map((path) => ({ folder: "examples", path })) }),
  );
  speak(translation);
  report = analyzeTexts(files);
  const answers = session.posted.filter((message) => message.type === "answer");
  views = new Map(
    answers.flatMap(({ files: shown }) =>
      shown.flatMap(([path, view]) => (view ? [[path, view] as const] : [])),
    ),
  );
  names = namesOf(report);
}, 120_000);

afterAll(() => speak(undefined));

/** What is nobody's to translate. */
function namesOf({ templates, scenario, assumptions }: Report): readonly string[] {
  const segments = templates.flatMap(({ segments: own }) =>
    own.flatMap(({ name, role }) => [name, role ?? ""]),
  );
  const catalogue = [...models, ...gpus, ...policies].flatMap((entry) => [
    entry.id,
    ...("name" in entry ? [entry.name] : []),
    ...("family" in entry ? [entry.family] : []),
  ]);
  // What src/prompt says of scopes, and src/core/policies of policies, goes through no translation so far.
  const notYet = [
    ...templates.flatMap(({ segments: own }) => own.map(({ scope }) => scope?.reason ?? "")),
    ...policies.map(({ description }) => description),
    ...assumptions.filter(({ id }) => id.startsWith("policy-")).map(({ text }) => text),
  ];
  const all = [
    ...paths,
    ...templates.flatMap(({ id, name, path }) => [id, name, path]),
    ...[...segments, ...catalogue, ...ruleIds, ...scopes],
    ...[
      scenario.vocabulary.id,
      "promptcache.json",
      "HEAD",
      "MoE",
      ...["Mamba-1", "Mamba-2", "RG-LRU", "mamba2"],
      "holes",
      "scope",
      "Copilot",
      "Codex",
      "Claude Code",
    ],
  ];
  return [...new Set([...all, ...notYet])].filter((name) => name !== "");
}

/** Each text with its words that nobody could translate. */
function forgotten(texts: readonly (string | null)[]) {
  return texts
    .filter((text) => text !== null)
    .map((text) => [untranslated(text, names), text] as const)
    .filter(([words]) => words.length > 0);
}

/** All strings of a value. */
function stringsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

describe("in a language of its own", () => {
  it("the editor is told diagnostics, lenses and status", () => {
    const shown = [...views.values()];
    const prompts = shown.flatMap((view) => view.prompts);
    expect(prompts.length).toBeGreaterThan(5);
    expect(
      forgotten(prompts.flatMap(({ lens, status, behind }) => [lens, status, behind?.label ?? null])),
    ).toEqual([]);
    const diagnostics = shown.flatMap((view) => view.diagnostics);
    expect(diagnostics.length).toBeGreaterThan(5);
    expect(
      forgotten(
        diagnostics.flatMap(({ message, related }) => [message, ...related.map((each) => each.message)]),
      ),
    ).toEqual([]);
    const summary = session.posted.findLast((message) => message.type === "answer")!.summary;
    const { status, coldStart, largestLoss, scenario, hitsFrom, approximate } = summary;
    expect(forgotten([status, coldStart, largestLoss, scenario, hitsFrom, approximate])).toEqual([]);
  });

  it("hovers say what stands there", async () => {
    const hovers: string[] = [];
    for (const { path, segments } of report.templates)
      for (const { range } of segments.filter((segment) => segment.path === path)) {
        const told = await session.ask({ kind: "hover", path, offset: range.start });
        if (told?.kind === "hover" && told.value !== null) hovers.push(told.value.markdown);
      }
    expect(hovers.length).toBeGreaterThan(20);
    expect(forgotten([...new Set(hovers)])).toEqual([]);
  });

  it("light bulbs say what they do, and what it gives", async () => {
    const titles: string[] = [];
    for (const { path, range } of report.findings) {
      const told = await session.ask({ kind: "fixes", path, range });
      if (told?.kind === "fixes") titles.push(...told.value.map(({ title }) => title));
    }
    expect(titles.length).toBeGreaterThan(5);
    expect(forgotten([...new Set(titles)])).toEqual([]);
  });

  it("pages of one prompt are written", async () => {
    for (const { path, range } of report.templates.filter(({ requests }) => requests > 0)) {
      const told = await session.ask({ kind: "prompt", at: { path, offset: range.start } });
      expect(forgotten([told?.kind === "prompt" ? (told.value?.markdown ?? "") : ""]), path).toEqual([]);
    }
  });

  it("the view of shared prefixes and the pickers are", async () => {
    const told = await session.ask({ kind: "prefixes" });
    const items = told?.kind === "prefixes" ? told.value : [];
    expect(items.length).toBeGreaterThan(5);
    const prefixes = items.filter(({ kind }) => kind !== "prefix");
    expect(
      forgotten(prefixes.flatMap(({ description, tooltip, spoken }) => [description, tooltip, spoken])),
    ).toEqual([]);
    for (const about of ["model", "gpu", "policy"] as const) {
      const choices = await session.ask({ kind: "choices", about });
      const groups = choices?.kind === "choices" ? choices.value : [];
      expect(groups.length).toBeGreaterThan(0);
      const texts = groups.flatMap(({ name, items: each }) => [
        name,
        ...each.flatMap((item) => [item.description, item.detail]),
      ]);
      expect(forgotten(texts), about).toEqual([]);
    }
  });

  it("the report is written", async () => {
    const told = await session.ask({ kind: "markdown", failure: null });
    const markdown = told?.kind === "markdown" ? told.value : "";
    expect(markdown.length).toBeGreaterThan(5000);
    expect(forgotten(markdown.split("\n"))).toEqual([]);
  });

  it("the dashboard draws it", () => {
    const overview = overviewOf(report);
    const { nodes, names: templateNames } = partOf(report, "tree");
    const texts = [
      headlines(overview).flatMap(({ label, value, detail, outlook }) => [label, value, detail, outlook]),
      rateLines(overview),
      scenarioLine(report),
      findingRows(report, report.scenario).flatMap(({ finding, severityName, stakes, assumptions }) => [
        ...[severityName, finding.message, finding.detail],
        ...[...stakes, ...assumptions],
      ]),
      stringsIn(
        Object.values(headroomRows(report.totals))
          .flat()
          .map(({ name, meaning }) => [name, meaning]),
      ),
      report.templates.flatMap(({ losses }) => lossFacts(losses).map(({ text }) => text)),
      stringsIn(memoryFacts(report.scenario, report.memory)),
      treeSummary(nodes, overview.memory),
      nodes
        .slice(0, 20)
        .flatMap((node) => [
          ...stringsIn(nodeFacts(node, new Map(templateNames))),
          nodeSummary({ ...node, label: "" }),
        ]),
    ].flat();
    expect(texts.length).toBeGreaterThan(100);
    expect(forgotten(texts)).toEqual([]);
  });
});
