import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { analysisTable, editorTable, parseSettings, section } from "../../src/config/settings-table.ts";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const properties: Readonly<Record<string, Record<string, unknown>>> =
  manifest.contributes.configuration.properties;
const table = Object.entries({ ...analysisTable, ...editorTable });

describe("settings table", () => {
  it("has the keys of package.json", () => {
    const keys = table.map(([key]) => `${section}.${key}`);
    expect(keys.sort()).toEqual(Object.keys(properties).sort());
  });

  it.each(table)("%s: default, type and limits are those of package.json", (key, setting) => {
    const property = properties[`${section}.${key}`]!;
    expect(setting.fallback).toEqual(property["default"]);
    expect(setting.parse(property["default"])).toEqual(property["default"]);
    switch (property["type"]) {
      case "integer": {
        const { minimum, maximum } = property as { minimum: number; maximum: number };
        expect(setting.parse(minimum)).toBe(minimum);
        expect(setting.parse(maximum)).toBe(maximum);
        expect(setting.parse(minimum - 1)).toBeNull();
        expect(setting.parse(maximum + 1)).toBeNull();
        expect(setting.parse(minimum + 0.5)).toBeNull();
        break;
      }
      case "boolean":
        expect(setting.parse("true")).toBeNull();
        break;
      case "string":
        expect(setting.parse("")).toBeNull();
        expect(setting.parse(1)).toBeNull();
        break;
      case "array":
        expect(setting.parse([1])).toBeNull();
        expect(setting.parse(["a"])).toEqual(["a"]);
        break;
      default:
        expect.unreachable(`${key} has a type that this test does not know`);
    }
  });

  it("reads a capacity as promptcache.json does", () => {
    const schema = JSON.parse(
      readFileSync(new URL("../../schemas/promptcache.schema.json", import.meta.url), "utf8"),
    );
    expect(properties[`${section}.capacity`]!["pattern"]).toBe(schema.properties.capacity.pattern);
    expect(analysisTable.capacity.parse("20GiB")).toBe("20GiB");
    expect(analysisTable.capacity.parse("much")).toBeNull();
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
});
