/**
 * Places in texts that builders of workflows export, whose values the builder fills in before it calls a model.
 *
 * n8n: a value that begins with `=` is an expression, in which `{{ … }}` holds JavaScript
 * (n8n-io/n8n `packages/workflow/src/expressions/expression-helpers.ts`); any other value is text.
 * Dify: `{{#node.name#}}` names what a node of the workflow gave, `{{name}}` an input of the app
 * (langgenius/dify `api/core/workflow/utils/variable_template_parser.py`, `api/core/prompt/utils/prompt_template_parser.py`).
 */
import { asDay } from "./day.ts";
import { type Engine, plainEngine } from "./embedded.ts";
import { claimFor, inferred, inferScope, isHistoryName } from "./scope-inference.ts";
import { TextRun } from "./str-format.ts";
import type { HoleSegment, ScopeClaim } from "./template.ts";
import type { TextRange } from "./text.ts";

/** Longer ones are no expressions that anybody writes. */
const longestExpression = 1000;

/** A value of a parameter. */
export const n8nEngine: Engine = (path, source, range, declared) => {
  if (source[range.start] === "=") return n8nExpressionEngine(path, source, range, declared);
  return plainEngine(path, source, range, declared);
};

/** A text that is, or is part of, an expression. */
export const n8nExpressionEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  if (source[range.start] === "=") run.replaced({ start: range.start, end: range.start + 1 }, "");
  for (const { start, end } of n8nExpressions(source, range)) {
    const expression = source.slice(start + 2, end - 2).trim();
    const name = nameOf(expression);
    const claim = claimFor(name, declared, () => asDay(n8nClaim(expression, name), expression));
    run.segment(holeAt({ start, end }, name, expression, claim));
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
};

/** Where `{{ … }}` stand, with their braces. */
export function* n8nExpressions(source: string, range: TextRange): Generator<TextRange> {
  for (let at = source.indexOf("{{", range.start); at >= 0 && at < range.end; ) {
    const first = source.indexOf("}}", at + 2);
    if (first < 0 || first + 2 > range.end) return;
    const end = (expressionEnd(source, at + 2, Math.min(range.end, at + longestExpression)) ?? first) + 2;
    yield { start: at, end };
    at = source.indexOf("{{", end);
  }
}

