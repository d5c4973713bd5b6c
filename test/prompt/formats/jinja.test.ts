import { describe, expect, test } from "vitest";
import { readTemplate, showTemplate } from "../../support/show-template.ts";

const show = (text: string) => showTemplate("greeting.j2", text);

describe("text", () => {
  test("one newline at the end of a template is not rendered", () => {
    expect(show("Hello\n\n")).toMatchInlineSnapshot(`""Hello\\n""`);
  });

  test("carriage returns render as newlines", () => {
    expect(show("One\rTwo\r\r")).toBe('"One\\nTwo\\n"');
    expect(show("One\r\nTwo {{ x }}\r\n")).toMatchInlineSnapshot(`
      ""One\\nTwo "
      {x} [request]"
    `);
  });

  test("a byte order mark is not part of the prompt", () => {
    expect(show("\uFEFFHello")).toMatchInlineSnapshot(`""Hello""`);
  });

  test("comments render nothing", () => {
    expect(show("a {# note #} b {#- close -#} c")).toMatchInlineSnapshot(`
      ""a "
      " b"
      "c""
    `);
  });

  test("minus strips blanks, plus keeps them", () => {
    expect(show("a \n {{- x -}} \n b {%- if y +%} c {%+ endif -%} d")).toMatchInlineSnapshot(`
      ""a"
      {x} [request]
      "b"
      if y [request]
        " c "
      "d""
    `);
  });

  test("raw text is literal, with whitespace control on both of its tags", () => {
    expect(show("a {%- raw -%} {{ not a hole }} {% if %} {%- endraw %} b")).toMatchInlineSnapshot(`
      ""a"
      "{{ not a hole }} {% if %}"
      " b""
    `);
  });

  test("constants render as text, escapes included", () => {
    expect(show(`{{ "fixed" }}|{{ 'a\\n"b"' }}|{{ 3 }}|{{ "x" "y" }}`)).toMatchInlineSnapshot(`
      ""fixed"
      "|"
      "a\\n\\"b\\""
      "|"
      "3"
      "|"
      "x"
      "y""
    `);
  });

  test("joined strings are text around holes", () => {
    expect(show(`{{- '<s>' + user.text ~ "</s>\\n" }}`)).toMatchInlineSnapshot(`
      ""<s>"
      {user.text} [request]
      "</s>\\n""
    `);
  });

  test("model chat templates trim around blocks", () => {
    expect(
      show("{% if add_generation_prompt %}\n  {% if tools %}\nx\n  {% endif %}\n{% endif %}\n"),
    ).toMatchInlineSnapshot(`
      "if add_generation_prompt [request]
        if tools [constant]
          "x\\n""
    `);
  });
});

describe("holes", () => {
  test("variables by their dotted names", () => {
    expect(
      show(`{{ customer.name }} {{ customer["city"] }} {{ order.lines[0].title | upper }}`),
    ).toMatchInlineSnapshot(`
      "{customer.name} [session]
      " "
      {customer.city} [session]
      " "
      {order.lines[0].title} [request]"
    `);
  });

  test("calls, methods of values, and filters", () => {
    expect(
      show("{{ now() }} {{ search(query, k=3) }} {{ question.strip() }} {{ tools | tojson }}"),
    ).toMatchInlineSnapshot(`
      "{call now} [volatile]
      " "
      {call search} [request]
      " "
      {question} [request]
      " "
      {tools} [constant]"
    `);
  });

  test("earlier turns", () => {
    expect(
      show("{{ chat_history }} {{ order_history }} {{ messages[1:] }} {{ messages[0].content }}"),
    ).toMatchInlineSnapshot(`
      "{history chat_history} [session]
      " "
      {order_history} [session]
      " "
      {history messages} [session]
      " "
      {messages[0].content} [session]"
    `);
  });

  test("a choice in one tag is a condition", () => {
    expect(show(`{{ "Dear " + name if name else "Hello" }}`)).toMatchInlineSnapshot(`
      "if name [session]
        "Dear "
        {name} [session]
      else
        "Hello""
    `);
  });
});

