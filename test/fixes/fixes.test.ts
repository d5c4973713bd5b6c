/** Every fix that is offered is made, and the folder read again: what it says, and nothing else, is then so. */
import { describe, expect, it } from "vitest";
import { Documents } from "../../src/analysis/documents.ts";
import { drain } from "../../src/core/steps.ts";
import { type Finding, isShown } from "../../src/findings/finding.ts";
import type { FixSources, OfferedFix } from "../../src/fixes/fix.ts";
import { fixAll } from "../../src/fixes/fix-all.ts";
import { fixesOf } from "../../src/fixes/fixes-of.ts";
import { applyEdits } from "../../src/prompt/move.ts";
import { walkSegments } from "../../src/prompt/segments.ts";
import { gained } from "../findings/measured.ts";
import { analyze, policyText } from "../support/analyze.ts";
import { parseTools } from "../support/parse-tools.ts";

type Files = Readonly<Record<string, string>>;

const rules = policyText(60);
const indented = rules.replace(/^/gm, "    ");

/** A file of each format, with a clock or a number of a call in the way of its text. */
const fixtures: Files = {
  "a.j2": `Asked at {{ now }}.\n${rules}\n{{ question }}\n`,
  "frontmatter.prompty": `---\nname: A\n---\nsystem:\nAsked at {{now}}.\n${rules}\n\nuser:\n{{question}}\n`,
  "a.prompt": `---\nmodel: x\n---\n{{role "system"}}\nAsked at {{now}}.\n${rules}\n{{role "user"}}\n{{question}}\n`,
  "prompts/a.hbs": `Asked at {{timestamp}}.\n${rules}\n{{question}}\n`,
  "prompts/a.mustache": `Asked at {{timestamp}}.\n${rules}\n{{question}}\n`,
  "prompts/a.liquid": `Asked at {{ "now" | date: "%c" }}.\n${rules}\n{{ question }}\n`,
  "skprompt.txt": `Asked at {{$timestamp}}.\n${rules}\n{{$input}}\n`,
  "a.baml": `function A(timestamp: string, q: string) -> string {\n  client "x/y"\n  prompt #"\n    Asked at {{ timestamp }}.\n${indented}\n    {{ q }}\n  "#\n}\n`,
  "list.yaml": `prompts:\n  - |\n    Asked at {{now}}.\n${indented}\n    {{question}}\n`,
  "chat.json": JSON.stringify(
    [
      { role: "system", content: `Asked at {{now}}.\n${rules}` },
      { role: "user", content: "{{question}}" },
    ],
    null,
    2,
  ),
  "text.py": `from datetime import datetime\n\ndef prompt(question):\n    return f"""Asked at {datetime.now()}.\n${rules}\n{question}\n"""\n`,
  "text.ts": `export const prompt = (question: string) => \`Asked at \${new Date().toISOString()}.\n${rules}\n\${question}\n\`;\n`,
};

function sourcesOf(files: Files): FixSources {
  const documents = new Documents(parseTools);
  const { "promptcache.json": config, ...rest } = files;
  const all = Object.entries(rest).map(([path, text]) => ({ path, text }));
  documents.setWorkspace(all, config === undefined ? null : { path: "promptcache.json", text: config });
  const { templates } = drain(documents.parse());
  return {
    templates,
    configPath: "promptcache.json",
    textOf: (path) => files[path] ?? null,
    edited: (template, edits) => {
      const { path } = edits[0]!;
      return drain(documents.withTexts(template, [{ path, text: applyEdits(files[path] ?? "", edits) }]));
    },
  };
}

function made(files: Files, { edits }: Pick<OfferedFix, "edits">): Files {
  const changed = { ...files };
  for (const path of new Set(edits.map((edit) => edit.path))) {
    const own = edits.filter((edit) => edit.path === path);
    changed[path] = applyEdits(files[path] ?? "", own);
  }
  return changed;
}

const analysed = (files: Files) => analyze(files, {}, parseTools);

function offered(
  files: Files,
  rule: string,
): { readonly finding: Finding; readonly fixes: readonly OfferedFix[] } {
  const finding = analysed(files).findings.find((each) => each.rule === rule && isShown(each));
  if (finding === undefined) throw new Error(`no ${rule} is found`);
  return { finding, fixes: fixesOf(finding, sourcesOf(files)) };
}

/** What the file says: its texts, and what stands between them. */
function said(files: Files): string {
  return sourcesOf(files)
    .templates.flatMap(({ segments }) => [...walkSegments(segments)])
    .map((segment) => {
      if (segment.kind === "text") return segment.text;
      return segment.kind === "hole" ? `{${segment.name}}` : `{${segment.kind}}`;
    })
    .join("");
}

