import { expect, test } from "vitest";
import { defaultSettings } from "../../src/config/settings.ts";
import type { FileView, FolderSummary } from "../../src/protocol/editor.ts";
import { FolderAnswers } from "../../src/protocol/folder-answers.ts";
import type { FromWorker } from "../../src/protocol/worker.ts";

type Answer = Extract<FromWorker, { readonly type: "answer" }>;

/** What is in them is nobody's business here. */
const summary = {} as FolderSummary;
const view = (name: string) => ({ name }) as unknown as FileView;

function answer(folder: string, files: Answer["files"], more: Partial<Answer> = {}): Answer {
  const rest = { settings: defaultSettings, summary, texts: [], isFirst: false, isWhole: true };
  return { type: "answer", job: 1, folder, files, ...rest, ...more };
}

test("an answer changes what it names, and nothing else", () => {
  const answers = new FolderAnswers();
  const [a, b, c] = [view("a"), view("b"), view("c")];
  answers.take(
    answer(
      "f",
      [
        ["a", a],
        ["b", b],
      ],
      { texts: [["a", "A"]] },
    ),
    ["f"],
  );
  const changed = answers.take(
    answer(
      "f",
      [
        ["b", null],
        ["c", c],
      ],
      { texts: [["c", "C"]] },
    ),
    ["f"],
  );
  expect(changed).toEqual(["b", "c"]);
  const known = answers.all.get("f")!;
  expect([...known.files]).toEqual([
    ["a", a],
    ["c", c],
  ]);
  expect([...known.texts]).toEqual([
    ["a", "A"],
    ["c", "C"],
  ]);
});

test("a first answer begins anew, and says what is gone", () => {
  const answers = new FolderAnswers();
  answers.take(answer("f", [["a", view("a")]], { texts: [["a", "A"]] }), ["f"]);
  const b = view("b");
  expect(answers.take(answer("f", [["b", b]], { isFirst: true }), ["f"])).toEqual(["a", "b"]);
  expect([...answers.all.get("f")!.files]).toEqual([["b", b]]);
  expect(answers.all.get("f")!.texts.size).toBe(0);
});

test("folders stand in their order, and closed ones are forgotten", () => {
  const answers = new FolderAnswers();
  const open = ["f", "g", "h"];
  for (const folder of ["h", "f", "g"]) answers.take(answer(folder, []), open);
  expect([...answers.all.keys()]).toEqual(open);
  expect(answers.keepOnly(open)).toBe(false);
  expect(answers.keepOnly(["g", "h"])).toBe(true);
  expect([...answers.all.keys()]).toEqual(["g", "h"]);
  // It was on its way when its folder was closed.
  answers.take(answer("f", []), ["g", "h"]);
  expect([...answers.all.keys()]).toEqual(["g", "h"]);
});