describe("blocks", () => {
  test("if, elif and else nest", () => {
    expect(show("{% if a %}A{% elif b %}B{% else %}C{% endif %}!")).toMatchInlineSnapshot(`
      "if a [request]
        "A"
      else
        if b [request]
          "B"
        else
          "C"
      "!""
    `);
  });

  test("items of a loop change as often as their list", () => {
    expect(
      show("{% for tool in tools if tool.on %}{{ loop.index }}. {{ tool.name }}{% else %}none{% endfor %}"),
    ).toMatchInlineSnapshot(`
      "for tool in tools [constant]
        {loop.index} [constant]
        ". "
        {tool.name} [constant]
      else
        "none""
    `);
  });

  test("a loop over the earlier turns", () => {
    expect(
      show("{% for role, text in history %}{{ role }}: {{ text }}\n{% endfor %}"),
    ).toMatchInlineSnapshot(`
      "for each turn of role, text in history [session]
        {role} [session]
        ": "
        {text} [session]
        "\\n""
    `);
  });

  test("a list that is shuffled, or drawn from, is another one in every call", () => {
    const text =
      "{% set order = shots | shuffle %}{% for e in examples | shuffle %}{{ e }}{% endfor %}" +
      '{% for e in order %}{{ e }}{% endfor %}{% for e in ["a", "b"] | random %}{{ e }}{% endfor %}' +
      "{% for e in tools %}{{ e }}{% endfor %}{# promptcache: rules=constant #}" +
      "{% for e in rules | shuffle %}{{ e }}{% endfor %}";
    expect(show(text)).toMatchInlineSnapshot(`
      "for e in examples [request]
        {e} [request]
      for e in order [request]
        {e} [request]
      for e in ["a", "b"] | random [request]
        {e} [request]
      for e in tools [constant]
        {e} [constant]
      for e in rules [constant!]
        {e} [constant!]"
    `);
  });

  test("a loop over a list written in the template is constant", () => {
    expect(show(`{% for step in ["plan", "act"] %}{{ step }}{% endfor %}`)).toMatchInlineSnapshot(`
      "for step in ["plan", "act"] [constant]
        {step} [constant]"
    `);
  });
});

describe("names that a template binds", () => {
  test("set renders nothing, and its value is followed", () => {
    expect(
      show(
        `{% set tone = "kind" %}{% set who = customer.name %}{% set turns = messages[1:] %}{{ tone }}{{ who }}{{ turns }}`,
      ),
    ).toMatchInlineSnapshot(`
      "{tone} [constant]
      {who} [session]
      {history turns} [session]"
    `);
  });

  test("values that are set to literals once are samples", () => {
    const text =
      '{% set tone = "kind\\n" %}{% set n = 3 %}{% set x = "a" %}{% if y %}{% set x = "b" %}{% endif %}';
    expect([...readTemplate("a.j2", text).samples]).toEqual([
      ["tone", "kind\n"],
      ["n", "3"],
    ]);
  });

  test("a set block stands where its name is used", () => {
    expect(
      show("{% set intro %}You are {{ persona }}.{% endset %}A {{ intro }} B {{ intro }}"),
    ).toMatchInlineSnapshot(`
      ""A "
      include intro
        "You are "
        {persona} [constant]
        "."
      " B "
      include intro
        "You are "
        {persona} [constant]
        ".""
    `);
  });

  test("what is set under a condition changes with it", () => {
    expect(
      show(`{% set x = "a" %}{% if question %}{% set x = "b" %}{{ x }}{% endif %}{{ x }}`),
    ).toMatchInlineSnapshot(`
      "if question [request]
        {x} [constant]
      {x} [request]"
    `);
  });

  test("with binds for its body", () => {
    expect(show("{% with who = customer.name %}{{ who }}{% endwith %}{{ who }}")).toMatchInlineSnapshot(`
      "{who} [session]
      {who} [request]"
    `);
  });

  test("a macro renders where it is called, with what it is given", () => {
    expect(
      show(
        `{% macro field(label, value="none") %}{{ label }}: {{ value }}\n{% endmacro %}{{ field("Name", customer.name) }}{{ field("City") }}`,
      ),
    ).toMatchInlineSnapshot(`
      "include field
        include label
          "Name"
        ": "
        {value} [session]
        "\\n"
      include field
        include label
          "City"
        ": "
        include value
          "none"
        "\\n""
    `);
  });

  test("a macro that calls itself ends as a hole", () => {
    expect(show("{% macro m() %}a{{ m() }}{% endmacro %}{{ m() }}").match(/include m/g)).toHaveLength(8);
  });

  test("call hands its body to the macro", () => {
    expect(
      show("{% macro box() %}<{{ caller() }}>{% endmacro %}{% call box() %}in{% endcall %}"),
    ).toMatchInlineSnapshot(`
      "include box
        "<"
        include caller
          "in"
        ">""
    `);
  });

  test("macros of other templates are calls, as constant as what they are given", () => {
    expect(
      show(`{% from "m.j2" import row, cell as c %}{{ row("a") }}{{ c(question) }}`),
    ).toMatchInlineSnapshot(`
      "{call row} [constant]
      {call c} [request]"
    `);
  });

  test("filters over text that is known", () => {
    expect(
      show(
        "{% filter upper %}loud {{ x }}{% endfilter %}|{% filter indent(2) %}a\nb\n\nc{% endfilter %}|{% filter trim %} t {% endfilter %}",
      ),
    ).toMatchInlineSnapshot(`
      ""LOUD "
      {x} [request]
      "|"
      "a\\n  b\\n\\n  c"
      "|"
      "t""
    `);
  });
});

