/** `promptcache.json` at the workspace root, with comments and trailing commas allowed. */
import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { SourceDocument } from "../prompt/format.ts";
import { tooDeep, tooDeepInJson } from "../prompt/nesting.ts";
import { formats } from "../prompt/registry.ts";
import { scopes } from "../prompt/template.ts";
import { fewProblems, type Parsed, type Problem } from "../prompt/text.ts";
import {
  type AgentConfig,
  type ApplicationConfig,
  type Config,
  emptyConfig,
  type HistoryConfig,
  type HoleConfig,
  historyKeeps,
  type IgnoreConfig,
  type SettingsIn,
  type TemplateConfig,
  type WorkloadConfig,
} from "./config.ts";
import { globExpected, isGlob } from "./glob-matcher.ts";
import {
  choice,
  entries,
  kindOf,
  list,
  located,
  number,
  object,
  oneOrMore,
  type Rule,
  text,
} from "./rules.ts";
import { settingRows, settingsTable } from "./settings.ts";

// The patterns and limits stand in schemas/promptcache.schema.json as well; a test compares the two.
const something = text(/\S/, "some text");
const anything = text(/^/, "text");
const glob = text({ test: isGlob }, globExpected);

/** The rules of the settings that the file holds at a place. */
function rulesIn<P extends "top" | "workload">(place: P) {
  const rows = settingRows.filter(([, { inFile }]) => inFile === place);
  return Object.fromEntries(rows.map(([key, { kind }]) => [key, kindOf(kind)])) as {
    readonly [K in keyof SettingsIn<P>]-?: Rule<NonNullable<SettingsIn<P>[K]>>;
  };
}

const hole: Rule<HoleConfig> = object<HoleConfig>({
  scope: choice(scopes),
  tokens: number(0, 1_000_000, { isWhole: true }),
  values: list(anything, 1),
  reason: something,
});

const holes = entries(hole, /^[\s\S]+$/, "the name of a hole");

const history: Rule<HistoryConfig> = object<HistoryConfig>({
  keep: choice(historyKeeps),
  last: number(0, 1000, { isWhole: true }),
  every: number(1, 1000, { isWhole: true }),
  summaryTokens: number(0, 1_000_000, { isWhole: true }),
  reasoningTokens: number(0, 1_000_000, { isWhole: true }),
  reasoning: choice(["kept", "stripped"]),
  answers: choice(["as-generated", "trimmed"]),
  questions: choice(["as-sent", "bare"]),
});

const chatTemplateArguments = kindOf(settingsTable.chatTemplateArguments.kind);

const agent: Rule<AgentConfig> = object<AgentConfig>({
  toolCalls: number(0, 1000, { isWhole: true }),
  callTokens: number(0, 1_000_000, { isWhole: true }),
  resultTokens: number(0, 1_000_000, { isWhole: true }),
  callSeconds: number(0, 86_400),
});

const traffic = {
  agent,
  chatTemplateArguments,
  weight: number(0, 1000),
  turns: kindOf(settingsTable.turns.kind),
  sessions: kindOf(settingsTable.sessions.kind),
  history: located(history),
  holes,
};

const template: Rule<TemplateConfig> = object<TemplateConfig>({
  ...traffic,
  usage: choice(["request", "instructions", "partial"]),
});

const parts = oneOrMore(located(text(/\S/, "the path of a file, or the id of a template")));

const application: Rule<ApplicationConfig> = object<ApplicationConfig>({
  tools: parts,
  system: parts,
  examples: parts,
  question: parts,
  ...traffic,
});

const ignore: Rule<IgnoreConfig> = object<IgnoreConfig>({
  rule: located(text(/^[a-z][a-z-]*$/, "the id of a rule, such as volatile-early")),
  templates: located(text({ test: isGlob }, `a template id, or ${globExpected}`)),
  reason: something,
});

const workload: Rule<WorkloadConfig> = object<WorkloadConfig>({
  ...rulesIn("workload"),
  tenants: number(1, 100_000, { isWhole: true }),
  thinkSeconds: number(0, 86_400),
  arrivalsPerSecond: number(0, 100_000, { isOpen: true }),
  outputTokens: number(0, 1_000_000, { isWhole: true }),
  agent,
  history: located(history),
});

/** The whole file. A new key that is no setting is one line here, one in the schema and one in the `Config` type. */
export const configRule: Rule<Config> = object<Config & { readonly $schema?: string }>({
  $schema: anything,
  ...rulesIn("top"),
  chatTemplate: located(kindOf(settingsTable.chatTemplate.kind)),
  chatTemplateArguments: located(chatTemplateArguments),
  include: list(located(glob)),
  exclude: list(glob),
  formats: entries(choice(formats.map(({ id }) => id)), { test: isGlob }, globExpected),
  workload,
  templates: entries(template, { test: isGlob }, `a template id, or ${globExpected}`),
  applications: entries(application, /^\S(?:.*\S)?$/, "a name in one line, without blanks around it"),
  holes,
  ignore: list(located(ignore)),
});

/** Everything valid in the file is in force, whatever else is wrong with it. No file is an empty configuration. */
export function parseConfig(document: SourceDocument | null): Parsed<Config> {
  if (document === null) return { value: emptyConfig, problems: [] };
  const deep = tooDeepInJson(document.text);
  if (deep !== null) return { value: emptyConfig, problems: [tooDeep(deep)] };
  const errors: ParseError[] = [];
  const root: Node | undefined = parseTree(document.text, errors, {
    allowTrailingComma: true,
    allowEmptyContent: true,
  });
  const length = document.text.length;
  const problems: Problem[] = errors.map((error) => ({
    // An unclosed comment is reported as one longer than the text.
    range: { start: Math.min(error.offset, length), end: Math.min(error.offset + error.length, length) },
    severity: "error",
    message: syntaxMessage(printParseErrorCode(error.error)),
  }));
  const value = root === undefined ? undefined : configRule.read(root, "the configuration", problems);
  return { value: value ?? emptyConfig, problems: fewProblems(problems) };
}

const syntaxAdvice: Readonly<Record<string, string>> = {
  InvalidSymbol: "This is not JSON: put text in double quotes.",
  InvalidNumberFormat: "This is not a JSON number: write digits, with a dot for decimals.",
  PropertyNameExpected: "A key in double quotes is missing here.",
  ValueExpected: "A value is missing here: write one, or remove the key.",
  ColonExpected: "A colon is missing between the key and its value.",
  CommaExpected: "A comma is missing here.",
  CloseBraceExpected: 'An object is not closed: add "}".',
  CloseBracketExpected: 'A list is not closed: add "]".',
  EndOfFileExpected: "There is text after the end of the configuration: remove it.",
  UnexpectedEndOfComment: 'A comment is not closed: add "*/".',
  UnexpectedEndOfString: "Text is not closed: add a double quote.",
};

function syntaxMessage(code: string): string {
  return syntaxAdvice[code] ?? "This is not valid JSON here; keys and text stand in double quotes.";
}
