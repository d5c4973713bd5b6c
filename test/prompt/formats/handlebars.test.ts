import { describe, expect, test } from "vitest";
import { showTemplate } from "../../support/show-template.ts";

const show = (text: string) => showTemplate("prompts/answer.hbs", text);

describe("text", () => {
  test("lines that hold only a block tag, a comment or a partial leave nothing behind", () => {
    expect(
      show("a\n  {{#if x}}\n  b\n  {{else}}\n  c\n  {{/if}}\nd\n{{! note }}\n  {{> part}}\ne"),
    ).toMatchInlineSnapshot(`
      ""a\\n"
      if x [request]
        "  b\\n"
      else
        "  c\\n"
      "d\\n"
      include part (unresolved)
      "e""
    `);
  });

  test("a tilde strips all blanks on its side", () => {
    expect(show("a \n {{~x~}} \n b {{~#if y~}} c {{~/if~}} d")).toMatchInlineSnapshot(`
      ""a"
      {x} [request]
      "b"
      if y [request]
        "c"
      "d""
    `);
  });

  test("a backslash makes a tag text, two make one backslash", () => {
    expect(show("\\{{a}} and \\\\{{b}}")).toMatchInlineSnapshot(`
      ""{{a}} and \\\\"
      {b} [request]"
    `);
  });

  test("raw blocks are literal", () => {
    expect(show("{{{{raw}}}} {{x}} {{{{/raw}}}}!")).toMatchInlineSnapshot(`
      "" {{x}} "
      "!""
    `);
  });

  test("long comments may hold tags", () => {
    expect(show("a {{!-- {{x}} --}} b")).toMatchInlineSnapshot(`
      ""a "
      " b""
    `);
  });
});

describe("holes", () => {
  test("two braces, three braces and ampersand", () => {
    expect(show("{{user.name}} {{{query}}} {{&doc}} {{items.[0].title}}")).toMatchInlineSnapshot(`
      "{user.name} [session]
      " "
      {query} [request]
      " "
      {doc} [request]
      " "
      {items[0].title} [request]"
    `);
  });

  test("helpers", () => {
    expect(
      show(
        '{{json order indent=2}} {{now}} {{date "short"}} {{add @index 1}} {{pick (first docs)}} {{log x}}',
      ),
    ).toMatchInlineSnapshot(`
      "{call order} [request]
      " "
      {now} [volatile]
      " "
      {call date} [volatile]
      " "
      {call add} [constant]
      " "
      {call pick} [request]
      " ""
    `);
  });

  test("fields of items, of the object around them, and of the whole", () => {
    expect(
      show(
        "{{#each orders}}{{this}} {{title}} {{@index}} {{../customer}} {{@root.tools}}{{#each lines}}{{name}} {{../title}}{{/each}}{{/each}}",
      ),
    ).toMatchInlineSnapshot(`
      "for orders [request]
        {orders[]} [request]
        " "
        {orders[].title} [request]
        " "
        {@index} [constant]
        " "
        {customer} [session]
        " "
        {tools} [constant]
        for orders[].lines [request]
          {orders[].lines[].name} [request]
          " "
          {orders[].title} [request]"
    `);
  });

  test("names that a block gives", () => {
    expect(
      show(
        "{{#each tools as |tool i|}}{{i}} {{tool.name}}{{/each}}{{#with customer as |c|}}{{c.name}} {{city}}{{/with}}",
      ),
    ).toMatchInlineSnapshot(`
      "for tool in tools [constant]
        {i} [constant]
        " "
        {tool.name} [constant]
      if customer [session]
        {customer.name} [session]
        " "
        {customer.city} [session]"
    `);
  });
});

describe("blocks", () => {
  test("if, else if, else, unless and inverted sections", () => {
    expect(
      show(
        "{{#if a}}A{{else if b}}B{{else}}C{{/if}}{{#unless d}}D{{/unless}}{{^e}}E{{/e}}{{#if (eq f 1)}}F{{/if}}",
      ),
    ).toMatchInlineSnapshot(`
      "if a [request]
        "A"
      else
        if b [request]
          "B"
        else
          "C"
      if not d [request]
        "D"
      if not e [request]
        "E"
      if (eq f 1) [request]
        "F""
    `);
  });

  test("loops, with what stands for an empty list", () => {
    expect(show("{{#each history}}{{role}}{{else}}none{{/each}}")).toMatchInlineSnapshot(`
      "for each turn of history [session]
        {history[].role} [session]
      else
        "none""
    `);
  });

  test("partials: literal, computed, with a body, and defined here", () => {
    expect(
      show(
        '{{> tone style="warm"}}{{> (pick kind)}}{{#> layout}}body{{/layout}}{{#*inline "own"}}I{{/inline}}{{> own}}{{> @partial-block}}',
      ),
    ).toMatchInlineSnapshot(`
      "include tone (unresolved)
      {include pick} [request]
      include layout (unresolved)
        where @partial-block is
          "body"
      include own
        "I"
      include @partial-block"
    `);
  });

  test("messages of Semantic Kernel", () => {
    expect(
      show(
        '{{#message role="system"}}\nBe kind.\n{{/message}}\n\n{{#message role="user"}}{{q}}{{/message}}\n',
      ),
    ).toMatchInlineSnapshot(`
      "<system>
      "Be kind.\\n"
      <user>
      {q} [request]"
    `);
  });
});

describe("text that is still being typed", () => {
  test.each([
    ["Hi {{na\nrest", "a hole as soon as it has a name"],
    ["Hi {{", "text before that"],
    ["a {{#if x\nb {{/if}} c", "a block tag up to the end of its line"],
    ["a {{#if x}} b {{y}}", "a block that is not closed yet changes nothing"],
    ["{{#each xs}}{{#if x}}a{{/each}}b", "an inner block is not closed"],
    ["a {{/if}} b {{else}} c", "an end without a beginning"],
    ["{{}} {{#}}x", "empty tags"],
    ["a {{!-- note\nb", "a comment without end"],
    ["{{>\nx", "a partial without a name"],
  ])("%j: %s", (text) => {
    expect(show(text)).toMatchSnapshot();
  });
});
