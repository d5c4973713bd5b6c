import fc from "fast-check";
import { Parser } from "htmlparser2";
import { describe, expect, test } from "vitest";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { readXml, type XmlNode } from "../../../src/prompt/poml/xml.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { printSegments } from "../../support/print-segments.ts";
import { readTemplate, showTemplate } from "../../support/show-template.ts";

const path = "prompts/answer.poml";
const show = (text: string) => showTemplate(path, text).split("\n");

describe("text", () => {
  test("headings, paragraphs, lists and emphasis", () => {
    expect(
      show(
        '<poml>\n <role>You  are\n a <b>kind</b> agent.</role>\n <task>Help.\n <list><item>one</item><item>two</item></list></task>\n <cp caption="Data"><cp caption="Orders"><p>none</p></cp></cp>\n <hint>Be brief.</hint></poml>',
      ),
    ).toEqual([
      "<user>",
      JSON.stringify(
        "# Role\n\nYou are a **kind** agent.\n\n# Task\n\nHelp.\n\n- one\n- two\n\n# Data\n\n## Orders\n\nnone\n\n**Hint:** Be brief.",
      ),
    ]);
  });

  test("escapes, character data, comments and text that keeps its blanks", () => {
    expect(
      show(
        '<p>a &lt;b&#x41;&#66;&amp; #lbrace; &nope;<!-- c --></p><p whiteSpace="pre">x  y\n z</p><p><![CDATA[<q> &lt;]]></p>',
      ),
    ).toEqual(["<user>", JSON.stringify("a <bAB& { &nope;\n\nx  y\n z\n\n<q> &lt;")]);
  });

  test("settings render nothing", () => {
    expect(show("<poml><stylesheet>{}</stylesheet><output-schema>{}</output-schema><meta/>x</poml>")).toEqual(
      ["<user>", '"x"'],
    );
  });
});

describe("values", () => {
  test("expressions, names that the file gives, and what they come from", () => {
    expect(
      show(
        '<let name="who" value="customer.name"/><let name="n" value="3"/><let name="rules" src="rules.json"/>{{ who }} {{n + 1}} {{ rules.first }} {{ now() }} {{ chat_history }}',
      ),
    ).toEqual([
      "<user>",
      "{who} [session]",
      '" "',
      "{n} [constant]",
      '" "',
      "{rules.first} [constant]",
      '" "',
      "{now} [volatile]",
      '" "',
      "{history chat_history} [session]",
    ]);
    expect([
      ...readTemplate(path, '<let name="n" value="3"/><let name="s">"x"</let><let name="e" value="f(x)"/>')
        .samples,
    ]).toEqual([
      ["n", "3"],
      ["s", "x"],
    ]);
  });

  test("conditions and loops, with the breaks that belong to them", () => {
    expect(
      show(
        '<p>a</p><p if="user.isNew">b</p><p for="turn in history">{{ turn.text }}</p><p for="x in items" if="x.ok">{{ loop.index }}{{ x }}</p><p>c</p>',
      ),
    ).toEqual([
      "<user>",
      '"a"',
      "if user.isNew [session]",
      '  "\\n\\nb"',
      "for each turn of turn in history [session]",
      '  "\\n\\n"',
      "  {turn.text} [session]",
      "for x in items [request]",
      "  if x.ok [request]",
      '    "\\n\\n"',
      "    {loop.index} [constant]",
      "    {x} [request]",
      '"\\n\\nc"',
    ]);
  });

  test("files and pages are one value", () => {
    expect(show('<document src="a.txt"/><table src="{{ report }}"/><img src="x.png"/><document/>')).toEqual([
      "<user>",
      "{call a.txt} [constant]",
      '"\\n\\n"',
      "{call report} [request]",
      '"\\n\\n"',
      "{call x.png} [constant]",
    ]);
  });

  test("comments declare scopes", () => {
    expect(show("<!-- promptcache: topic=tenant --><p>{{ topic }}</p>")).toEqual([
      "<user>",
      "{topic} [tenant!]",
    ]);
  });
});

test("messages; text outside of them is the system's", () => {
  expect(
    show(
      '<role>R</role><human-msg>q</human-msg><AiMessage>a</AiMessage><p speaker="human">b</p><conversation messages="{{ turns }}"/><p>tail</p>',
    ),
  ).toEqual([
    "<system>",
    '"# Role\\n\\nR"',
    "<user>",
    '"q"',
    "<assistant>",
    '"a"',
    "<user>",
    '"b"',
    "<system>",
    "{history turns} [session]",
    '"\\n\\ntail"',
  ]);
});

