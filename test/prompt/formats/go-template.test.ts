import { describe, expect, it, test } from "vitest";
import { formatOf, parseDocument } from "../../../src/prompt/registry.ts";
import { analyze } from "../../support/analyze.ts";
import { brokenPromises } from "../../support/check-template.ts";
import { showTemplate } from "../../support/show-template.ts";

function show(text: string, path = "prompts/answer.tmpl"): string {
  expect(brokenPromises({ path, text }, parseDocument({ path, text }))).toEqual([]);
  return showTemplate(path, text);
}

describe("places", () => {
  it.each([
    ["{{.CurrentDate}}", "{CurrentDate} [day]"],
    ["{{ .User.Name }}", "{User.Name} [session]"],
    ["{{ $.Question }}", "{Question} [request]"],
    ['{{ .Question | printf "%q" }}', "{Question} [request]"],
    ['{{ printf "%s }} %s" .Question .Tone }}', "{call Question} [request]"],
    ["{{ now }}", "{call now} [volatile]"],
    ['{{ now | date "2006-01-02" }}', "{call now} [day]"],
    ['{{ .Now.Format "2006-01-02" }}', "{Now} [day]"],
    ['{{ .Now.Format "2006-01-02 15:04" }}', "{Now} [volatile]"],
    ["{{ .Messages }}", "{history Messages} [session]"],
    ['{{ join .Rules ", " }}', "{call Rules} [constant]"],
    ["{{ $x := .Question }}{{ $x }}", "{Question} [request]"],
    ['{{ "{{" }}', "[constant]"],
    ["{{/* a note */}}", ""],
    ["{{- /* a note */ -}}", ""],
  ])("%s", (text, shown) => {
    const lines = show(`Say ${text}.`).split("\n").slice(1, -1);
    expect(lines.join("\n")).toContain(shown);
    if (shown === "") expect(lines).toEqual([]);
  });

  it("stand where they are written", () => {
    const text = "---\nname: a\n---\nSay {{ .Question }} now.";
    const [template] = parseDocument({ path: "prompts/answer.tmpl", text }).value;
    const [hole] = template!.segments.filter(({ kind }) => kind === "hole");
    expect(text.slice(hole!.range.start, hole!.range.end)).toBe("{{ .Question }}");
    expect(template).toMatchObject({ format: "go-template", name: "answer", usage: "request" });
  });

  it("trim the blanks around them where they say so", () => {
    expect(show("a \n {{- .Question -}} \n b {{.Question}} c")).toBe(
      ['"a"', "{Question} [request]", '"b "', "{Question} [request]", '" c"'].join("\n"),
    );
  });
});

describe("blocks", () => {
  it("are conditions with their other cases", () => {
    expect(show('{{if eq .Channel "mail"}}Long.{{else if .IsShort}}Short.{{else}}Any.{{end}}')).toBe(
      [
        'if eq .Channel "mail" [request]',
        '  "Long."',
        "else",
        "  if .IsShort [constant]",
        '    "Short."',
        "  else",
        '    "Any."',
      ].join("\n"),
    );
  });

  it("are loops, whose items change with the list", () => {
    const text =
      "{{range $i, $doc := .Documents}}{{$i}}: {{$doc.Title}}{{end}}{{range .Tools}}- {{.Name}} {{$.Question}}{{else}}None.{{end}}";
    expect(show(text)).toBe(
      [
        "for doc in Documents [request]",
        "  {i} [request]",
        '  ": "',
        "  {doc.Title} [request]",
        "for Tools [constant]",
        '  "- "',
        "  {Tools.Name} [constant]",
        '  " "',
        "  {Question} [request]",
        "else",
        '  "None."',
      ].join("\n"),
    );
  });

  it("are loops over the earlier turns, and parts of what they stand in", () => {
    expect(show("{{range .Messages}}{{.Role}}: {{.Content}}{{end}}")).toContain(
      "for each turn of Messages [session]",
    );
    expect(show("{{with .Customer}}Dear {{.Name}}{{end}}")).toContain("{Customer.Name} [session]");
  });
});

describe("parts", () => {
  it("are defined in the file, before or behind", () => {
    const text =
      '{{define "tone"}}Be {{.Tone}}.{{end}}You help.\n{{template "tone" .}}{{template "end" .}}{{define "end"}}Bye.{{end}}';
    expect(show(text)).toBe(
      [
        '"You help.\\n"',
        "include tone",
        '  "Be "',
        "  {Tone} [constant]",
        '  "."',
        "include end",
        '  "Bye."',
      ].join("\n"),
    );
  });

  it("are other files", () => {
    const tone = "You answer in short and friendly words. ".repeat(20);
    const report = analyze(
      { "prompts/a.tmpl": '{{template "tone" .}} {{.Question}}', "prompts/tone.tmpl": tone },
      {},
    );
    expect(
      report.templates.find(({ path }) => path === "prompts/a.tmpl")?.stablePrefixTokens,
    ).toBeGreaterThan(100);
  });

  it("that hold themselves have a problem", () => {
    expect(show('{{define "a"}}x{{template "a" .}}{{end}}{{template "a" .}}')).toContain("includes itself");
  });
});

test.each([
  ["Say {{ .Question ", "`{{` is not closed"],
  ["Say {{if .A}} x", "`if` is not closed"],
  ["Say {{end}}", "`end` closes nothing"],
  ["Say {{else}}", "`else` belongs to no block"],
])("%s has a problem", (text, message) => {
  expect(show(text)).toContain(message);
});

test("thousands of cases of one condition come to an end", () => {
  const text = `{{if .A}}a${"{{else if .B}}b".repeat(5000)}{{end}}`;
  expect(parseDocument({ path: "prompts/a.tmpl", text }).problems.map(({ message }) => message)).toEqual([
    expect.stringContaining("more than 200 deep"),
  ]);
});

test.each([
  ["prompts/answer.tmpl", "go-template"],
  ["internal/llm/system_prompt.gotmpl", "go-template"],
  ["prompts/answer.md.tmpl", "go-template"],
  ["deploy/templates/deployment.tmpl", null, "apiVersion: v1\nkind: {{.Kind}}"],
  ["internal/agent/templates/coder.md.tpl", "go-template"],
  ["internal/agent/tools/bash.md.tpl", null],
  ["web/templates/coder.tpl", "go-template"],
  ["web/templates/list.tmpl", null, "{{range .Pages}}{{.Title}}{{end}}"],
  ["charts/app/_helpers.tpl", null, '{{- define "name" -}}{{ .Chart.Name }}{{- end -}}'],
  ["prompts/nginx.conf.tmpl", null],
  ["README.md.tmpl", null],
])("%s is %s", (path, format, text = "You are {{.Name}}.") => {
  expect(formatOf({ path, text })?.id ?? null).toBe(format);
});

test("text and Markdown among prompts are Go's where they speak its language", () => {
  expect(show("The date is {{.CurrentDate}}, say {this}.", "prompts/research.txt")).toBe(
    ['"The date is "', "{CurrentDate} [day]", '", say {this}."'].join("\n"),
  );
  expect(show("Say {{ word }} of {{$.x}}", "prompts/a.md")).toContain("{x} [");
  expect(show("Say {{ word }} twice.", "prompts/a.md")).toContain("{word} [request]");
  expect(showTemplate("config/prompts.yaml", "answer_prompt: Answer {{.Question}} as {{.Tone}}\n")).toContain(
    "{Question} [request]",
  );
});
