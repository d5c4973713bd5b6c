/** Living with a finding: a comment in its line or its file, or an entry of promptcache.json where a file has no comments. */
import type { Finding } from "../findings/finding.ts";
import { isSameText } from "../prompt/move.ts";
import { findFormat } from "../prompt/registry.ts";
import type { Template } from "../prompt/template.ts";
import { t } from "../words/l10n.ts";
import { configEdits } from "./config-edit.ts";
import type { FixSources, OfferedFix } from "./fix.ts";

const why = "why";

export function ignores(
  finding: Finding,
  template: Template | null,
  sources: FixSources,
): readonly OfferedFix[] {
  const { rule, path } = finding;
  const here = [
    { keyword: "promptcache-ignore", title: t("Ignore {0} here", rule) },
    { keyword: "promptcache-ignore-file", title: t("Ignore {0} in this file", rule) },
  ].flatMap(({ keyword, title }) => {
    const edit =
      template === null ? null : remarkEdit(finding, template, `${keyword}: ${rule} -- ${why}`, sources);
    return edit === null ? [] : [ignoring(title, [edit])];
  });
  if (here.length > 0) return here;
  const file = { path: sources.configPath, text: sources.textOf(sources.configPath) };
  const name = template?.name ?? path;
  const entry = { rule, ...(path !== "" && { templates: template?.id ?? path }), reason: why };
  return [
    ignoring(
      name === "" ? t("Ignore {0} in this workspace", rule) : t("Ignore {rule} in {name}", { rule, name }),
      configEdits(file, [[["ignore", -1], entry]]),
    ),
  ];
}

function ignoring(title: string, edits: OfferedFix["edits"]): OfferedFix {
  return { kind: "ignore", title, edits, effect: null, placeholder: why };
}

function remarkEdit({ path, range }: Finding, template: Template, remark: string, sources: FixSources) {
  const text = sources.textOf(path);
  if (text === null || path !== template.path) return null;
  const places = [range.start, template.range.start];
  for (const at of remark.startsWith("promptcache-ignore-file") ? [0] : places) {
    for (const change of findFormat(template.format)?.declaring?.remarks?.(text, at, remark) ?? []) {
      const edit = { path, ...change };
      const read = sources.edited(template, [edit]);
      if (
        read !== null &&
        isSameText(read.segments, template.segments) &&
        isNear(text, at, change.range.start)
      )
        return edit;
    }
  }
  return null;
}

/** A remark counts for its own line and the next one. */
function isNear(text: string, at: number, written: number): boolean {
  const [from, to] = written < at ? [written, at] : [at, written];
  return text.slice(from, to).split("\n").length <= 2;
}
