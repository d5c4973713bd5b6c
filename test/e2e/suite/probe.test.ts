import { strict as assert } from "node:assert";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import Mocha from "mocha";
import { commands, Range } from "vscode";
import { manyTemplates } from "../../support/many-templates.ts";
import { describeHolds, longestOf, watchHolds } from "./holds.ts";
import {
  diagnosticsOf,
  edit,
  lensesOf,
  open,
  ourExtension,
  reportText,
  restoreWorkspace,
  until,
  untilReport,
  uriOf,
} from "./support.ts";

/** One frame of a screen. */
const longestHoldMilliseconds = 16;
/** What a busy machine does it does now and then; what the work does it does every time: the best of these counts. */
const attempts = 3;
const timeoutMilliseconds = 240_000;
const templates = 1500;

/** Medians, p95, p99 and the longest, in the log. */
const say = (text: string) => Mocha.reporters.Base.consoleLog(`      ${text}`);

/** From when the specs are loaded: mostly, that is before the extension starts. */
const activation = ourExtension().isActive ? null : watchHolds();

async function assertFree(what: string, work: () => Promise<unknown>): Promise<void> {
  const longest: number[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const stop = await watchHolds();
    await work();
    const holds = await stop();
    say(`${what}: ${describeHolds(holds)}`);
    longest.push(longestOf(holds));
    if (longestOf(holds) < longestHoldMilliseconds) return;
  }
  assert.fail(
    `${what}: we held the extension host for ${longest.map((each) => each.toFixed(1)).join(", ")} ms`,
  );
}

/** In the middle of the text, letter by letter, as fast as the editor takes them. */
async function type(path: string, text: string): Promise<void> {
  const document = await open(path);
  for (const letter of text) {
    const at = document.positionAt(document.getText().indexOf(" ", document.getText().length / 2) + 1);
    await edit(document, [[new Range(at, at), letter]]);
    await pause(10);
  }
}

const typed = "answer in two sentences {{ at_most }} ";

describe("probe", function () {
  this.timeout(timeoutMilliseconds);
  const folder = uriOf("prompts/generated").fsPath;

  before(() => until("there is a report", () => diagnosticsOf(uriOf("prompts/support-agent.j2")).length > 0));
  afterEach(restoreWorkspace);
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("says how long the start of the extension holds the host", async () => {
    if (activation === null) {
      say("activation: the extension had started before the tests, so that nothing was seen of it");
      return;
    }
    await until("the extension is active", () => ourExtension().isActive);
    const holds = await (await activation)();
    say(`activation and the first answer: ${describeHolds(holds)}`);
    assert.ok(holds.ours.length > 0, "nothing of ours was seen");
  });

  for (const path of [
    "prompts/support-agent.j2",
    "prompts/handbook-answer-fixed.hbs",
    "prompts/booking-agent.prompt",
    "prompts/greeting.prompty",
    "prompts/claims-letter.txt",
    "AGENTS.md",
  ]) {
    it(`does not hold the host while somebody types in ${path}`, async () => {
      await assertFree(`typing in ${path}`, () => untilReport(() => type(path, typed)));
    });
  }

  it("is as large after 500 edits as before", async () => {
    const document = await open("prompts/support-agent.j2");
    const edits = async (count: number) => {
      for (let done = 0; done < count; done += 10) {
        await untilReport(async () => {
          for (let key = 0; key < 10; key++) {
            const end = document.positionAt(document.getText().length);
            await edit(document, [[new Range(end, end), key % 2 === 0 ? " more" : "\n"]]);
          }
        });
      }
    };
    // Threads share the process: it is the host with the worker, and with whatever else VS Code runs in it.
    const mebibytes = () => process.memoryUsage().rss / 2 ** 20;
    const hostMebibytes = () => process.memoryUsage().heapUsed / 2 ** 20;
    await edits(100);
    const [before, hostBefore] = [mebibytes(), hostMebibytes()];
    await edits(500);
    const [after, hostAfter] = [mebibytes(), hostMebibytes()];
    say(
      `memory: host and worker ${before.toFixed(0)} MiB before 500 edits, ${after.toFixed(0)} MiB after; ` +
        `heap of the host ${hostBefore.toFixed(0)} and ${hostAfter.toFixed(0)} MiB`,
    );
    assert.ok(after < before * 1.25 + 32, `it grew from ${before.toFixed(0)} to ${after.toFixed(0)} MiB`);
  });

  it(`does not hold the host while ${templates} templates arrive, and while somebody types among them`, async () => {
    const files = manyTemplates(templates);
    for (const { path, text } of files) {
      const file = uriOf(path.replace("prompts/", "prompts/generated/")).fsPath;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const last = `prompts/generated/jinja/${templates - 4}.j2`;
    const shown = async () => (await lensesOf(uriOf(last)))[0]?.command?.title;
    await assertFree(`an answer about ${templates} templates`, async () => {
      await untilReport(() => commands.executeCommand("promptCacheLens.refresh"));
      await until("the last is counted", shown);
    });
    await assertFree(`typing among ${templates} templates`, () => untilReport(() => type(last, typed)));
    await commands.executeCommand("promptCacheLens.showDashboard");
    await assertFree(`a report of ${templates} templates that is looked at`, async () => {
      await untilReport(() => commands.executeCommand("promptCacheLens.refresh"));
      // It is made behind the answer, and told to whoever looks before the text is made of it.
      await until("the report names them", async () => /prompts\/generated\//.test(await reportText()));
    });
    await commands.executeCommand("workbench.action.closeAllEditors");
  });
});
