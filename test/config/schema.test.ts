/** The schema that the editor uses and the parser that the analysis uses must be of one opinion. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configRule, parseConfig } from "../../src/config/parse-config.ts";
import type { Rule } from "../../src/config/rules.ts";
import { formats } from "../../src/prompt/registry.ts";

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const url = new URL("../../schemas/promptcache.schema.json", import.meta.url);
const schema = JSON.parse(readFileSync(url, "utf8")) as Schema;
const validate = new Ajv({ allowUnionTypes: true, strict: false }).compile(schema);

function accepts(value: unknown): boolean {
  return parseConfig({ path: "promptcache.json", text: JSON.stringify(value) }).problems.length === 0;
}

describe("promptcache.schema.json", () => {
  it("names the same keys as the parser, each with a description", () => {
    const compare = (rule: Rule<unknown>, node: Schema, path: string): void => {
      const resolved =
        node.$ref === undefined ? node : schema.definitions![node.$ref.replace("#/definitions/", "")]!;
      if (rule.keys !== undefined) {
        expect(Object.keys(resolved.properties ?? {}).sort(), path).toEqual(Object.keys(rule.keys).sort());
        for (const [key, inner] of Object.entries(rule.keys)) {
          const property = resolved.properties![key]!;
          expect(property.description, `${path}.${key}`).toMatch(/\.$/);
          compare(inner, property, `${path}.${key}`);
        }
      }
      if (rule.each !== undefined) {
        const free = resolved.additionalProperties;
        compare(rule.each, resolved.items ?? (typeof free === "object" ? free : {}), `${path}.*`);
      }
    };
    compare(configRule, schema, "promptcache.json");
  });

  it("names every format", () => {
    const named = schema.properties?.["formats"]?.additionalProperties;
    const ids = formats.map(({ id }) => id).sort();
    expect(typeof named === "object" ? [...(named.enum ?? [])].sort() : null).toEqual(ids);
  });

  it("accepts and refuses the same documents as the parser", () => {
    fc.assert(
      fc.property(document(), (value) => {
        expect(accepts(value)).toBe(validate(JSON.parse(JSON.stringify(value))));
      }),
      { seed: 20250303, numRuns: 4000 },
    );
  });

  it("is of the parser's opinion about text and globs", () => {
    const text = fc.string({ unit: fc.constantFrom(..."a*/\\[]{}()., B1"), maxLength: 12 });
    fc.assert(
      fc.property(text, (value) => {
        for (const sample of [
          { include: [value] },
          { capacity: value },
          { model: value },
          { holes: { [value]: {} } },
        ]) {
          expect(accepts(sample), JSON.stringify(sample)).toBe(validate(sample));
        }
      }),
      { seed: 20250304, numRuns: 4000 },
    );
  });
});

/** Mostly right, and now and then wrong in one place. */
function document(): fc.Arbitrary<unknown> {
  const scalar = fc.oneof(
    fc.constantFrom<unknown>(0, 1, -1, 1.5, 8, 1e9, "", "auto", "20GiB", "x", null, true),
    fc.constantFrom<unknown>([], {}, ["a/**"], ["a["], ["/a"], [1], "session", "volatile", "request"),
    fc.constantFrom<unknown>("summary", "kept", "trimmed", "bare", [" "], ["a.j2", "b.j2"], " "),
  );
  const keys = (...names: string[]) =>
    fc.dictionary(fc.constantFrom(...names, "unknown"), scalar, { maxKeys: 3, noNullPrototype: true });
  const hole = fc.oneof({ weight: 4, arbitrary: keys("scope", "tokens", "values", "reason") }, scalar);
  const holes = fc.dictionary(fc.constantFrom("now", "a.b", "", "x"), hole, {
    maxKeys: 2,
    noNullPrototype: true,
  });
  const history = fc.oneof(
    {
      weight: 4,
      arbitrary: keys(
        ...["keep", "last", "every", "summaryTokens", "reasoningTokens", "reasoning", "answers", "questions"],
      ),
    },
    scalar,
  );
  const template = fc
    .tuple(
      keys("weight", "turns", "sessions", "usage"),
      fc.option(holes, { nil: undefined }),
      fc.option(history, { nil: undefined }),
    )
    .map(([rest, own, kept]) => ({
      ...rest,
      ...(own === undefined ? {} : { holes: own }),
      ...(kept === undefined ? {} : { history: kept }),
    }));
  const application = fc
    .tuple(keys("tools", "system", "examples", "question", "turns", "usage"), template)
    .map(([parts, rest]) => ({ ...rest, ...parts }));
  const applications = fc.dictionary(fc.constantFrom("support", "a b", " ", "", "a\nb"), application, {
    maxKeys: 2,
    noNullPrototype: true,
  });
  const templates = fc.dictionary(fc.constantFrom("a/*.j2", "a.j2#2", "a{", ""), template, {
    maxKeys: 2,
    noNullPrototype: true,
  });
  const workload = keys(
    ...["sessions", "turns", "tenants", "seed", "thinkSeconds", "arrivalsPerSecond", "outputTokens"],
  );
  const top = keys("model", "gpu", "tensorParallel", "policy", "capacity", "include", "exclude", "$schema");
  const formats = fc.dictionary(
    fc.constantFrom("a/*.txt", "b.html", "a{", "/c", ""),
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom("jinja", "plain-text", "jinja2", "Jinja") }, scalar),
    { maxKeys: 2, noNullPrototype: true },
  );
  const part = fc.oneof(
    top,
    formats.map((value) => ({ formats: value })),
    fc.tuple(workload, history).map(([value, kept]) => ({ workload: { ...value, history: kept } })),
    workload.map((value) => ({ workload: value })),
    applications.map((value) => ({ applications: value })),
    templates.map((value) => ({ templates: value })),
    holes.map((value) => ({ holes: value })),
  );
  return fc.oneof({ weight: 20, arbitrary: fc.tuple(part, part).map(([a, b]) => ({ ...a, ...b })) }, scalar);
}
