import { describe, expect, it } from "vitest";
import type { Report } from "../../src/analysis/report.ts";
import { isShown, isUndeclared } from "../../src/findings/finding.ts";
import { hoverMarkdown } from "../../src/show/hover-markdown.ts";
import { lensTitle } from "../../src/show/labels.ts";
import { segmentsAt } from "../../src/show/report-lookup.ts";
import { reportText } from "../../src/show/report-text.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

const rules = policyText(30);
const indented = rules.replaceAll("\n", "\n  ");

/** A value of which nothing is known, in front of the rules; `here` is where a directive goes, at the top where not given. */
interface Kind {
  readonly path: string;
  readonly text: string;
  readonly directive: RegExp;
  readonly declared?: (text: string, directive: string) => string;
}

const atTop = (text: string, directive: string) => `${directive}\n${text}`;
const inFront = (text: string, directive: string) =>
  text.startsWith("---\n") ? text.replace("---\n", `---\n${directive}\n`) : `---\n${directive}\n---\n${text}`;

const call = (prompt: string) =>
  `[{"role": "system", "content": ${prompt}}, {"role": "user", "content": "Go on."}]`;

const kinds: Readonly<Record<string, Kind>> = {
  Jinja: {
    path: "prompts/a.j2",
    text: `You clerk.\n{{ frob }}\n${rules}\nGo on.`,
    directive: /`(\{# promptcache: frob=session #\})`/,
  },
  Handlebars: {
    path: "prompts/a.hbs",
    text: `You clerk.\n{{frob}}\n${rules}\nGo on.`,
    directive: /`(\{\{! promptcache: frob=session \}\})`/,
  },
  Mustache: {
    path: "prompts/a.mustache",
    text: `You clerk.\n{{frob}}\n${rules}\nGo on.`,
    directive: /`(\{\{! promptcache: frob=session \}\})`/,
  },
  Liquid: {
    path: "prompts/a.liquid",
    text: `You clerk.\n{{ frob }}\n${rules}\nGo on.`,
    directive: /`(promptcache: \{frob: session\})` in the frontmatter/,
    declared: inFront,
  },
  Prompty: {
    path: "prompts/a.prompty",
    text: `---\nname: a\n---\nsystem:\nYou clerk {{frob}}.\n${rules}\nuser:\nGo on.`,
    directive: /`(promptcache: \{frob: session\})` in the frontmatter/,
    declared: inFront,
  },
  Dotprompt: {
    path: "prompts/a.prompt",
    text: `---\nmodel: x\n---\nYou clerk {{frob}}.\n${rules}\nGo on.`,
    directive: /`(\{\{! promptcache: frob=session \}\})`/,
    declared: (text, directive) => text.replace("You clerk", `${directive}You clerk`),
  },
  "text with places": {
    path: "prompts/a.md",
    text: `You clerk.\n{frob}\n${rules}\nGo on.`,
    directive: /`(promptcache: \{frob: session\})` in the frontmatter/,
    declared: inFront,
  },
  YAML: {
    path: "prompts/a.yaml",
    text: `prompt: |\n  You clerk {frob}.\n  ${indented}\n  Go on.\n`,
    directive: /`(# promptcache: frob=session)`/,
  },
  POML: {
    path: "prompts/a.poml",
    text: `<poml><p>You clerk {{frob}}.</p><p>${rules}</p></poml>`,
    directive: /`(<!-- promptcache: frob=session -->)`/,
  },
  BAML: {
    path: "baml_src/a.baml",
    text: `function A(frob: string) -> string {\n  client "openai/gpt-4o"\n  prompt #"\n    You clerk {{ frob }}.\n    ${rules.replaceAll("\n", "\n    ")}\n  "#\n}\n`,
    directive: /`(\{# promptcache: frob=session #\})`/,
    declared: (text, directive) => text.replace("You clerk", `${directive}You clerk`),
  },
  Python: {
    path: "agent.py",
    text: `RULES = """${rules}"""\ndef ask(frob):\n    return client.chat.completions.create(model="m", messages=${call('f"You clerk {frob}. {RULES}"')})\n`,
    directive: /`(# promptcache: frob=session)`/,
  },
  TypeScript: {
    path: "agent.ts",
    text: `const RULES = \`${rules}\`;\nexport const ask = (frob: string) => client.chat.completions.create({ model: "m", messages: ${call("`You clerk $" + "{frob}. $" + "{RULES}`")} });\n`,
    directive: /`(\/\/ promptcache: frob=session)`/,
  },
};