describe.each(Object.entries(fixtures))("%s", (path, text) => {
  const files = { [path]: text };
  const { finding, fixes } = offered(files, "volatile-early");
  const of = (kind: OfferedFix["kind"]) => fixes.filter((fix) => fix.kind === kind);

  it("declares each scope that it does not have", () => {
    const declared = of("declare");
    expect(declared.map(({ title }) => / as (\w+):/.exec(title)?.[1])).toEqual([
      ...["constant", "day", "tenant", "session", "request"],
    ]);
    for (const fix of declared) {
      const scope = / as (\w+):/.exec(fix.title)![1];
      const after = made(files, fix);
      expect(said(after)).toBe(said(files));
      const report = analysed(after);
      expect(report.problems).toEqual([]);
      const hole = sourcesOf(after)
        .templates.flatMap(({ segments }) => [...walkSegments(segments)])
        .find((segment) => segment.kind === "hole" && segment.scope.scope === scope);
      expect(hole).toMatchObject({ scope: { basis: "declared" } });
    }
  });

  it("is ignored where it stands, in its file, or in promptcache.json", () => {
    const ignored = of("ignore");
    expect(ignored.length).toBeGreaterThan(0);
    for (const fix of ignored) {
      const after = made(files, fix);
      expect(said(after)).toBe(said(files));
      const report = analysed(after);
      expect(report.problems).toEqual([]);
      const found = report.findings.filter(({ rule }) => rule === finding.rule);
      expect(found.filter(isShown)).toEqual([]);
      expect(found.some(({ detail }) => detail.startsWith("Ignored: why. "))).toBe(true);
    }
  });

  it("gives what its title promises", () => {
    const before = analysed(files);
    const mended = of("mend");
    expect(mended.length).toBeGreaterThan(0);
    for (const fix of mended) {
      const after = analysed(made(files, fix));
      const measured = gained(before, after, finding.templateId);
      expect(Math.abs(fix.effect!.tokensPerRequest - measured)).toBeLessThanOrEqual(1);
    }
  });
});

it.each([
  ["text.py", "datetime.now().date()"],
  ["text.ts", "new Date().toISOString().slice(0, 10)"],
  ["prompts/a.liquid", `"now" | date: "%Y-%m-%d"`],
])("a clock of %s writes only the day", (path, written) => {
  const { fixes } = offered({ [path]: fixtures[path]! }, "volatile-early");
  const fix = fixes.find(({ title }) => title.startsWith("Write only the day"));
  expect(made({ [path]: fixtures[path]! }, fix!)[path]).toContain(written);
});

