import { expect, test } from "vitest";
import { effectiveSettings } from "../../src/analysis/effective-settings.ts";
import { defaultSettings } from "../../src/config/settings.ts";

const file = (value: object) => ({ path: "promptcache.json", text: JSON.stringify(value) });

test("what was chosen stands above the file, and that above the defaults", () => {
  const config = file({ gpu: "L40S", tensorParallel: 2 });
  expect(effectiveSettings(config, { tensorParallel: 4 })).toEqual({
    ...{ ...defaultSettings, gpu: "L40S", tensorParallel: 4 },
  });
  expect(effectiveSettings(null, {})).toEqual(defaultSettings);
});

test.each([
  [{ model: "nope" }, 'In promptcache.json: Unknown model "nope".'],
  [{ gpu: "nope" }, 'In promptcache.json: Unknown GPU "nope".'],
  [{ policy: "nope" }, 'In promptcache.json: Unknown policy "nope".'],
])("%j is said to stand in the file", (value, message) => {
  expect(() => effectiveSettings(file(value), {})).toThrow(message);
});

test("what was chosen wrongly is no fault of the file", () => {
  const chosen = { model: "nope" };
  expect(effectiveSettings(file({ gpu: "L40S" }), chosen).model).toBe("nope");
});
