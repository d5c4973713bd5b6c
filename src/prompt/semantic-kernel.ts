/**
 * Semantic Kernel's own template language: `{{$name}}`, `{{plugin.function $value 'text' key=$value}}`, `{{'text'}}`.
 * https://learn.microsoft.com/semantic-kernel/concepts/prompts/prompt-template-syntax
 */
import type { Engine } from "./embedded.ts";
import { lineEndBefore } from "./frontmatter.ts";
import { claimFor, type Declarations, inferCall, inferred, inferScope } from "./scope-inference.ts";
import { holeOf, TextRun } from "./str-format.ts";
import type { HoleSegment, ScopeClaim } from "./template.ts";
import type { Problem, TextRange } from "./text.ts";

/** A tag with quoted texts in it, which may hold braces; bounded, so that one without an end costs little. */
const tag = /\{\{((?:[^'"{}]|'(?:[^'\\]|\\.){0,2000}'|"(?:[^"\\]|\\.){0,2000}"){0,2000})\}\}/y;
const variable = /^\$(\w+)$/;
const literal = /^(['"])((?:[^\\]|\\.)*)\1$/s;
const call = /^(\w+(?:[.-]\w+)*)(?:\s+(.*))?$/s;
const typed = /^\{\{\s*\$?\w+/;

export const semanticKernelEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  const problems: Problem[] = [];
  let at = source.indexOf("{{", range.start);
  while (at >= 0 && at < range.end) {
    tag.lastIndex = at;
    const match = tag.exec(source);
    const end = match === null ? Number.POSITIVE_INFINITY : at + match[0].length;
    if (match !== null && end <= range.end) {
      addTag(source, { start: at, end }, match[1]!, declared, run, problems);
      at = source.indexOf("{{", end);
    } else {
      at = source.indexOf("{{", addUnclosed(source, at, range.end, declared, run, problems));
    }
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems };
};

function addTag(
  source: string,
  range: TextRange,
  written: string,
  declared: Declarations,
  run: TextRun,
  problems: Problem[],
): void {
  const inside = written.trim();
  // A tag without content is sent as it is written.
  if (inside === "") return;
  const name = variable.exec(inside)?.[1];
  const text = literal.exec(inside)?.[2];
  if (name !== undefined) run.segment(holeOf(name, inside, range, declared));
  else if (text !== undefined) run.replaced(range, text.replace(/\\(['"\\])/g, "$1"));
  else if (call.test(inside)) run.segment(callOf(inside, range, declared));
  else {
    const message = `\`${source.slice(range.start, range.end)}\` names no value and no function: write \`{{$name}}\` or \`{{plugin.function}}\`.`;
    problems.push({ range, severity: "error", message });
  }
}

/** A function changes as often as what it is given does, unless its name speaks of the clock. */
function callOf(inside: string, range: TextRange, declared: Declarations): HoleSegment {
  const [, name = inside, values = ""] = call.exec(inside) ?? [];
  const given = [...values.matchAll(/\$(\w+)/g)].map(([, value = ""]) =>
    claimFor(value, declared, () => inferScope(value)),
  );
  const claim = claimFor(name, declared, () => timeFunction(name) ?? inferCall(name, given));
  return { kind: "hole", range, form: "call", name, expression: inside, scope: claim };
}

/**
 * Functions of the plugin that is called `time` by convention, by what they write.
 * https://learn.microsoft.com/dotnet/api/microsoft.semantickernel.plugins.core.timeplugin
 */
function timeFunction(name: string): ScopeClaim | null {
  const [plugin, called = ""] = name.split(/[.-]/);
  if (plugin !== "time") return null;
  if (/^time_?zone(?:_?(?:offset|name))?$/i.test(called)) {
    return inferred("tenant", `\`${name}()\` speaks of a tenant: the same in all its conversations`);
  }
  const isOfDay =
    /^(?:date|today|year|month(?:_?number)?|day(?:_?of_?week)?|days_?ago|date_?matching_?last_?day_?name)$/i;
  return isOfDay.test(called) ? inferred("day", `\`${name}()\` writes the day`) : null;
}

/** A tag that is still being typed: a name is a place already. Gives where to look on. */
function addUnclosed(
  source: string,
  open: number,
  limit: number,
  declared: Declarations,
  run: TextRun,
  problems: Problem[],
): number {
  const next = source.indexOf("{{", open + 2);
  const end = lineEndBefore(source, open, next < 0 ? limit : Math.min(next, limit));
  problems.push({
    range: { start: open, end: Math.max(end, Math.min(open + 2, limit)) },
    severity: "error",
    message: "`{{` is not closed: add `}}`.",
  });
  const name = typed.exec(source.slice(open, end))?.[0];
  if (name !== undefined) {
    const written = { start: open, end: open + name.length };
    const inside = name.slice(2).trim();
    run.segment(holeOf(inside.replace(/^\$/, ""), inside, written, declared));
  }
  return Math.max(open + 2, open + (name?.length ?? 0));
}