it("declares in the directive, the frontmatter or the entry that there is", () => {
  const directive = { "a.j2": `{# promptcache: question=request #}\n${fixtures["a.j2"]}` };
  const session = (files: Files) =>
    made(files, offered(files, "volatile-early").fixes.find(({ title }) => title.includes(" as session:"))!);
  expect(session(directive)["a.j2"]).toMatch(/^\{# promptcache: question=request, now=session #\}\n/);
  const front = {
    "a.prompty": fixtures["frontmatter.prompty"]!.replace(
      "name: A",
      "name: A\npromptcache:\n  question: request",
    ),
  };
  expect(session(front)["a.prompty"]).toContain("promptcache:\n  now: session\n  question: request\n---");
  const config = {
    "chat.json": fixtures["chat.json"]!,
    "promptcache.json": '{\n  // ours\n  "gpu": "H100-SXM"\n}\n',
  };
  const written = session(config)["promptcache.json"]!;
  expect(written).toContain("// ours");
  expect(written).toContain('"scope": "session"');
});

it("makes all fixes of a file, and of all files", () => {
  const files = { "a.j2": fixtures["a.j2"]!, "prompts/a.hbs": fixtures["prompts/a.hbs"]! };
  const { findings } = analysed(files);
  const one = fixAll(findings, { path: "a.j2", rule: null }, sourcesOf(files));
  expect([one.mended, new Set(one.edits.map(({ path }) => path))]).toEqual([1, new Set(["a.j2"])]);
  const all = fixAll(findings, { path: null, rule: null }, sourcesOf(files));
  expect(all.mended).toBe(2);
  const shown = analysed(made(files, all)).findings.filter(
    (each) => each.rule === "volatile-early" && isShown(each),
  );
  expect(shown).toEqual([]);
  expect(fixAll(findings, { path: null, rule: "unstable-order" }, sourcesOf(files)).mended).toBe(0);
});

const long = policyText(300);
const literal = long.replaceAll("\n", "\\n");

it.each([
  [
    "a name in Python",
    "a.py",
    `RULES = """You are a clerk.\n${long}"""\nx = client.messages.create(model="claude-opus-5", max_tokens=9, system=RULES, messages=[{"role": "user", "content": question}])\n`,
    'system=[{"type": "text", "text": RULES, "cache_control": {"type": "ephemeral"}}], messages=',
  ],
  [
    "a part in Python",
    "a.py",
    `RULES = """You are a clerk.\n${long}"""\nx = client.messages.create(model="claude-opus-5", max_tokens=9, system=[{"type": "text", "text": RULES}], messages=[{"role": "user", "content": question}])\n`,
    '"text": RULES, "cache_control": {"type": "ephemeral"}}]',
  ],
  [
    "a literal in Python",
    "a.py",
    `x = client.messages.create(model="claude-opus-5", max_tokens=9, system="You are a \\"clerk\\". ${literal}", messages=[{"role": "user", "content": question}])\n`,
    'section 900.", "cache_control": {"type": "ephemeral"}}], messages=',
  ],
  [
    "a name in TypeScript",
    "a.ts",
    `const rules = \`You are a clerk.\n${long}\`;\nconst x = client.messages.create({ model: "claude-opus-5", max_tokens: 9, system: rules, messages: [{ role: "user", content: question }] });\n`,
    'system: [{ type: "text", text: rules, cache_control: { type: "ephemeral" } }], messages',
  ],
])("writes cache breakpoints into code: %s", (_, path, text, written) => {
  const files = { [path]: text };
  const settings = { policy: "anthropic:claude-opus-5" };
  const find = (all: Files) =>
    analyze(all, settings, parseTools).findings.find(({ rule }) => rule === "no-cache-marks");
  const [fix] = fixesOf(find(files)!, sourcesOf(files));
  expect(fix?.title).toBe("Write these cache breakpoints");
  const after = made(files, fix!);
  expect(after[path]).toContain(written);
  expect(said(after)).toBe(said(files));
  expect(find(after)).toBeUndefined();
});

it.each([
  ["a.py", `{"type": "ephemeral"}`, `{"type": "ephemeral", "ttl": "1h"}`],
  ["a.ts", `{ type: "ephemeral" }`, `{ type: "ephemeral", ttl: "1h" }`],
])("asks for a longer lifetime where turns come too late: %s", (path, mark, longer) => {
  const text = path.endsWith(".py")
    ? `RULES = """You are a clerk.\n${long}"""\nx = client.messages.create(model="claude-opus-5", max_tokens=9, system=[{"type": "text", "text": RULES, "cache_control": ${mark}}], messages=[*history, {"role": "user", "content": question}])\n`
    : `const rules = \`You are a clerk.\n${long}\`;\nconst x = client.messages.create({ model: "claude-opus-5", max_tokens: 9, system: [{ type: "text", text: rules, cache_control: ${mark} }], messages: [...history, { role: "user", content: question }] });\n`;
  const config = JSON.stringify({ workload: { thinkSeconds: 900, turns: 6 } });
  const files = { [path]: text, "promptcache.json": config };
  const settings = { policy: "anthropic:claude-opus-5" };
  const find = (all: Files) =>
    analyze(all, settings, parseTools).findings.find(({ rule }) => rule === "short-lifetime");
  const fix = fixesOf(find(files)!, sourcesOf(files)).find(({ kind }) => kind === "mend");
  expect(fix?.title).toBe("Ask for a lifetime of one hour");
  const after = made(files, fix!);
  expect(after[path]).toBe(text.replace(mark, longer));
  expect(find(after)?.message ?? "").not.toContain("lifetime 5 minutes");
});

it("says where a comment ignores nothing that there is", () => {
  const text = `{# promptcache-ignore: volatile-earlyy -- why #}\n${fixtures["a.j2"]}{# promptcache-ignore: #}\n`;
  const { problems } = analysed({
    "a.j2": text,
    "promptcache.json": '{ "ignore": [{ "rule": "nothing" }] }',
  });
  expect(problems.map(({ message }) => message)).toEqual([
    "There is no rule `volatile-earlyy` to ignore.",
    "This comment ignores nothing: name the rules, as in `promptcache-ignore: volatile-early -- why`.",
    'There is no rule "nothing" to ignore.',
  ]);
});