function toolsFor(path: string) {
  return /\.(?:py|ts)$/.test(path) ? parseTools : undefined;
}

function undeclared(report: Report) {
  return report.findings.filter(isUndeclared);
}

describe("a value of which nothing is known", () => {
  it.each(Object.entries(kinds))("is declared as the finding says: %s", (_, kind) => {
    const { path, text, directive, declared = atTop } = kind;
    const tools = toolsFor(path);
    const report = analyze({ [path]: text }, {}, tools);
    const [finding, ...others] = undeclared(report);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ path, severity: "information", stake: { tokensPerRequest: 0 } });
    expect(finding?.message).toMatch(
      /^[\d,]+ tokens stand behind "frob", of which nothing is known: declare it$/,
    );
    expect(text.slice(finding?.range.start, finding?.range.end)).toContain("frob");
    const written = directive.exec(finding?.detail ?? "")?.[1] ?? `missing in ${finding?.detail}`;
    const after = analyze({ [path]: declared(text, written) }, {}, tools);
    expect(after.problems).toEqual([]);
    expect(undeclared(after)).toEqual([]);
    const config = /"holes":\{.*\}(?= in promptcache\.json)/.exec(finding?.detail ?? "")?.[0];
    const configured = analyze({ [path]: text, "promptcache.json": `{${config}}` }, {}, tools);
    expect(configured.problems).toEqual([]);
    expect(undeclared(configured)).toEqual([]);
    expect(configured.totals.tokenHitRate).toBeGreaterThan(report.totals.tokenHitRate + 0.2);
  });

  it("is named once for each file, whatever holds it, with all others of the file", () => {
    const ask = (name: string, place: string) =>
      `def ${name}(${place}):\n    return client.chat.completions.create(model="m", messages=${call(`f"Speak of {${place}}. {RULES}"`)})\n`;
    const text = `RULES = """${rules}"""\n${ask("first", "frob")}${ask("second", "zork")}`;
    const report = analyze({ "agent.py": text }, {}, parseTools);
    const [finding, ...others] = undeclared(report);
    expect(others).toEqual([]);
    expect(finding?.message).toMatch(/"(?:frob and zork|zork and frob)"/);
    expect(finding?.related).toHaveLength(1);
    expect(finding?.detail).toMatch(/# promptcache: \w+=session, \w+=session/);
  });

  it("is declared in promptcache.json where no directive can name it", () => {
    const text = `{{ desk["a b"] }}\n${rules}\nGo on.`;
    const [finding] = undeclared(analyze({ "prompts/a.j2": text }));
    expect(finding?.detail).not.toContain("{# promptcache");
    const config = /"holes":\{.*\}(?= in promptcache\.json)/.exec(finding?.detail ?? "")?.[0];
    expect(undeclared(analyze({ "prompts/a.j2": text, "promptcache.json": `{${config}}` }))).toEqual([]);
  });

  it("is asked for in a system prompt, and in front of a question at the end", () => {
    const shown = (text: string) =>
      undeclared(analyze({ "prompts/a.j2": text }))
        .filter(isShown)
        .map(({ rule }) => rule);
    expect(shown(`system:\nYou know {{ frob }}.\n${rules}\nuser:\n{{ question }}`)).toEqual(["undeclared"]);
    expect(shown(`{{ frob }}\n${rules}\nAnswer this question: {{ question }}`)).toEqual(["volatile-early"]);
  });

  it("is a hint where hardly any text stands behind it", () => {
    const severities = (text: string) =>
      undeclared(analyze({ "prompts/a.j2": text })).map(({ severity }) => severity);
    expect(severities(`${rules}\n{{ frob }}`)).toEqual(["hint"]);
    expect(severities(`${rules}\n{{ question }} {{ frob }}`)).toEqual([]);
  });

  it("is a hint where a short system prompt stands behind it: most of those are fixed at deployment", () => {
    const severities = (sentences: number) => {
      const text = `system:\nYou know {{ frob }}.\n${policyText(sentences)}\nuser:\n{{ question }}`;
      return undeclared(analyze({ "prompts/a.j2": text })).map(({ severity }) => severity);
    };
    expect(severities(8)).toEqual(["hint"]);
    expect(severities(60)).toEqual(["information"]);
  });

  it("is not asked for where it is known", () => {
    for (const hole of ["question", "customer.name", "now()", "max_items"]) {
      expect(undeclared(analyze({ "prompts/a.j2": `{{ ${hole} }}\n${rules}\nGo on.` }))).toEqual([]);
    }
  });

  it("goes along with what is known, which alone the sentence is about", () => {
    const text = `{{ frob }} {{ request_id }}\n${rules}\nGo on.`;
    const report = analyze({ "prompts/a.j2": text });
    const known = report.findings.filter((each) => each.rule === "volatile-early" && !isUndeclared(each));
    expect(known).toHaveLength(1);
    expect(known[0]?.severity).not.toBe("warning");
    expect(known[0]?.message).not.toContain("frob");
    expect(known[0]?.related.map(({ message }) => message).join()).toContain('nothing is known of "frob"');
    // It is said there: the editor shows one of both.
    expect(undeclared(report).map(({ severity }) => severity)).toEqual(["hint"]);
  });

  it("is the culprit of no number", () => {
    const text = `Serve {{ frob }}.\n${rules}\nGo on.`;
    const report = analyze({ "prompts/a.j2": text });
    expect(report.verdict).toMatchObject({ kind: "none", options: [] });
    expect(report.verdict.text).toContain("1 file");
    expect(report.findings.some(({ rule }) => rule === "workspace-prompts")).toBe(false);
    const shown = reportText(report, () => ({ line: 1, column: 1 }));
    expect(shown).not.toContain("blocked by");
    expect(shown).toContain("frob (unknown)");
    expect(shown).toContain("{frob}, of which nothing is known: declare how often it changes");
    expect(lensTitle(report, report.templates[0]!)).toContain("ends at frob: declare how often it changes");
    const uses = segmentsAt(report, "prompts/a.j2", text.indexOf("frob"));
    expect(hoverMarkdown(report, uses)).toMatch(/— unknown: .*Declare how often it changes\./);
  });

  it("is left out of what better prompts would give", () => {
    const clock = (index: number) => `It is {{ now() }}.\n${policyText(30, `k${index}`)}\nGo on.`;
    const blank = (index: number) => `See {{ frob }}.\n${policyText(30, `u${index}`)}\nGo on.`;
    const files = (make: (index: number) => string, name: string) =>
      Object.fromEntries([1, 2, 3, 4].map((index) => [`prompts/${name}${index}.j2`, make(index)]));
    const values = { holes: { frob: { tokens: 5 } } };
    const config = { "promptcache.json": JSON.stringify(values) };
    const both = analyze({ ...files(clock, "k"), ...files(blank, "u"), ...config });
    const finding = both.findings.find(({ rule }) => rule === "workspace-prompts");
    expect(finding?.detail).toMatch(/Left out are \d.* behind values of which nothing is known/);
    const paths = finding?.related.map(({ path }) => path) ?? [];
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.every((path) => path.startsWith("prompts/k"))).toBe(true);
    const alone = analyze({ ...files(blank, "u"), ...config });
    expect(alone.findings.some(({ rule }) => rule === "workspace-prompts")).toBe(false);
  });
});
