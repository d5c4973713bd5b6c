/** No step of the pipeline is long, however many templates there are: counted, not timed. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { createAnalyzer } from "../../src/analysis/analyze.ts";
import { defaultSettings } from "../../src/config/settings.ts";
import { every, forward } from "../../src/core/steps.ts";
import { createTokenizerLoader } from "../../src/hosts/node/vocabulary-files.ts";
import { FileViews, LineIndexes } from "../../src/service/file-views.ts";
import { type GeneratedFile, manyTemplates } from "../support/many-templates.ts";
import { workOfSteps } from "../support/work-of-steps.ts";

const templates = 1500;
/** It is read once in the life of a worker, in one go. */
const vocabulary = "a vocabulary is read";
/**
 * In blocks of code: a few milliseconds of a machine that has nothing else to do. The longest is the first eviction of a large
 * memory, which finds the places of all nodes.
 */
const mostBlocksOfStep = 220_000;

const settings = { ...defaultSettings, sessions: 1, turns: 1 };
const files = manyTemplates(templates);
const [first] = files;

/** Everything that a session does for a folder that is opened and edited; the names of the stages are its steps. */
function* lifeOfFolder(stages: Map<string, number>): Generator<string, string, void> {
  const tokenizer = createTokenizerLoader(join(import.meta.dirname, "../../media/vocabularies"));
  tokenizer("cl100k").count("read");
  yield vocabulary;
  const analyzer = createAnalyzer({ tokenizer });
  const views = new FileViews();
  const lines = new LineIndexes();
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  function* stage<T>(name: string, steps: Generator<unknown, T, void>): Generator<string, T, void> {
    return yield* forward(steps, () => {
      stages.set(name, (stages.get(name) ?? 0) + 1);
      return name;
    });
  }
  function* answer(when: string, chosen = settings) {
    yield* stage(`${when}: parsing`, analyzer.asked());
    const studied = yield* stage(`${when}: study`, analyzer.study(chosen));
    yield* stage(`${when}: views`, views.update(studied, texts, lines));
    yield `${when}: told`;
    return studied;
  }
  function* edit({ path, text }: GeneratedFile) {
    const changed = `${text} More words.`;
    texts.set(path, changed);
    analyzer.setDocument({ path, text: changed });
    yield "told of an edit";
  }
  analyzer.setWorkspace(files, null, []);
  yield "told of the files";
  const studied = yield* answer("opened");
  yield* stage("search", analyzer.advised(studied));
  yield* stage("report", analyzer.report(studied));
  yield* edit(first!);
  yield* answer("a template edited");
  yield* answer("another policy", { ...settings, policy: "sglang-radix" });
  yield* longStep();
  return "done";
}

/** A step that is too long, so that one is found. */
const tooLong = "a step that is too long";

function* longStep(): Generator<string, void, void> {
  const isTime = every(Number.POSITIVE_INFINITY);
  for (let i = 0; i < 2 * mostBlocksOfStep; i++) isTime(1);
  yield tooLong;
}

test(`with ${templates} templates, no step executes more than ${mostBlocksOfStep} blocks of code`, () => {
  const stages = new Map<string, number>();
  const { steps, blocks, tooMuch } = workOfSteps(() => lifeOfFolder(stages), mostBlocksOfStep);
  const expected = [vocabulary, tooLong];
  expect(tooMuch.filter(({ value }) => !expected.includes(value))).toEqual([]);
  expect(tooMuch.map(({ value }) => value)).toEqual(expected);
  // There was work to cut.
  expect(blocks).toBeGreaterThan(100 * mostBlocksOfStep);
  expect(steps).toBeGreaterThan(5 * templates);
  for (const name of ["opened: parsing", "opened: study", "opened: views", "report"]) {
    expect(stages.get(name), name).toBeGreaterThan(40);
  }
  console.log(`${steps} steps, ${blocks} blocks: ${(blocks / steps).toFixed(0)} blocks per step.`);
}, 600_000);
