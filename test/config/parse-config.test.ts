import { describe, expect, it } from "vitest";
import { configuredSettings, emptyConfig } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { formats } from "../../src/prompt/registry.ts";

function parse(text: string) {
  const parsed = parseConfig({ path: "promptcache.json", text });
  const problems = parsed.problems.map(
    ({ range, message }) => `${text.slice(range.start, range.end)}: ${message}`,
  );
  return { value: parsed.value, problems };
}

describe("parseConfig", () => {
  it("reads everything that can be said", () => {
    const { value, problems } = parse(`{
      // Comments and trailing commas are welcome.
      "model": "some/model", "gpu": "H100-SXM", "tensorParallel": 2, "policy": "marconi", "capacity": "20GiB",
      "include": ["prompts/**/*.{j2,prompty}"], "exclude": ["**/drafts/**"],
      "workload": { "sessions": 5, "turns": 2, "tenants": 3, "seed": 7, "thinkSeconds": 1.5, "arrivalsPerSecond": 0.5, "outputTokens": 64 },
      "templates": {
        "prompts/*.j2": { "weight": 2.5, "turns": 4, "usage": "request" },
        "prompts/a.j2#2": { "sessions": 1, "holes": { "now": { "scope": "volatile", "reason": "a clock" } } },
      },
      "holes": { "company": { "scope": "constant", "values": ["Harbor Lane"] }, "context": { "tokens": 900 } },
    }`);
    expect(problems).toEqual([]);
    expect(value).toMatchObject({
      model: "some/model",
      tensorParallel: 2,
      include: [{ value: "prompts/**/*.{j2,prompty}" }],
      workload: { sessions: 5, thinkSeconds: 1.5 },
      templates: [
        { key: "prompts/*.j2", value: { weight: 2.5, turns: 4, usage: "request" } },
        {
          key: "prompts/a.j2#2",
          value: { sessions: 1, holes: [{ key: "now", value: { scope: "volatile" } }] },
        },
      ],
      holes: [
        { key: "company", value: { scope: "constant", values: ["Harbor Lane"] } },
        { key: "context", value: { tokens: 900 } },
      ],
    });
    expect(configuredSettings(value)).toEqual({
      model: "some/model",
      gpu: "H100-SXM",
      tensorParallel: 2,
      policy: "marconi",
      capacity: "20GiB",
      seed: 7,
      sessions: 5,
      turns: 2,
    });
  });

  it("is empty without a file, and for an empty one", () => {
    expect(parseConfig(null)).toEqual({ value: emptyConfig, problems: [] });
    expect(parse("")).toEqual({ value: {}, problems: [] });
    expect(configuredSettings(emptyConfig)).toEqual({});
  });

  it.each([
    [
      '{"modell": "x"}',
      '"modell": "modell" is not a key of the configuration, so it has no effect; did you mean "model"?',
    ],
    [
      '{"workload": {"speed": 1}}',
      '"speed": "speed" is not a key of "workload", so it has no effect; did you mean "seed"?',
    ],
    ['{"tensorParallel": 1.5}', '1.5: "tensorParallel" must be a whole number from 1 to 1024.'],
    ['{"workload": []}', '[]: "workload" must be an object in braces.'],
    [
      '{"workload": {"arrivalsPerSecond": 0}}',
      '0: "arrivalsPerSecond" must be a number above 0, at most 100000.',
    ],
    [
      '{"holes": {"now": {"scope": "volatil"}}}',
      '"volatil": "scope" must be one of "constant", "day", "tenant", "session", "request", "volatile"; did you mean "volatile"?',
    ],
    [
      '{"formats": {"a/*.html": "jinja2"}}',
      `"jinja2": "a/*.html" must be one of ${formats.map(({ id }) => `"${id}"`).join(", ")}; did you mean "jinja"?`,
    ],
    ['{"formats": ["a/*.html"]}', '["a/*.html"]: "formats" must be an object in braces.'],
    ['{"holes": {"now": {"values": []}}}', '[]: "values" must be a list with at least one entry.'],
    ['{"holes": {"now": {"values": [1]}}}', '1: An entry of "values" must be text.'],
    [
      '{"capacity": "much"}',
      '"much": "capacity" must be "auto", or a number of bytes with its unit, such as "20GiB".',
    ],
    [
      '{"model": "a", "model": "b"}',
      '"model": "model" is given twice, and only the last one counts; remove one of them.',
    ],
    ["[1]", "[1]: The configuration must be an object in braces."],
    ['{"model" "a"}', '"a": A colon is missing between the key and its value.'],
  ])("%s", (text, problem) => {
    expect(parse(text).problems).toContain(problem);
  });

  it.each(["/abs/*.j2", "../up", "./here", "a\\b", "a[b", "a{b", "", "(a"])("refuses the glob %j", (glob) => {
    expect(parse(JSON.stringify({ exclude: [glob, "fine/**"] })).value.exclude).toEqual(["fine/**"]);
    expect(parse(JSON.stringify({ templates: { [glob]: {} } })).problems).toHaveLength(1);
  });

  it("keeps everything valid beside what is wrong", () => {
    const { value, problems } = parse(
      '{"model": 1, "gpu": "L40S", "holes": {"a": {"scope": "no", "tokens": 5}, "b": 3, "c": {"scope": "tenant"}}}',
    );
    expect(problems).toHaveLength(3);
    expect(value).toMatchObject({
      gpu: "L40S",
      holes: [
        { key: "a", value: { tokens: 5 } },
        { key: "c", value: { scope: "tenant" } },
      ],
    });
    expect(value.model).toBeUndefined();
  });

  it("keeps what can be kept of malformed JSON", () => {
    const { value, problems } = parse(
      '{"gpu": "L40S", "model": , "policy": "radix", "workload": {"turns": 2',
    );
    expect(value).toEqual({ gpu: "L40S", policy: "radix", workload: { turns: 2 } });
    expect(problems.length).toBeGreaterThan(0);
  });

  it("never throws, wherever a file is cut", () => {
    const whole =
      '{"workload":{"turns":2,},"templates":{"a/*":{"holes":{"x":{"values":["y"]}}}},/* c */"__proto__":{}}';
    for (let end = 0; end <= whole.length; end++) {
      const text = whole.slice(0, end);
      for (const { range } of parseConfig({ path: "promptcache.json", text }).problems) {
        expect(range.start).toBeLessThanOrEqual(range.end);
        expect(range.end).toBeLessThanOrEqual(text.length);
      }
    }
  });
});
