import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { corporaCommand } from "../../../src/hosts/cli/corpora.ts";

const folder = mkdtempSync(join(tmpdir(), "corpora "));
const files = {
  "one/plan.j2": "{{ today }} Plan for {{ customer_name }}: {{ question }} {% include 'gone.j2' %}",
  "one/settings.yaml": "colour: blue\n",
  "two/system.prompty": "---\nname: x\n---\nsystem:\nBe brief.",
  "two/big.j2": "a".repeat(6 * 2 ** 20),
};

beforeAll(() => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

function host(print: (text: string) => void) {
  return { media: "", grammars: "no grammars here", bundles: "", print };
}

async function lines(...args: string[]): Promise<string[]> {
  const printed: string[] = [];
  await corporaCommand.run(
    args,
    host((text) => printed.push(text)),
  );
  return printed.join("\n").split("\n");
}

describe("what is found in each folder", () => {
  test("templates by format, holes by scope, problems, and what was not read", async () => {
    const cells = (await lines(folder)).map((line) => line.split(" | ").slice(0, -1).join(" | "));
    expect(cells.slice(2)).toEqual([
      "| one | 1 | < 0.001 | 1 | jinja 1 | day 1, session 1, request 1 | 1 | 0",
      "| two | 1 | < 0.001 | 1 | prompty 1 |  | 0 | 1",
      "| all | 2 | < 0.001 | 2 | jinja 1, prompty 1 | day 1, session 1, request 1 | 1 | 1",
    ]);
  });

  test("a folder without folders is one itself", async () => {
    expect((await lines(join(folder, "two")))[2]).toMatch(/^\| \. \| 1 \| /);
  });

  test("every template, with how it begins", async () => {
    expect(await lines(folder, "--list")).toEqual([
      'one/plan.j2  jinja, request  "Plan for"',
      'two/system.prompty  prompty, request  "Be brief."',
    ]);
  });

  test.each([
    [[], "corpora needs a folder with folders in it."],
    [["nowhere"], "There is no folder nowhere."],
    [["--lst"], "There is no option --lst. Did you mean --list?"],
  ])("%s", async (args, message) => {
    const run = async () =>
      corporaCommand.run(
        args,
        host(() => {}),
      );
    await expect(run()).rejects.toThrow(message);
  });
});
