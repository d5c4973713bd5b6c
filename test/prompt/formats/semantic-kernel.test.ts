import { describe, expect, test } from "vitest";
import type { SourceDocument } from "../../../src/prompt/format.ts";
import { resolveIncludes } from "../../../src/prompt/includes.ts";
import { parseDocument } from "../../../src/prompt/registry.ts";
import { hasCorpora, readCorpus } from "../../support/corpora.ts";
import { printSegments } from "../../support/print-segments.ts";
import { showTemplate } from "../../support/show-template.ts";

const path = "Plugins/Writer/ShortPoem/skprompt.txt";
const configPath = "Plugins/Writer/ShortPoem/config.json";

function read(text: string, config?: unknown) {
  const documents: SourceDocument[] = [{ path, text }];
  if (config !== undefined) {
    documents.push({
      path: configPath,
      text: typeof config === "string" ? config : JSON.stringify(config),
    });
  }
  const find = (wanted: string) => documents.find((document) => document.path === wanted) ?? null;
  const templates = documents.flatMap((document) => parseDocument(document).value);
  const resolved = resolveIncludes(templates, find);
  const [template] = resolved.templates;
  if (template === undefined) throw new Error("no template");
  return { template, shown: printSegments(template.segments).split("\n"), resolved };
}

describe("skprompt.txt", () => {
  test("a function is called as its folder is", () => {
    const { template } = read("Write about {{$topic}}.");
    expect(template).toMatchObject({ format: "semantic-kernel", name: "ShortPoem", usage: "request" });
  });

  test("values, functions, texts, messages and declared scopes", () => {
    expect(
      showTemplate(
        path,
        '<!-- promptcache: tone=tenant -->\n<message role="system">Be {{$tone}}. Today is {{time.Date}}.</message>\n' +
          "<message role=\"user\">{{$input}} {{'{{'}}</message>\n",
      ),
    ).toMatchInlineSnapshot(`
      ""<!-- promptcache: tone=tenant -->\\n"
      <system>
      "Be "
      {tone} [tenant!]
      ". Today is "
      {call time.Date} [day]
      "."
      <user>
      {input} [request]
      " {{""
    `);
  });

  test("without settings the text may tell another template language", () => {
    expect(read("{{#if $a}}x{{/if}}{{#each list}}{{this}}{{/each}}").shown[0]).toMatch(/^if /);
    expect(read("{{input}} and {{#x}}").template.engine).toBe("handlebars");
    expect(read("{{ name }}").shown).toEqual(["{call name} [session]"]);
  });
});

describe("config.json beside it", () => {
  test("names the template language", () => {
    const { shown, template } = read("{{input}} {{'a'}}", { template_format: "handlebars" });
    expect(shown[0]).toBe("{input} [request]");
    expect(template.engine).toBe("handlebars");
  });

  test.each([
    [{ input_variables: [{ name: "topic", default: "Dogs" }, { name: "style" }] }],
    [{ schema: 1, input: { parameters: [{ name: "topic", defaultValue: "Dogs" }] } }],
  ])("gives defaults as samples: %j", (config) => {
    expect([...read("{{$topic}}", config).template.samples]).toEqual([["topic", "Dogs"]]);
  });

  test("is read again when it changes, and looked for where it is missing", () => {
    expect(read("x", {}).resolved.includes.get(path)).toEqual(new Set([configPath]));
    expect(read("x").resolved.missing).toEqual(new Set([configPath]));
  });

  test.each(["", "{", "[]", '{"template_format": 3}', '{"input_variables": {}}', "null"])(
    "%j says nothing, and does no harm",
    (config) => {
      const { shown, template } = read("{{$topic}}", config);
      expect(shown).toEqual(["{topic} [request]"]);
      expect(template.samples.size).toBe(0);
    },
  );
});

describe.skipIf(!hasCorpora())("Semantic Kernel's own functions", () => {
  test("every one is found, and understood", () => {
    const documents = readCorpus("semantic-kernel");
    const functions = documents.filter((document) => document.path.endsWith("skprompt.txt"));
    expect(functions.length).toBe(64);
    for (const document of functions) {
      const { value, problems } = parseDocument(document);
      expect(
        value.map(({ format }) => format),
        document.path,
      ).toEqual(["semantic-kernel"]);
      expect(problems, document.path).toEqual([]);
    }
  });

  test("what their settings give", () => {
    const documents = readCorpus("semantic-kernel");
    const find = (wanted: string) => documents.find((document) => document.path === wanted) ?? null;
    const templates = documents.flatMap((document) => parseDocument(document).value);
    const resolved = resolveIncludes(templates, find).templates.filter(
      ({ format }) => format === "semantic-kernel",
    );
    expect(resolved.filter(({ samples }) => [...samples.values()].some((text) => text !== "")).length).toBe(
      3,
    );
    expect(
      resolved.flatMap(({ engine, name }) => (engine === undefined ? [] : [`${name}: ${engine}`])),
    ).toEqual(["TestFunctionHandlebars: handlebars"]);
  });
});
