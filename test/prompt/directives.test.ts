import { describe, expect, test } from "vitest";
import { showTemplate } from "../support/show-template.ts";

describe("declared in a comment", () => {
  test.each([
    ["a.j2", "{# promptcache: customer=tenant, x=volatile #}{{ customer.name }}{{ x }}"],
    ["prompts/a.hbs", "{{! promptcache: customer=tenant, x=volatile }}{{customer.name}}{{x}}"],
    ["prompts/a.hbs", "{{!-- promptcache: customer=tenant, x=volatile --}}{{customer.name}}{{x}}"],
    ["a.mustache", "{{! promptcache: customer=tenant, x=volatile }}{{customer.name}}{{x}}"],
    ["_a.prompt", "{{! promptcache: customer=tenant, x=volatile }}{{customer.name}}{{x}}"],
  ])("%s: %s", (path, text) => {
    expect(showTemplate(path, text)).toBe("{customer.name} [tenant!]\n{x} [volatile!]");
  });

  test("values that follow from declared ones are declared too", () => {
    const text =
      "{# promptcache: docs=constant #}{% set first = docs[0] %}{{ first }}{% for d in docs %}{{ d.title }}{% endfor %}";
    expect(showTemplate("a.j2", text)).toMatchInlineSnapshot(`
      "{first} [constant!]
      for d in docs [constant!]
        {d.title} [constant!]"
    `);
  });

  test("other comments declare nothing", () => {
    expect(showTemplate("a.j2", "{# see promptcache: x=volatile #}{{ y }}")).toBe("{y} [request]");
  });
});

test.each([
  "x=sometimes",
  "x",
  "x=",
  "=request",
  "a=request, b=often, c=tenant",
  "x=request=tenant",
  "two words=request",
  "",
])("a directive that says %j", (text) => {
  expect(showTemplate("a.j2", `{# promptcache: ${text} #}`)).toMatchSnapshot();
});

describe("declared in the frontmatter", () => {
  test.each(["a.prompty", "_a.prompt", "prompts/a.hbs", "a.mustache", "prompts/a.txt"])("%s", (path) => {
    const shown = showTemplate(path, "---\npromptcache: { customer: tenant }\n---\n{{customer.name}}");
    expect(shown).toContain("{customer.name} [tenant!]");
  });

  test("what is wrong is shown where it is", () => {
    const text = "---\nname: x\npromptcache:\n  x: often\n  y: 3\n---\n{{x}}";
    expect(showTemplate("_a.prompt", text)).toMatchInlineSnapshot(`
      "{x} [request]
      warning at "x": \`x\` is given no scope: write \`name: scope\`, where the scope is one of constant, day, tenant, session, request, volatile.
      warning at "y": \`y\` is given no scope: write \`name: scope\`, where the scope is one of constant, day, tenant, session, request, volatile."
    `);
    expect(showTemplate("_a.prompt", "---\npromptcache: x\n---\n{{x}}")).toMatchInlineSnapshot(`
      "{x} [request]
      warning at "promptcache": \`promptcache\` holds no names: write \`name: scope\`, where the scope is one of constant, day, tenant, session, request, volatile."
    `);
  });
});