test("includes are resolved; cycles and missing files are said", () => {
  const files: Readonly<Record<string, string>> = {
    [path]:
      '<p>a</p><include src="tone.poml"/><include src="{{ other }}"/><include src="answer.poml"/><include src="none.poml"/><include/>',
    "prompts/tone.poml": "<poml><p>kind</p></poml>",
  };
  const find = (wanted: string) =>
    files[wanted] === undefined ? null : { path: wanted, text: files[wanted] };
  const parsed = Object.entries(files).map(([at, text]) => parseDocument({ path: at, text }));
  const resolved = resolveIncludes(
    parsed.flatMap(({ value }) => value),
    find,
  );
  expect(printSegments(resolved.templates[0]!.segments).split("\n")).toEqual([
    "<user>",
    '"a\\n\\n"',
    "include tone.poml",
    '  "kind"',
    '"\\n\\n"',
    "{include other} [request]",
    '"\\n\\n"',
    "include answer.poml (unresolved)",
    '"\\n\\n"',
    "include none.poml (unresolved)",
  ]);
  const said = (resolved.problems.get(path) ?? []).map(({ range, message }) => [
    files[path]!.slice(range.start, range.end),
    message.split(" ").slice(1, 3).join(" "),
  ]);
  expect(said).toEqual([
    ['<include src="answer.poml"/>', "includes itself"],
    ['<include src="none.poml"/>', "is none"],
  ]);
  expect(parsed[0]!.problems.map(({ message }) => message)).toEqual([
    "`include` names no file: write its path as `src`.",
  ]);
});

describe("half-typed text", () => {
  test.each([
    [
      "<p>a {{ na",
      [
        '"a "',
        "{na} [request]",
        'error at "<p>": `<p>` is not closed: add `</p>`.',
        'error at "{{ na": `{{` is not closed: add `}}`.',
      ],
    ],
    ["<role\n<p>a</p>", ['"# Role\\n\\na"', 'error at "<role": `<role` is not closed: add `>`.']],
    ["a</p>", ['"a"', 'error at "</p>": `</p>` closes nothing: remove it, or open `<p>` before it.']],
    ["a < b", ['"a < b"']],
  ] as const)("%s", (source, expected) => {
    expect(show(source).slice(1)).toEqual(expected);
  });

  test.each([
    "<p>",
    "</p>",
    "<!--",
    "<![CDATA[",
    "{{",
    "{{ a",
    '<p if="',
    "<p a=",
    "<include src='x'/>",
    "<item for='a in b'>",
    "&#",
    "<",
  ])("%s, repeated, is read to its end", (piece) => {
    const document = { path, text: piece.repeat(20_000) };
    expect(brokenPromises(document, parseDocument(document))).toEqual([]);
  });

  const sample =
    '<poml><let name="n" value="3"/><role>R &lt; {{ who }}</role><!-- promptcache: who=tenant --><list><item for="x in xs" if="x">{{ x }}</item></list><human-msg>q {{n}}</human-msg><include src="a.poml"/><![CDATA[<raw>]]>tail</poml>';
  test("a file cut anywhere keeps its promises", () => {
    for (let end = 0; end <= sample.length; end++) {
      const document = { path, text: sample.slice(0, end) };
      expect(brokenPromises(document, parseDocument(document)), `cut at ${end}`).toEqual([]);
    }
  });
});

/** Names and texts of a tree, as htmlparser2 tells them. */
function theirs(source: string): string {
  let told = "";
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}=${value}`);
        told += `<${name}${pairs.join("")}>`;
      },
      onclosetag: (name) => {
        told += `</${name}>`;
      },
      ontext: (text) => {
        told += text;
      },
    },
    { xmlMode: true, decodeEntities: false },
  );
  parser.end(source);
  return told;
}

function ours(source: string): string {
  const told = (node: XmlNode): string => {
    if (node.kind !== "element") return source.slice(node.range.start, node.range.end);
    const attributes = [...node.attributes].map(([key, { value, range }]) => {
      expect(source.slice(range.start, range.end)).toBe(value);
      return ` ${key}=${value}`;
    });
    return `<${node.name}${attributes.join("")}>${node.children.map(told).join("")}</${node.name}>`;
  };
  return readXml(source, 0).value.map(told).join("");
}

test("any sequence of tags is the tree that htmlparser2 reads", () => {
  const pieces = [
    "a",
    " ",
    "\n",
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<i/>",
    '<p k="v" l=\'w "x"\'>',
    "<br />",
    "<!-- <p> -->",
    "<![CDATA[<p>]]>",
    "&lt;",
    "{{ x }}",
    "<?pi x?>",
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
      const source = parts.join("");
      expect(ours(source)).toBe(theirs(source));
    }),
    { numRuns: 3000, seed: 4_242 },
  );
});
