import { describe, expect, it } from "vitest";
import {
  configuredTemplate,
  createFormatAssignment,
  createPathFilter,
  createTemplateLookup,
  unmatchedEntries,
} from "../../src/config/template-config.ts";
import type { Segment } from "../../src/prompt/template.ts";
import { configOf, hole, loop, template } from "../workload/support.ts";

const config = configOf({
  include: ["prompts/**"],
  exclude: ["**/drafts/**"],
  templates: {
    "prompts/a.j2": { turns: 9 },
    "prompts/**": { weight: 2, turns: 4, holes: { now: { tokens: 8 } } },
    "agents/*.md": { usage: "request" },
  },
  holes: { now: { scope: "session", reason: "the day of the visit" }, customer: { scope: "tenant" } },
});

function scopesOf(segments: readonly Segment[]): readonly string[] {
  return segments.flatMap((segment) => {
    if (segment.kind === "hole") return [`${segment.name} ${segment.scope.scope} ${segment.scope.basis}`];
    return segment.kind === "block" ? scopesOf(segment.body) : [];
  });
}

describe("what the configuration says of a template", () => {
  const lookup = createTemplateLookup(config);

  it("joins all entries that match; the template's own id wins wherever it stands", () => {
    const options = lookup(template("prompts/a.j2", ["text"]));
    expect(options).toMatchObject({ weight: 2, turns: 9 });
    expect(options.holes.get("now")).toEqual({ scope: "session", reason: "the day of the visit", tokens: 8 });
    expect(lookup(template("other/b.j2", ["text"])).turns).toBeUndefined();
  });

  it("declares scopes by name and by the owner of a dotted name, and changes nothing the second time", () => {
    const source = template("prompts/b.j2", [
      hole("now", "volatile"),
      hole("question", "request"),
      loop("docs", "request", [hole("customer.name", "request")]),
    ]);
    const options = lookup(source);
    const configured = configuredTemplate(source, options);
    expect(scopesOf(configured.segments)).toEqual([
      "now session declared",
      "question request inferred",
      "customer.name tenant declared",
    ]);
    const [first] = configured.segments;
    expect(first?.kind === "hole" && first.scope.reason).toBe("the day of the visit");
    expect(configuredTemplate(configured, options)).toEqual(configured);
  });

  it("leaves what the template declares itself", () => {
    const own = hole("now", "constant");
    const declared =
      own.kind === "hole" ? { ...own, scope: { ...own.scope, basis: "declared" as const } } : own;
    const source = template("prompts/c.j2", [declared]);
    expect(scopesOf(configuredTemplate(source, lookup(source)).segments)).toEqual(["now constant declared"]);
  });

  it("can say how a template is used", () => {
    const source = template("agents/help.md", ["text"], { usage: "instructions" });
    expect(configuredTemplate(source, lookup(source)).usage).toBe("request");
  });

  it("filters paths", () => {
    const wants = createPathFilter(config);
    expect(["prompts/a.j2", "prompts/drafts/a.j2", "src/a.j2"].map(wants)).toEqual([true, false, false]);
    expect(createPathFilter({})("anything")).toBe(true);
  });

  it("gives formats to files, the last entry that matches first", () => {
    const formats = { "views/**": "jinja", "views/*.md": "markdown-instructions" };
    const assigned = createFormatAssignment(configOf({ formats }));
    const ids = ["views/a.html", "views/a.md", "views/deep/a.md", "a.html"].map((path) => assigned(path)?.id);
    expect(ids).toEqual(["jinja", "markdown-instructions", "jinja", undefined]);
  });

  it("points at formats that no prompt is in", () => {
    const given = configOf({ formats: { "views/*.html": "jinja", "gone/*.txt": "plain-text" } });
    expect(unmatchedEntries(given, [template("views/a.html", ["text"])])).toEqual([
      expect.objectContaining({
        severity: "warning",
        message:
          'No file that was read and holds a prompt matches "gone/*.txt"; correct or remove the entry.',
      }),
    ]);
  });

  it("points at globs to read and to ignore that no prompt matches", () => {
    const given = configOf({
      include: ["prompts/**", "promts/**"],
      ignore: [
        { rule: "rewrite", templates: "prompts/a.j2" },
        { rule: "rewrite", templates: "prompts/b.*" },
        { rule: "workspace-policy", templates: "promptcache.json" },
      ],
    });
    const found = unmatchedEntries(given, [template("prompts/a.j2", ["text"])]);
    expect(found.map(({ message }) => message)).toEqual([
      'No file that was read and holds a prompt matches "promts/**"; correct or remove the entry.',
      'No template is called or matches "prompts/b.*"; correct or remove the entry.',
    ]);
  });

  it("points at entries that nothing answers to", () => {
    const source = template("prompts/a.j2", [hole("customer.name", "session")]);
    expect(unmatchedEntries(config, [source]).map(({ message }) => message)).toEqual([
      'No hole of any template is called "now"; correct or remove the entry.',
      'No hole of the templates of "prompts/**" is called "now"; correct or remove the entry.',
      'No template is called or matches "agents/*.md"; correct or remove the entry.',
    ]);
  });
});
