/**
 * Findings that people have decided to live with: a comment in the file (`promptcache-ignore: RULE -- why`, for its line and
 * the next; `promptcache-ignore-file` for all of it), or `ignore` in promptcache.json. They stay hints, with the reason.
 */
import type { Config } from "../config/config.ts";
import { globMatcher } from "../config/glob-matcher.ts";
import type { SourceDocument } from "../prompt/format.ts";
import type { Template } from "../prompt/template.ts";
import type { Problem, TextRange } from "../prompt/text.ts";
import { t } from "../words/l10n.ts";
import type { Finding } from "./finding.ts";

/** One comment, or one entry of the configuration. */
interface Ignore {
  readonly rules: readonly string[];
  /** `null` where none is given. */
  readonly reason: string | null;
  /** The lines that it is about; `null` for the whole file. */
  readonly lines: TextRange | null;
}

interface Read {
  readonly ignores: readonly Ignore[];
  readonly problems: readonly Problem[];
}

const keyword = "promptcache-ignore";
/** Up to the end of the line, or of the comment. */
const remark = /promptcache-ignore(-file)?[ \t]*:[ \t]*([a-z][a-z-]*(?:[ \t]*,[ \t]*[a-z][a-z-]*)*)?(.*)/g;
const closing = /[ \t]*(?:[-~]?#\}|-->|--?\}\}|\}\}|\*\/\}*|[-~]?%\}.*)[\s\S]*$/;

const nothing: Read = { ignores: [], problems: [] };
const known = new WeakMap<SourceDocument, Read>();

/** What the comments of a document say. `rules` are those that there are. */
export function ignoresIn(document: SourceDocument, rules: ReadonlySet<string>): Read {
  const before = known.get(document);
  if (before !== undefined) return before;
  const read = document.text.includes(keyword) ? readIgnores(document.text, rules) : nothing;
  known.set(document, read);
  return read;
}

function readIgnores(text: string, rules: ReadonlySet<string>): Read {
  const ignores: Ignore[] = [];
  const problems: Problem[] = [];
  for (const match of text.matchAll(remark)) {
    const { index } = match;
    const [whole, isFile, list = "", rest = ""] = match;
    const named = list.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
    const said = rest.replace(closing, "");
    const reason = /^[ \t]*-{0,2}[ \t]*(\S.*?)[ \t]*$/.exec(said)?.[1] ?? null;
    const range = { start: index, end: index + whole.length - rest.length };
    for (const problem of problemsOf(named, rules))
      problems.push({ range, severity: "warning", message: problem });
    const lines = isFile === undefined ? linesAround(text, index) : null;
    ignores.push({ rules: named, reason, lines });
  }
  return { ignores, problems };
}

function problemsOf(named: readonly string[], rules: ReadonlySet<string>): readonly string[] {
  if (named.length === 0)
    return [
      t("This comment ignores nothing: name the rules, as in `promptcache-ignore: volatile-early -- why`."),
    ];
  return named.filter((name) => !rules.has(name)).map((name) => t("There is no rule `{0}` to ignore.", name));
}

/** The line of an offset, and the next one. */
function linesAround(text: string, offset: number): TextRange {
  const start = text.lastIndexOf("\n", offset) + 1;
  const next = text.indexOf("\n", offset);
  const end = next < 0 ? -1 : text.indexOf("\n", next + 1);
  return { start, end: end < 0 ? text.length + 1 : end };
}

/** Comments and entries that ignore a rule which there is not, or none at all. */
export function* ignoreProblems(
  documents: Iterable<SourceDocument>,
  config: { readonly value: Config; readonly path: string | null },
  rules: ReadonlySet<string>,
): Generator<Problem & { readonly path: string }, void, void> {
  for (const document of documents) {
    const { path } = document;
    for (const problem of ignoresIn(document, rules).problems) yield { path, ...problem };
  }
  const { path } = config;
  if (path === null) return;
  for (const { range, value } of config.value.ignore ?? []) {
    const { rule } = value;
    if (rule === undefined)
      yield { path, range, severity: "warning", message: t("Name the rule to ignore.") };
    else if (!rules.has(rule.value)) {
      const message = t('There is no rule "{0}" to ignore.', rule.value);
      yield { path, range: rule.range, severity: "warning", message };
    }
  }
}

/** What is needed beside the findings. */
export interface IgnoreSources {
  readonly config: Config;
  readonly templates: readonly Template[];
  documentAt(path: string): SourceDocument | null;
  readonly rules: ReadonlySet<string>;
}

/** The findings, those that are ignored as hints that say why; the same list where none is. */
export function withIgnored(findings: readonly Finding[], sources: IgnoreSources): readonly Finding[] {
  const { config, templates, documentAt, rules } = sources;
  const entries = (config.ignore ?? []).map(({ value }) => ({
    rule: value.rule?.value,
    templates: value.templates?.value,
    reason: value.reason,
    matches: value.templates === undefined ? () => true : globMatcher(value.templates.value),
  }));
  const starts = new Map<string, Template>();
  let isSame = true;
  const marked = findings.map((finding) => {
    if (finding.severity === "hint" || finding.severity === "error") return finding;
    const entry = entries.find(
      (each) =>
        each.rule === finding.rule && (each.matches(finding.path) || each.templates === finding.templateId),
    );
    const document = documentAt(finding.path);
    const ignores = document === null ? [] : ignoresIn(document, rules).ignores;
    if (entry === undefined && ignores.length === 0) return finding;
    if (starts.size === 0) for (const template of templates) starts.set(template.id, template);
    const template = starts.get(finding.templateId);
    const places = [finding.range.start, ...(template?.path === finding.path ? [template.range.start] : [])];
    const isAbout = ({ rules: named, lines }: Ignore) =>
      named.includes(finding.rule) &&
      (lines === null || places.some((at) => lines.start <= at && at < lines.end));
    const ignore = entry ?? ignores.find(isAbout);
    if (ignore === undefined) return finding;
    isSame = false;
    const { detail } = finding;
    const said =
      ignore.reason == null
        ? t("Ignored. {0}", detail)
        : t("Ignored: {reason}. {detail}", { reason: ignore.reason, detail });
    return { ...finding, severity: "hint" as const, detail: said };
  });
  return isSame ? findings : marked;
}
