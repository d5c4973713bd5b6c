/**
 * Places in the texts of Flowise.
 *
 * In flows of chains `{name}` is LangChain's, and the names that Flowise itself knows stand in doubled braces; of any other
 * doubled brace LangChain makes one (FlowiseAI/Flowise `packages/server/src/utils/index.ts`, `getVariableValue`).
 * In flows of agents every `{{ … }}` is a value of the run, single braces are text, and what the editor stored as HTML goes
 * out as Markdown (`packages/server/src/utils/buildAgentflow.ts`, `resolveVariables`).
 */
import type { Engine } from "./embedded.ts";
import { claimFor, type Declarations, inferred, inferScope, isHistoryName } from "./scope-inference.ts";
import { holeOf, TextRun } from "./str-format.ts";
import type { HoleSegment, ScopeClaim } from "./template.ts";
import type { TextRange } from "./text.ts";

/** What Flowise gives itself. */
const known: ReadonlyMap<string, ScopeClaim> = new Map([
  ["question", inferred("request", "`question` is what the user says now")],
  ["file_attachment", inferred("request", "`file_attachment` came with what the user says now")],
  ["chat_history", inferred("session", "`chat_history` holds the earlier turns of the conversation")],
  [
    "runtime_messages_length",
    inferred("request", "`runtime_messages_length` counts the messages of the run"),
  ],
  ["loop_count", inferred("request", "`loop_count` counts the rounds of a loop")],
  ["current_date_time", inferred("volatile", "`current_date_time` reads the clock")],
  ["$flow.sessionId", inferred("session", "`$flow.sessionId` is that of one conversation")],
  ["$flow.chatId", inferred("session", "`$flow.chatId` is that of one conversation")],
  ["$flow.chatflowId", inferred("constant", "`$flow.chatflowId` is that of the flow")],
  ["$flow.input", inferred("request", "`$flow.input` is what the user says now")],
]);

const owners: readonly (readonly [prefix: string, claim: ScopeClaim])[] = [
  ["$vars.", inferred("constant", "`$vars` holds settings of the server")],
  ["$form.", inferred("session", "`$form` holds what was filled in before the run")],
  ["$webhook.", inferred("request", "`$webhook` holds what called the flow")],
  ["$iteration", inferred("request", "`$iteration` is another one in every round")],
];

function claimOf(name: string): ScopeClaim {
  return known.get(name) ?? owners.find(([prefix]) => name.startsWith(prefix))?.[1] ?? inferScope(name);
}

function placeAt(range: TextRange, written: string, declared: Declarations): HoleSegment {
  const expression = written.trim();
  const name = expression.replace(/^\$flow\.state\./, "").replace(/\\/g, "");
  const scope = claimFor(name, declared, () => known.get(expression) ?? claimOf(expression));
  return { kind: "hole", range, form: isHistoryName(name) ? "history" : "variable", name, expression, scope };
}

/** A node whose output is put in: a chain takes it as a part, never as text. */
export const isLinkToNode = /^\s*\{\{\s*[\w$-]{1,100}\.data\.instance\s*\}\}\s*$/;

const ofServer =
  /^(?:question|file_attachment|chat_history|\$(?:vars|flow)\.[\w.]+|[\w$-]+\.data\.instance)$/;
const chainPlaces = /\{\{([^{}\n]{0,200})\}\}|\{\{|\}\}|\{([\p{L}_][\p{L}\p{N}_]*)\}/gu;

export const flowiseChainEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  const braces = (start: number, brace: string) => run.replaced({ start, end: start + 2 }, brace);
  for (const match of source.slice(range.start, range.end).matchAll(chainPlaces)) {
    const [written, doubled, name] = match;
    const start = range.start + match.index;
    const whole = { start, end: start + written.length };
    if (name !== undefined) run.segment(holeOf(name, name, whole, declared));
    else if (doubled === undefined) braces(start, written[0]!);
    else if (ofServer.test(doubled.trim())) run.segment(placeAt(whole, doubled, declared));
    else {
      braces(start, "{");
      braces(whole.end - 2, "}");
    }
  }
  return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
};

/** How HTML of the editor begins; tags elsewhere are the author's own. */
const storedAsHtml = /^\s*<(?:p|div|h[1-6]|ul|ol|blockquote|pre|table)\b/i;
const agentPlaces =
  /\{\{([^{}\n]{1,200})\}\}|<(\/?)([a-z][a-z0-9]{0,15})(?:\s[^<>]{0,500})?>|&(amp|lt|gt|quot|nbsp|#39);/gi;
const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  nbsp: " ",
  "#39": "'",
};

/** Line breaks around a tag, and what stands for it in Markdown where it opens; of those in a line also where it closes. */
const tags: Readonly<Record<string, { readonly breaks: number; readonly mark?: string }>> = {
  ...Object.fromEntries(
    ["p", "div", "ul", "ol", "pre", "blockquote", "table"].map((name) => [name, { breaks: 2 }]),
  ),
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6].map((level) => [`h${level}`, { breaks: 2, mark: `${"#".repeat(level)} ` }]),
  ),
  li: { breaks: 1, mark: "*   " },
  br: { breaks: 1 },
  strong: { breaks: 0, mark: "**" },
  b: { breaks: 0, mark: "**" },
  em: { breaks: 0, mark: "_" },
  i: { breaks: 0, mark: "_" },
  code: { breaks: 0, mark: "`" },
};

export const flowiseAgentEngine: Engine = (_path, source, range, declared = new Map()) => {
  const run = new TextRun(source, range.start);
  const text = source.slice(range.start, range.end);
  const isHtml = storedAsHtml.test(text);
  const page = new Page(run);
  let at = range.start;
  for (const match of text.matchAll(agentPlaces)) {
    const [written, inside, closing, tag, entity] = match;
    const start = range.start + match.index;
    const whole = { start, end: start + written.length };
    if (inside === undefined && !isHtml) continue;
    if (start > at) page.content();
    at = whole.end;
    if (inside !== undefined) {
      page.content();
      run.segment(placeAt(whole, inside, declared));
    } else if (entity !== undefined) {
      page.content();
      run.replaced(whole, entities[entity.toLowerCase()] ?? "");
    } else page.tag(whole, tag!.toLowerCase(), closing === "/");
  }
  if (at < range.end) page.content();
  page.end();
  return { value: { segments: run.end(range.end), declarations: declared }, problems: [] };
};

/** Blank lines stand between two contents, none in front of the first or behind the last. */
class Page {
  readonly #run: TextRun;
  #breaks = 0;
  #isEmpty = true;
  /** Tags that nothing was said behind: the first of them stands for the blank lines. */
  #waiting: { readonly range: TextRange; readonly mark: string }[] = [];

  constructor(run: TextRun) {
    this.#run = run;
  }

  tag(range: TextRange, name: string, isClosing: boolean): void {
    const { breaks, mark = "" } = tags[name] ?? { breaks: 0 };
    this.#breaks = Math.max(this.#breaks, breaks);
    this.#waiting.push({ range, mark: isClosing && breaks > 0 ? "" : mark });
  }

  content(): void {
    const before = this.#isEmpty ? "" : "\n".repeat(this.#breaks);
    for (const [index, { range, mark }] of this.#waiting.entries()) {
      this.#run.replaced(range, `${index === 0 ? before : ""}${mark}`);
    }
    this.#waiting = [];
    this.#breaks = 0;
    this.#isEmpty = false;
  }

  end(): void {
    for (const { range, mark } of this.#waiting) this.#run.replaced(range, /^[*_`]+$/.test(mark) ? mark : "");
  }
}
