import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeWhole } from "../../../src/hosts/node/write-whole.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "write whole "));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("writeWhole", () => {
  test("a new file, and nothing beside it", () => {
    writeWhole(join(folder, "a.json"), "text");
    expect(readFileSync(join(folder, "a.json"), "utf8")).toBe("text");
    expect(readdirSync(folder)).toEqual(["a.json"]);
  });

  test("a file that is there is replaced, not changed: whoever has it open keeps the old one", () => {
    const file = join(folder, "a.json");
    writeFileSync(file, "before");
    chmodSync(file, 0o600);
    const before = statSync(file).ino;
    writeWhole(file, "after");
    expect(readFileSync(file, "utf8")).toBe("after");
    expect(statSync(file).ino).not.toBe(before);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("a link stays a link", () => {
    mkdirSync(join(folder, "real"));
    writeFileSync(join(folder, "real/a.json"), "before");
    symlinkSync("real/a.json", join(folder, "link.json"));
    writeWhole(join(folder, "link.json"), "after");
    expect(lstatSync(join(folder, "link.json")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, "real/a.json"), "utf8")).toBe("after");
  });

  test("what is no file is not replaced by one", () => {
    writeWhole("/dev/null", "text");
    expect(statSync("/dev/null").isFile()).toBe(false);
  });

  test("a draft that cannot be finished leaves what was there, and nothing else", () => {
    // The name is as long as names can be, so that no draft fits beside it.
    const file = join(folder, "a".repeat(255));
    writeFileSync(file, "before");
    expect(() => writeWhole(file, "after")).toThrow("ENAMETOOLONG");
    expect(readFileSync(file, "utf8")).toBe("before");
    expect(() => writeWhole(join(folder, "gone/a.json"), "text")).toThrow("ENOENT");
    expect(readdirSync(folder).length).toBe(1);
  });
});
