/** The table of settings, and whether everything that is made from it says the same. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { staleSettings } from "../../scripts/settings.mjs";
import { configuredSettings } from "../../src/config/config.ts";
import { parseSettings } from "../../src/config/editor-settings.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import {
  checkNumbers,
  defaultSettings,
  defaultsOf,
  type Setting,
  settingRows,
  settingsTable,
} from "../../src/config/settings.ts";
import { parseBytes } from "../../src/core/cost/bytes.ts";

/** Values of every type and around every bound of the table. */
const bounds = settingRows.flatMap(([, { kind }]) => [kind.schema["minimum"], kind.schema["maximum"]]);
const numbers = bounds
  .filter((bound) => typeof bound === "number")
  .flatMap((n) => [n - 1, n, n + 0.5, n + 1]);
const samples: readonly unknown[] = [
  ...numbers,
  ...[true, false, null, "", " ", "auto", "20GiB", "20 gib", "1.5e9", "20G", "much", "true", "8"],
  ...[[], [1], [""], ["a"], ["a", "b/**"], {}],
];

describe("the table of settings", () => {
  it("is what package.json and the schema of promptcache.json say: npm run settings", async () => {
    expect(staleSettings().map(({ file }) => file)).toEqual([]);
  });

  it.each(settingRows)("%s: the parser accepts what the schema accepts, the default included", (_, row) => {
    const validate = new Ajv().compile(row.kind.schema);
    expect(row.kind.parse(row.fallback)).toEqual(row.fallback);
    for (const sample of samples) {
      expect(row.kind.parse(sample) !== null, JSON.stringify(sample)).toBe(validate(sample));
    }
  });

  it("says what is read when nobody chooses", () => {
    expect(defaultsOf("reading")).toEqual({
      ...{ include: [], exclude: [], maxFileBytes: 5_000_000, recordings: "skip" },
    });
  });

  it("gives every setting of an analysis an option and a place in promptcache.json", () => {
    const rows = settingRows.filter(([, { concern }]) => concern === "analysis");
    expect(rows.map(([key]) => key)).toEqual(Object.keys(defaultSettings));
    expect(rows.length).toBeGreaterThanOrEqual(10);
    for (const [key, { option, inFile }] of rows) {
      expect(option?.usage, key).toBeTruthy();
      expect(inFile, key).toBeTruthy();
    }
  });

  it("gives descriptions that are sentences, and usages that are phrases in a line", () => {
    for (const [key, { description, option }] of settingRows) {
      expect(description, key).toMatch(/^[A-Z].*\.$/);
      if (option !== undefined) expect(option.usage, key).toMatch(/^.{1,70}[^.]$/);
    }
  });

  it("reads amounts of memory as the analysis does", () => {
    const { parse } = settingsTable.capacity.kind;
    const text = fc.string({ unit: fc.constantFrom(..."0123.eE+ kKmMgGtTiIbB"), maxLength: 8 });
    let accepted = 0;
    fc.assert(
      fc.property(text, (value) => {
        if (parse(value) === null) return;
        accepted++;
        try {
          expect(parseBytes(value)).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(String(error)).toContain("more memory than can be counted");
        }
      }),
      { seed: 20250305, numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(100);
    for (const value of ["20GiB", "20gib", "20 GB", "1e9", "1.5e+9 kB", "0", "auto"])
      expect(parse(value)).toBe(value);
  });

  it("bounds what the report says of the same numbers", () => {
    const url = new URL("../../schemas/report.schema.json", import.meta.url);
    const { scenario } = JSON.parse(readFileSync(url, "utf8")).properties;
    const minimum = (row: Setting<number>) => row.kind.schema["minimum"];
    const { tensorParallel, sessions, turns } = settingsTable;
    expect(scenario.properties.tensorParallel.minimum).toBe(minimum(tensorParallel));
    expect(scenario.properties.sessions.minimum).toBe(minimum(sessions));
    expect(scenario.properties.turnsPerSession.minimum).toBe(minimum(turns));
  });
});

describe("promptcache.json", () => {
  it("holds every setting of an analysis", () => {
    const other = (key: string, { kind, fallback }: Setting<unknown>) => {
      const others = { integer: kind.schema["maximum"], object: { enable_thinking: false } };
      const texts = ["20 GiB", "once", "41.5 %", "fp8"];
      const value =
        others[kind.schema["type"] as keyof typeof others] ?? texts.find((text) => kind.parse(text) !== null);
      expect(value, key).toBeDefined();
      expect(value, key).not.toEqual(fallback);
      return [key, value] as const;
    };
    const at = (place: string) =>
      settingRows.filter(([, { inFile }]) => inFile === place).map(([key, row]) => other(key, row));
    const [top, workload] = [at("top"), at("workload")].map((rows) => Object.fromEntries(rows));
    const text = JSON.stringify({ ...top, workload });
    const { value, problems } = parseConfig({ path: "promptcache.json", text });
    expect(problems).toEqual([]);
    expect(configuredSettings(value)).toEqual({ ...top, ...workload });
    expect(Object.keys({ ...top, ...workload }).sort()).toEqual(Object.keys(defaultSettings).sort());
  });
});

describe("checkNumbers", () => {
  it.each([
    [{ tensorParallel: 1025 }, "tensorParallel is 1025; give a whole number from 1 to 1024."],
    [{ turns: 0 }, "turns is 0; give a whole number from 1 to 1000."],
    [{ sessions: 10_001 }, "sessions is 10001; give a whole number from 0 to 10000."],
    [{ seed: -1 }, "seed is -1; give a whole number from 0 to 4294967295."],
    [{ sessions: Number.NaN }, "sessions is NaN; give a whole number from 0 to 10000."],
  ])("%j", (changed, message) => {
    expect(() => checkNumbers({ ...defaultSettings, ...changed })).toThrow(message);
  });

  it("passes the bounds themselves", () => {
    checkNumbers({ ...defaultSettings, tensorParallel: 1024, turns: 1000, sessions: 0, seed: 0 });
  });
});

describe("parseSettings", () => {
  const read = (values: Readonly<Record<string, unknown>>) => (key: string) => ({
    value: values[key],
    isSet: key in values,
  });

  it("chooses only what the user set, so that promptcache.json can say the rest", () => {
    const settings = parseSettings(read({ model: "Qwen/Qwen3-8B", turns: 5 }), () => expect.unreachable());
    expect(settings.chosen).toEqual({ model: "Qwen/Qwen3-8B", turns: 5 });
    expect(settings.enable).toBe(true);
  });

  it("takes what cannot be used as not set, and says so", () => {
    const invalid: string[] = [];
    const settings = parseSettings(read({ turns: "many", include: "a", "hover.enabled": false }), (key) =>
      invalid.push(key),
    );
    expect(invalid).toEqual(["turns", "include"]);
    expect(settings.chosen).toEqual({});
    expect(settings.include).toEqual([]);
    expect(settings["hover.enabled"]).toBe(false);
  });

  it("has a value for whatever the editor does", () => {
    const { chosen, ...others } = parseSettings(read({}), () => expect.unreachable());
    expect(chosen).toEqual({});
    expect(others).toEqual({ ...defaultsOf("editor"), ...defaultsOf("reading") });
  });

  it("asks the editor for nothing that only the project says", () => {
    const asked: string[] = [];
    parseSettings(
      (key) => {
        asked.push(key);
        return { value: null, isSet: false };
      },
      () => expect.unreachable(),
    );
    expect(asked.length).toBe(settingRows.length - 2);
    expect(asked).not.toContain("chatTemplate");
    expect(asked).not.toContain("chatTemplateArguments");
  });
});
