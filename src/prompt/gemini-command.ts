/**
 * Places in custom commands of Gemini CLI: `{{args}}`, `!{command}` whose output is put in, `@{file}`; braces in the last two
 * are balanced. https://geminicli.com/docs/cli/custom-commands
 */
import type { Engine } from "./embedded.ts";
import { claimFor, inferred } from "./scope-inference.ts";
import { longestCommand, outputHole } from "./shell-output.ts";
import { TextRun } from "./str-format.ts";
import type { HoleSegment, Segment } from "./template.ts";
import type { TextRange } from "./text.ts";

const place = /\{\{\s{0,20}args\s{0,20}\}\}|[!@]\{/g;

export const geminiCommandEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  const pattern = new RegExp(place);
  pattern.lastIndex = range.start;
  const declare = (hole: HoleSegment): HoleSegment => ({
    ...hole,
    scope: claimFor(hole.name, declared, () => hole.scope),
  });
  for (
    let match = pattern.exec(source);
    match !== null && match.index < range.end;
    match = pattern.exec(source)
  ) {
    const start = match.index;
    if (match[0].startsWith("{{")) {
      const whole = { start, end: start + match[0].length };
      run.segment(declare(argumentHole(whole)));
      continue;
    }
    const end = balancedEnd(source, start + 2, range.end);
    if (end === null) continue;
    const whole = { start, end: end + 1 };
    const inside = source.slice(start + 2, end).trim();
    if (inside === "") continue;
    const segment = match[0] === "!{" ? outputHole(inside, whole) : fileAt(inside, whole);
    run.segment(segment.kind === "hole" ? declare(segment) : segment);
    pattern.lastIndex = whole.end;
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
};

function balancedEnd(source: string, from: number, limit: number): number | null {
  let depth = 0;
  for (let at = from; at < Math.min(limit, from + longestCommand); at++) {
    if (source[at] === "{") depth++;
    else if (source[at] === "}" && depth-- === 0) return at;
  }
  return null;
}

function argumentHole(range: TextRange): HoleSegment {
  const scope = inferred("request", "what follows the command: new in every call");
  return { kind: "hole", range, form: "variable", name: "args", expression: "args", scope };
}

/** A file is a part of the prompt; of a folder everything in it is put in. */
function fileAt(target: string, range: TextRange): Segment {
  if (/\.\w{1,8}$/.test(target) && !target.includes("{{"))
    return { kind: "include", range, target, resolved: null };
  const scope = target.includes("{{")
    ? inferred("request", "the file that is named behind the command")
    : inferred("session", `what the files in \`${target}\` say: it changes with the conversation`);
  return { kind: "hole", range, form: "call", name: target, expression: target, scope };
}
