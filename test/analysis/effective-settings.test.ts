import { describe, expect, test } from "vitest";
import { effectiveSettings, usableSettings } from "../../src/analysis/effective-settings.ts";
import { defaultSettings, UserError } from "../../src/config/settings.ts";

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

describe("a file that is being written", () => {
  /** What is underlined, with the message. */
  const marked = (value: object, chosen = {}) => {
    const config = file(value);
    const { unusable = [], ...settings } = usableSettings(config, chosen);
    const found = unusable.map(({ range, message }) => [config.text.slice(range.start, range.end), message]);
    return { settings, found };
  };

  test("goes on with the default for each value that cannot be used, and says so there", () => {
    const { settings, found } = marked({ gpu: "H100", policy: "vlm", tensorParallel: 2 });
    expect(settings).toEqual({ ...defaultSettings, tensorParallel: 2 });
    expect(found).toEqual([
      [
        '"H100"',
        expect.stringMatching(
          /^Unknown GPU "H100"\. Did you mean .*H100-SXM.* Until then "H100-SXM" counts\.$/,
        ),
      ],
      ['"vlm"', expect.stringMatching(/^Unknown policy "vlm"\. .* Until then "marconi" counts\.$/)],
    ]);
  });

  test("gives up the fewest values that it works without, and the model last", () => {
    const large = { model: "ibm-granite/granite-4.0-h-small", capacity: "20 kB" };
    const { settings, found } = marked(large);
    expect(settings).toEqual(defaultSettings);
    expect(found.map(([value]) => value)).toEqual(['"20 kB"']);
  });

  test("is not asked where the user has chosen, nor blamed for what was chosen wrongly", () => {
    expect(marked({ gpu: "nope" }, { gpu: "L40S" })).toEqual({
      settings: { ...defaultSettings, gpu: "L40S" },
      found: [],
    });
    expect(marked({ gpu: "L40S" }, { model: "nope" }).found).toEqual([]);
  });

  test("may hold a value that only whoever reads files can refuse", () => {
    const config = file({ tokenizer: "own.json", gpu: "nope" });
    const refused = new Map([["tokenizer", "It is no tokenizer."]] as const);
    const { unusable, tokenizer, gpu } = usableSettings(config, {}, undefined, refused);
    expect({ tokenizer, gpu }).toEqual({ tokenizer: "auto", gpu: defaultSettings.gpu });
    expect(unusable?.map(({ message }) => message.split(" Until")[0])).toEqual([
      "It is no tokenizer.",
      expect.stringMatching(/^Unknown GPU/),
    ]);
    const read = () => {
      throw new UserError("There is no such file.");
    };
    expect(() => usableSettings(null, {}, read)).toThrow("There is no such file.");
  });
});
