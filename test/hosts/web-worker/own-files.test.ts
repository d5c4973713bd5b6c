import { expect, test } from "vitest";
import { OwnFiles } from "../../../src/hosts/web-worker/own-files.ts";

test("a file that two want is asked for once, and again when it is wanted later", async () => {
  const asked: string[] = [];
  const files = new OwnFiles((path) => asked.push(path));
  const both = Promise.all([files.read("a"), files.read("a")]);
  expect(asked).toEqual(["a"]);
  const bytes = new Uint8Array([1]);
  files.answer({ type: "own-file", path: "a", bytes });
  expect(await both).toEqual([bytes, bytes]);

  const later = files.read("a");
  expect(asked).toEqual(["a", "a"]);
  files.answer({ type: "own-file-missing", path: "a", reason: "it was answered with 404" });
  await expect(later).rejects.toThrow(
    "The extension's file a could not be fetched: it was answered with 404",
  );
});
