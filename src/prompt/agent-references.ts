/** What coding agents put into the Markdown that they are given: files, arguments, output of commands. */
import type { Engine } from "./embedded.ts";
import { codeRanges, within } from "./markdown-code.ts";
import { inferred, inferScope } from "./scope-inference.ts";
import { appendText } from "./segments.ts";
import { outputHole } from "./shell-output.ts";
import type { HoleSegment, ScopeClaim, Segment } from "./template.ts";
import type { TextRange } from "./text.ts";

/** What a file may hold besides text. Skills and rules hold nothing: they are sent literally. */
export interface References {
  readonly pattern: RegExp;
  read(match: RegExpExecArray, range: TextRange): Segment | null;
  /** Whether references in code are literal text. */
  readonly inertInCode: boolean;
}

export const promptVariables: References = {
  pattern: /\$\{([A-Za-z]\w*(?::[^}\n]{0,500})?)\}/g,
  inertInCode: false,
  read: (match, range) => promptVariable(match[1]!, match[0], range),
};

export const fileReferences: References = {
  pattern: /(?<![\w`])#file:([\w.~/@-]*\w)/g,
  inertInCode: true,
  read: (match, range) => ({ kind: "include", range, target: match[1]!, resolved: null }),
};

/** An `@path` counts where it can only mean a file: alone on its line, or with a path's beginning or a file's ending. */
export const imports: References = {
  pattern: /(?<=^|[\s(])@([\w~./][\w./~-]*\w|\w)(?=$|[\s),;:!?]|\.(?:\s|$))/gm,
  inertInCode: true,
  read: (match, range) => {
    const target = match[1]!;
    const isFile = /\.[A-Za-z]\w{0,7}$/.test(target) || /^[~./]/.test(target);
    if (!isFile && !isAlone(match.input, range)) return null;
    return { kind: "include", range, target, resolved: null };
  },
};

/** True when nothing but a list mark shares the line. */
function isAlone(text: string, range: TextRange): boolean {
  const before = text.slice(Math.max(0, range.start - 80), range.start);
  const after = text.slice(range.end, range.end + 80);
  return /(?:^|\n)[ \t]*(?:[-*+] )?[ \t]*$/.test(before) && /^[ \t]*\r?(?:\n|$)/.test(after);
}

const behindCommand = inferred("request", "what follows the command: new in every call");

export const commandArguments: References = {
  pattern: /\$(ARGUMENTS|[1-9])\b(?:\[\d{1,3}\])?/g,
  inertInCode: false,
  read: (match, range) => hole(match[1]!, match[0], range, behindCommand),
};

/** Codex fills in names in capitals too: `/prompts:ship FILES=…`. */
export const namedArguments: References = {
  pattern: /\$([A-Z][A-Z0-9_]*|[1-9])\b/g,
  inertInCode: false,
  read: (match, range) => hole(match[1]!, match[0], range, behindCommand),
};

/** A skill is given arguments only where a person calls it; digits behind `$` are mostly those of its scripts. */
export const skillArguments: References = {
  pattern: /\$(ARGUMENTS)\b(?:\[\d{1,3}\])?/g,
  inertInCode: false,
  read: (match, range) => hole(match[1]!, match[0], range, behindCommand),
};

/** The output of a command is put in where the text is sent: on its line, or of a block of code that `!` marks. */
export const commandOutput: References = {
  pattern: /(?<![\w`!\\])!`([^`\n]{1,1000})`|^```!\r?\n((?:(?!```)[^\n]*\n){1,100})```/gm,
  inertInCode: false,
  read: (match, range) => outputHole(match[1] ?? match[2]!, range),
};

/** What the harness says of itself. */
export const harnessNames: References = {
  pattern: /\$\{(CLAUDE_(?:SESSION_ID|SKILL_DIR|PLUGIN_ROOT|PROJECT_DIR|EFFORT))\}/g,
  inertInCode: false,
  read: (match, range) => {
    const name = match[1]!;
    const scope = name.endsWith("_ID")
      ? inferred("session", `\`${name}\` is that of one conversation`)
      : inferred("tenant", `\`${name}\` is the same on one machine`);
    return hole(name, match[0], range, scope);
  },
};

function hole(name: string, expression: string, range: TextRange, scope: ScopeClaim): HoleSegment {
  return { kind: "hole", range, form: "variable", name, expression, scope };
}

function promptVariable(inside: string, written: string, range: TextRange): HoleSegment | null {
  const [name = "", argument] = inside.split(":");
  if (name === "input" && argument) {
    const reason = `\`${argument}\` is asked for each time the prompt is run`;
    return hole(argument, written, range, inferred("request", reason));
  }
  if (/^(?:selection|selectedText|file(?:Basename|Dirname|BasenameNoExtension)?)$/.test(name)) {
    return hole(name, written, range, inferred("request", "what the editor shows when the prompt is run"));
  }
  if (/^workspaceFolder(?:Basename)?$/.test(name)) {
    return hole(
      name,
      written,
      range,
      inferred("tenant", "the folder that is open: the same in all its chats"),
    );
  }
  return /^[a-z]\w*$/.test(name) && argument === undefined
    ? hole(name, written, range, inferScope(name))
    : null;
}

/** Cuts a text at its references; two that overlap count once. */
export function cutAtReferences(
  whole: string,
  { start, end }: TextRange,
  references: readonly References[],
): readonly Segment[] {
  const source = whole.slice(0, end);
  const code = references.some((reference) => reference.inertInCode) ? codeRanges(source, start) : [];
  const found = references.flatMap((reference) => {
    const inCode = within(reference.inertInCode ? code : []);
    const pattern = new RegExp(reference.pattern.source, reference.pattern.flags);
    pattern.lastIndex = start;
    const segments: Segment[] = [];
    for (let match = pattern.exec(source); match !== null; match = pattern.exec(source)) {
      const range = { start: match.index, end: match.index + match[0].length };
      const segment = inCode(range.start) ? null : reference.read(match, range);
      if (segment !== null) segments.push(segment);
    }
    return segments;
  });
  found.sort((a, b) => a.range.start - b.range.start);
  const segments: Segment[] = [];
  let at = start;
  for (const segment of found) {
    if (segment.range.start < at) continue;
    appendText(segments, source, at, segment.range.start);
    segments.push(segment);
    at = segment.range.end;
  }
  appendText(segments, source, at, source.length);
  return segments;
}

/** `{file:path}` and `{env:NAME}` of opencode's settings, in any text. https://opencode.ai/docs/config */
const settingsReferences: References = {
  pattern: /\{(file|env):([^{}\n]{1,300})\}/g,
  inertInCode: false,
  read: (match, range) => {
    const [written, kind, named = ""] = match;
    const target = named.trim();
    return kind === "file"
      ? { kind: "include", range, target, resolved: null }
      : hole(target, written, range, inferred("constant", `\`${target}\` is a variable of the environment`));
  },
};

/** What opencode makes of the prompt of an agent, and of a command, in its settings. */
export const opencodePromptEngine: Engine = engineOf([settingsReferences]);
export const opencodeCommandEngine: Engine = engineOf([
  settingsReferences,
  commandArguments,
  commandOutput,
  imports,
]);

function engineOf(references: readonly References[]): Engine {
  return (_path, source, range, declared = new Map()) => {
    const segments = cutAtReferences(source, range, references);
    return { value: { segments, declarations: declared }, problems: [] };
  };
}