describe("other templates", () => {
  test("literal names are includes, computed ones are holes", () => {
    expect(
      show(
        `{% include "a.j2" %}{% include 'b.j2' ignore missing %}{% include ["c.j2", "d.j2"] %}{% include page %}`,
      ),
    ).toMatchInlineSnapshot(`
      "include a.j2 (unresolved)
      include b.j2 (unresolved)
      include c.j2 (unresolved)
      {include page} [request]"
    `);
  });

  test("extending a template renders that one", () => {
    expect(
      show(`{% extends "base.j2" %}lost{% block body %}mine, {{ super() }}{% endblock %}`),
    ).toMatchInlineSnapshot(`
      "include base.j2 (unresolved)
        where body is
          "mine, "
          include super() (unresolved)"
    `);
  });

  test("blocks of a template by itself render in place", () => {
    expect(show("a {% block body %}b{% endblock %} c")).toMatchInlineSnapshot(`
      ""a "
      include body
        "b"
      " c""
    `);
  });
});

test("the chat template of a model is no request", () => {
  const text =
    "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}A:{% endif %}";
  expect(readTemplate("chat_template.jinja", text).usage).toBe("partial");
});

describe("role lines of promptflow", () => {
  test("only in files that begin with one", () => {
    expect(show("# system:\nBe kind.\n\n# user:\n{{ question }}\n")).toMatchInlineSnapshot(`
      "<system>
      "Be kind."
      <user>
      {question} [request]"
    `);
    expect(show("Example:\nuser:\nhi\n")).toMatchInlineSnapshot(`""Example:\\nuser:\\nhi""`);
  });

  test("a line that ends the file without a newline is text", () => {
    expect(show("system:\nGo on\nassistant:")).toMatchInlineSnapshot(`
      "<system>
      "Go on\\nassistant:""
    `);
  });

  test("inside loops and conditions, where they begin a line", () => {
    expect(
      show(
        "system:\nHi\n{% for t in chat_history %}\nuser:\n{{ t.q }}\nassistant:\n{{ t.a }}\n{% endfor %}\nuser:\n{{ q }}",
      ),
    ).toMatchInlineSnapshot(`
      "<system>
      "Hi"
      for each turn of t in chat_history [session]
        "\\n"
        <user>
        {t.q} [session]
        "\\n"
        <assistant>
        {t.a} [session]
        "\\n"
      <user>
      {q} [request]"
    `);
  });
});

describe("role lines that are filled in", () => {
  test("begin a message in a loop over the earlier turns", () => {
    expect(
      show(
        "system:\nHi\n\n{% for m in chat_history %}\n# {{ m.role }}:\n{{ m.content }}\n{% endfor %}\nuser:\n{{ q }}",
      ),
    ).toMatchInlineSnapshot(`
      "<system>
      "Hi"
      for each turn of m in chat_history [session]
        "\\n"
        if m.role == "user" [session]
          <user>
        else
          <assistant>
        {m.content} [session]
        "\\n"
      <user>
      {q} [request]"
    `);
  });

  test("are text elsewhere, and where more stands in the line", () => {
    expect(
      show("system:\n{{ m.role }}:\n{% for m in messages %}\n{{ m.role }}: {{ m.content }}\n{% endfor %}"),
    ).toMatchInlineSnapshot(`
      "<system>
      {m.role} [request]
      ":\\n"
      for each turn of m in messages [session]
        "\\n"
        {m.role} [session]
        ": "
        {m.content} [session]
        "\\n""
    `);
  });
});

describe("text that is still being typed", () => {
  test.each([
    ["Hi {{ na\nrest", "a hole as soon as it has a name"],
    ["Hi {{\nrest", "text before that"],
    ["a {% if x\nb {% endif %} c", "a statement up to the end of its line"],
    ["a {# note\nb", "a comment up to the end of its line"],
    ["a {% if x %} b {{ y }}", "a block that is not closed yet changes nothing"],
    ["{% for x in xs %}{% if x %}a{% endfor %}b", "an inner block is not closed"],
    ["a {% endif %} b {% else %} c", "an end without a beginning"],
    ["{{ user's name }} {{ x }}", "a quote without its partner"],
    ["{% iff x %}a{% endiff %}", "a statement that does not exist"],
    ["{{ }} {% %}", "empty tags"],
    ["{% raw %} {{ x }}", "raw without end"],
    ["{% include %}", "an include without a name"],
  ])("%j: %s", (text) => {
    expect(show(text)).toMatchSnapshot();
  });
});

test("scripts without a second ending are told by their first line", () => {
  expect(showTemplate("start.jinja2", "#!/bin/bash\necho")).toBe("");
});