/** Where the expression ends: at braces that close nothing in it, outside of its texts; `null` where none do. */
function expressionEnd(source: string, from: number, limit: number): number | null {
  let depth = 0;
  let quote = "";
  for (let at = from; at < limit; at++) {
    const character = source[at]!;
    if (quote !== "") {
      if (character === "\\") at++;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'" || character === "`") quote = character;
    else if (character === "{") depth++;
    else if (character === "}" && depth > 0) depth--;
    else if (character === "}" && source[at + 1] === "}" && at + 1 < limit) return at;
  }
  return null;
}

/** What stands in front of the name of a value: `$json.`, `$('Webhook').item.json.`, `$node["Set"].json.`. */
const owners =
  /^\$(?:json|input|\(\s*(?:"[^"]*"|'[^']*')\s*\)|node(?:\.\w+|\[(?:"[^"]*"|'[^']*')\]))(?:\.(?:item|first\(\)|last\(\)|all\(\)|json|binary|params|body|query|headers)|\[\d+\])*\.?/;
const fields = /^[\p{L}_$][\p{L}\p{N}_$]*(?:\.[\p{L}_][\p{L}\p{N}_]*|\[\d+\])*/u;

/** As people would call it: `letter` of `$json.letter`, `now` of `$now.toISO()`; the expression where it is none of these. */
function nameOf(expression: string): string {
  const inside = expression
    .replace(owners, "")
    .replace(/\["([\w ]+)"\]|\['([\w ]+)'\]/g, (_, a, b) => `.${(a ?? b).replaceAll(" ", "_")}`);
  const named = fields.exec(inside.replace(/^\./, ""))?.[0].replace(/^\$/, "");
  const shown = named === undefined || named === "" ? expression : named;
  return (
    shown.replace(/\.(?:to[A-Z]\w*|format|trim|replace\w*|join|slice|split|first|last|stringify)$/, "") ||
    expression
  );
}

const clock = /\$now\b|\bDateTime\.(?:now|local|utc)\(|\bnew Date\(\s*\)|\bDate\.now\(/;
const chance = /\bMath\.random\(|\$execution\.(?:id|resumeUrl)\b|\buuid\b|\brandomUUID\(/;

function n8nClaim(expression: string, name: string): ScopeClaim {
  if (chance.test(expression)) return inferred("volatile", `\`${expression}\` is another one in every run`);
  if (clock.test(expression)) return inferred("volatile", `\`${expression}\` reads the clock`);
  if (/^\$today\b/.test(expression)) return inferred("day", "`$today` is the day on which the workflow runs");
  if (/^\$(?:workflow|vars|env|secrets|execution\.mode)\b/.test(expression))
    return inferred("constant", `\`${expression}\` is the same in every run`);
  return inferScope(name);
}

const difyPlace = /\{\{(#?)([\p{L}\p{N}_.-]{1,200})\1\}\}/gu;

export const difyEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  for (const match of source.slice(range.start, range.end).matchAll(difyPlace)) {
    const [written, , named = ""] = match;
    // Nodes are numbered.
    const name = named.replace(/^\d{6,}\./, "");
    const start = range.start + match.index;
    const claim = claimFor(name, declared, () => difyClaim(name));
    run.segment(holeAt({ start, end: start + written.length }, name, named, claim));
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
};

/** Rivet: `{{name}}`, or `{{name | filter}}` (Ironclad/rivet `packages/core/src/utils/interpolation.ts`). */
const rivetPlace =
  /\{\{\s{0,20}((?:@graphInputs\.|@context\.)?[\p{L}_][\p{L}\p{N}_ .-]{0,100}?)\s{0,20}(?:\|[^{}\n]{0,200})?\}\}/gu;

export const rivetEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  for (const match of source.slice(range.start, range.end).matchAll(rivetPlace)) {
    const [written, named = ""] = match;
    const name = named.replace(/^@(?:graphInputs|context)\./, "");
    const start = range.start + match.index;
    const claim = claimFor(name, declared, () => inferScope(name));
    run.segment(holeAt({ start, end: start + written.length }, name, named, claim));
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
};

/** What the app itself gives (docs.dify.ai, variables). */
const difyClaims: ReadonlyMap<string, ScopeClaim> = new Map([
  ["sys.timestamp", inferred("volatile", "`sys.timestamp` is when the run began")],
  ["sys.workflow_run_id", inferred("volatile", "`sys.workflow_run_id` is another one in every run")],
  ["sys.query", inferred("request", "`sys.query` is what the user says now")],
  ["sys.files", inferred("request", "`sys.files` came with what the user says now")],
  ["sys.dialogue_count", inferred("request", "`sys.dialogue_count` counts the turns")],
  ["sys.conversation_id", inferred("session", "`sys.conversation_id` is that of one conversation")],
  ["sys.user_id", inferred("session", "`sys.user_id` is that of one user")],
  ["sys.app_id", inferred("constant", "`sys.app_id` is that of the app")],
  ["sys.workflow_id", inferred("constant", "`sys.workflow_id` is that of the workflow")],
  ["context", inferred("request", "`context` was retrieved for what the user says now")],
  ["query", inferred("request", "`query` is what the user says now")],
]);

/** How often a value of Dify changes. */
export function difyClaim(name: string): ScopeClaim {
  return difyClaims.get(name) ?? ownedClaim(name) ?? inferScope(name);
}

function ownedClaim(name: string): ScopeClaim | null {
  if (name.startsWith("env.")) return inferred("constant", "`env` holds settings of the app");
  if (name.startsWith("conversation."))
    return inferred("session", "`conversation` holds what one conversation remembers");
  return null;
}

function holeAt(
  range: HoleSegment["range"],
  name: string,
  expression: string,
  scope: ScopeClaim,
): HoleSegment {
  const form = name === "histories" || isHistoryName(name) ? "history" : "variable";
  return { kind: "hole", range, form, name, expression, scope };
}
