import { strict as assert } from "node:assert";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { commands, type Position, Range } from "vscode";
import {
  diagnosticsOf,
  edit,
  lensesOf,
  lensTokens,
  open,
  restoreWorkspace,
  until,
  untilReport,
  uriOf,
  writeFile,
} from "./support.ts";

const patienceMilliseconds = 100;
const attempts = 5;
/** For all attempts, on a busy machine too: what is measured is how long the host stands still, not how long the work takes. */
const timeoutMilliseconds = 150_000;

describe("responsiveness", function () {
  this.timeout(timeoutMilliseconds);

  before(() => until("there is a report", () => diagnosticsOf(uriOf("prompts/support-agent.j2")).length > 0));
  afterEach(restoreWorkspace);

  /**
   * The longest time that the extension host stood still during some work. A busy machine makes it stand still
   * now and then, the work itself makes it do so every time: the best of several attempts tells them apart.
   */
  async function assertNeverBlocked(work: () => Promise<unknown>): Promise<void> {
    const pauses: number[] = [];
    for (let i = 0; i < attempts; i++) {
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      await work();
      delay.disable();
      pauses.push(delay.max / 1e6);
      if (delay.max / 1e6 < patienceMilliseconds) return;
    }
    const seen = pauses.map((pause) => pause.toFixed(0)).join(", ");
    assert.fail(`the extension host stood still for ${seen} ms`);
  }

  it("keeps the extension host free while keys are typed and analysed", async () => {
    const document = await open("prompts/support-agent.j2");
    const tokens = async () => lensTokens((await lensesOf(document.uri))[0]?.command?.title);
    const type = async () => {
      const before = await tokens();
      for (const letter of "\nAnswer in two sentences at most, and never in three.") {
        const end: Position = document.positionAt(document.getText().length);
        await edit(document, [[new Range(end, end), letter]]);
      }
      await until("what was typed is counted", async () => (await tokens()) > before);
    };
    await assertNeverBlocked(type);
  });

  it("keeps the extension host free while the whole workspace is read", async () => {
    await assertNeverBlocked(() => untilReport(() => commands.executeCommand("promptCacheLens.refresh")));
  });

  it("keeps the extension host free with two hundred prompts", async () => {
    const prose = "You write the notes of a harbour master, who reads them aloud every morning. ".repeat(40);
    for (let i = 0; i < 200; i++)
      await writeFile(`prompts/many/${i}.j2`, `Harbour ${i % 20}\n${prose}\n{{ question }}\n`);
    await assertNeverBlocked(async () => {
      await untilReport(() => commands.executeCommand("promptCacheLens.refresh"));
      await until(
        "the last of them is counted",
        async () => (await lensesOf(uriOf("prompts/many/199.j2"))).length > 0,
      );
    });
  });
});
