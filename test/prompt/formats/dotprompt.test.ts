import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseDocument } from "../../../src/prompt/registry.ts";
import type { Role, Segment } from "../../../src/prompt/template.ts";
import { hasCorpora, readCorpus } from "../../support/corpora.ts";
import { readTemplate, showTemplate } from "../../support/show-template.ts";

const show = (text: string) => showTemplate("prompts/greet.prompt", text);

describe("messages", () => {
  test("roles begin messages; the text around them is kept", () => {
    expect(
      show('---\nmodel: x\n---\n\n{{role "system"}}\nBe kind.\n\n{{role "user"}}{{q}}\n'),
    ).toMatchInlineSnapshot(`
      "<system>
      "\\nBe kind.\\n\\n"
      <user>
      {q} [request]"
    `);
  });

  test("text before the first role is the user's", () => {
    expect(show('Hi {{name}}\n{{role "model"}}Hello')).toMatchInlineSnapshot(`
      "<user>
      "Hi "
      {name} [session]
      "\\n"
      <assistant>
      "Hello""
    `);
  });

  test("what follows the earlier turns is the model's, until a role says otherwise", () => {
    expect(show('{{role "system"}}S\n{{history}}\n{{role "user"}}U{{history}}more')).toMatchInlineSnapshot(`
      "<system>
      "S\\n"
      {history history} [session]
      <user>
      "U"
      {history history} [session]
      <assistant>
      "more""
    `);
  });

  test("a variable may be called like a helper", () => {
    expect(show("{{#each people}}{{name}} ({{role}}) {{section}}{{/each}}")).toMatchInlineSnapshot(`
      "<user>
      for people [request]
        {people[].name} [request]
        " ("
        {people[].role} [request]
        ") "
        {people[].section} [request]"
    `);
  });

  test("media, sections and JSON", () => {
    expect(
      show('{{media url=photo}}{{media url="a.png"}}{{section "x"}}{{json order indent=2}}'),
    ).toMatchInlineSnapshot(`
      "<user>
      {call photo} [request]
      {call media} [constant]
      {call order} [request]"
    `);
  });

  test("a role as a block, which Dotprompt does not know but people write", () => {
    expect(show('{{#role "system"}}\nBe kind.\n{{/role}}\n')).toMatchInlineSnapshot(`
      "<system>
      "Be kind.\\n""
    `);
  });
});

describe("the file", () => {
  test("a body after frontmatter is trimmed, one without is not", () => {
    expect(show("---\nmodel: x\n---\n\n Hi \n\n")).toMatchInlineSnapshot(`
      "<user>
      "Hi""
    `);
    expect(show("\n Hi \n")).toMatchInlineSnapshot(`
      "<user>
      "\\n Hi \\n""
    `);
  });

  test("a licence comment may come first", () => {
    expect(show("# Copyright\n#\n\n---\nmodel: x\n---\nHi")).toMatchInlineSnapshot(`
      "<user>
      "Hi""
    `);
  });

  test("Continue's older files have no opening line", () => {
    expect(show("name: Fix\ndescription: d\n---\nFix it")).toMatchInlineSnapshot(`
      "<user>
      "Fix it""
    `);
  });

  test("defaults are samples", () => {
    const text = "---\ninput:\n  default:\n    name: Ann\n    tags: [a, b]\n---\nHi";
    expect([...readTemplate("a.prompt", text).samples]).toEqual([
      ["name", "Ann"],
      ["tags", '["a","b"]'],
    ]);
  });

  test("partials begin no message", () => {
    expect(showTemplate("prompts/_tone.prompt", "Be {{tone}}.")).toBe('"Be "\n{tone} [constant]\n"."');
    expect(readTemplate("prompts/_tone.prompt", "x").usage).toBe("partial");
  });
});

interface SpecMessage {
  readonly role: string;
  readonly content: readonly { readonly text?: string; readonly media?: unknown }[];
}

interface SpecCase {
  readonly name: string;
  readonly template: string;
  readonly partials?: unknown;
  readonly resolverPartials?: unknown;
  readonly data?: { readonly messages?: unknown };
  readonly tests: readonly {
    readonly desc?: string;
    readonly data?: { readonly input?: unknown; readonly messages?: unknown };
    readonly options?: { readonly input?: { readonly default?: unknown } };
    readonly expect: { readonly messages?: readonly SpecMessage[] };
  }[];
}

type Values = Readonly<Record<string, unknown>>;

function valueAt(path: string, values: Values): unknown {
  if (Object.hasOwn(values, path)) return values[path];
  return path.split(".").reduce<unknown>((owner, key) => (owner as Values | undefined)?.[key], values);
}

/** Renders by our segments alone; only what the specification's own cases need. */
function render(segments: readonly Segment[], input: Values): readonly { role: Role; text: string }[] {
  const messages: { role: Role; text: string }[] = [];
  const add = (text: string) => {
    const last = messages.at(-1);
    if (last !== undefined) last.text += text;
  };
  const walk = (list: readonly Segment[], values: Values) => {
    for (const segment of list) {
      if (segment.kind === "text") add(segment.text);
      else if (segment.kind === "marker") messages.push({ role: segment.role, text: "" });
      else if (segment.kind === "hole" && segment.form !== "history")
        add(String(valueAt(segment.name, values) ?? ""));
      else if (segment.kind === "block" && segment.form === "loop") {
        const items = valueAt(segment.name, values) as readonly unknown[];
        for (const [index, item] of items.entries()) {
          walk(segment.body, { ...values, [`${segment.name}[]`]: item, "@last": index === items.length - 1 });
        }
      } else if (segment.kind === "block") {
        const isTrue = Boolean(valueAt(segment.name, values)) !== segment.expression.startsWith("not ");
        walk(isTrue ? segment.body : segment.otherwise, values);
      }
    }
  };
  walk(segments, input);
  return messages.filter(({ text }) => text !== "");
}

/** Cases whose result depends on more than the template: helpers that format, partials, media. */
const beyond =
  /json|media|partial|section|Equals|picoschema|metadata|unicode_(?:json|schema|partial|helper)/i;

describe.skipIf(!hasCorpora())("cases of the Dotprompt specification", () => {
  const cases = (hasCorpora() ? readCorpus("dotprompt") : [])
    .filter(({ path }) => /spec\/.*\.yaml$/.test(path) && !beyond.test(path))
    .flatMap(({ text }) => parseYaml(text) as SpecCase[])
    .filter((one) => !one.partials && !one.resolverPartials && !beyond.test(one.name))
    .flatMap(({ name, template, tests }) =>
      tests.map((one) => [`${name}: ${one.desc}`, template, one] as const),
    );

  test.each(cases)("%s", (name, template, { data, options, expect: expected }) => {
    const input = { ...(options?.input?.default as object), ...(data?.input as object) };
    const [parsed] = parseDocument({ path: "case.prompt", text: template }).value;
    const fromSpec = (expected.messages ?? [])
      .filter((message) => !("metadata" in message))
      .map(({ role, content }) => ({
        role: role === "model" ? "assistant" : role,
        text: content.map((part) => part.text ?? "").join(""),
      }));
    // Where a template has no `{{history}}`, the runtime adds the earlier turns to what the template renders.
    const kept = name.includes("inserts history after") ? fromSpec.slice(0, 1) : fromSpec;
    expect(render(parsed!.segments, input)).toEqual(kept);
  });

  test("enough of them apply", () => {
    expect(cases.length).toBeGreaterThan(14);
  });
});
