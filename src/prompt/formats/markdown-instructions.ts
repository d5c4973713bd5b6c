/** Markdown that is sent as it stands: instruction files of agents, skills, rules, and prompt files. */
import { inFrontmatter, readFrontmatterScopes, readHtmlDirectives } from "../directives.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { readFrontmatter, textValue } from "../frontmatter.ts";
import { codeRanges, within } from "../markdown-code.ts";
import { baseName, folders, isDocumentation, isInManual } from "../names.ts";
import { declaredHere, declareSegments, inferred, inferScope } from "../scope-inference.ts";
import { appendText } from "../segments.ts";
import { outputHole } from "../shell-output.ts";
import type { HoleSegment, ScopeClaim, Segment, Template } from "../template.ts";
import type { Parsed, TextRange } from "../text.ts";

const wholeNames = new Set([
  "agents.md",
  "agents.local.md",
  "claude.md",
  "claude.local.md",
  "gemini.md",
  "skill.md",
  "copilot-instructions.md",
  "rules.md",
  ".cursorrules",
  ".windsurfrules",
  ".clinerules",
  ".goosehints",
]);

/** Of `wholeNames`, those that are words and could be the title of a page. */
const isPage = /^(?:agents|claude|gemini|skill|rules)\.md$/;

const endings = [".instructions.md", ".agent.md", ".chatmode.md", ".prompt.md", ".mdc"];

/** Folders that only hold such files, as the last two folders of a path that ends in `.md`. */
const toolFolders =
  /(?:^|\/)\.(?:cursor|continue|clinerules|windsurf|roo|github|claude|openhands|kiro|amazonq|junie|agents|gemini|opencode|codex|factory|augment)\/(?:[^/]+\/)*$/;
const folderKinds = new Set([
  "agent",
  "command",
  "mode",
  "modes",
  "rules",
  "prompts",
  "instructions",
  "agents",
  "chatmodes",
  "commands",
  "skills",
  "droids",
  "microagents",
  "steering",
  "guidelines",
]);

/** Commands and agents that a plugin of Claude Code brings. */
const pluginParts = /(?:^|\/)plugins\/[^/]+\/(?:commands|agents)\//;

function matches(path: string): boolean {
  const name = baseName(path).toLowerCase();
  // `docs/agents.md` is a page about agents; what agents read is spelled in capitals there too.
  if (wholeNames.has(name) && (!isInManual(path) || baseName(path) !== name || !isPage.test(name)))
    return true;
  if (endings.some((ending) => name.endsWith(ending))) return true;
  if (!name.endsWith(".md") || isDocumentation(path)) return false;
  const inside = folders(path);
  const last = inside.at(-1) ?? "";
  if (last === ".clinerules" || last === "microagents") return true;
  // Bare folders also hold other Markdown: `parse` asks for frontmatter there.
  if (last === "skills" || pluginParts.test(path)) return true;
  return toolFolders.test(path.slice(0, -name.length)) && inside.some((folder) => folderKinds.has(folder));
}

/** What a file may hold besides text. Skills and rules hold nothing: they are sent literally. */
interface References {
  readonly pattern: RegExp;
  read(match: RegExpExecArray, range: TextRange): Segment | null;
  /** Whether references in code are literal text. */
  readonly inertInCode: boolean;
}

const promptVariables: References = {
  pattern: /\$\{([A-Za-z]\w*(?::[^}\n]{0,500})?)\}/g,
  inertInCode: false,
  read: (match, range) => promptVariable(match[1]!, match[0], range),
};

const fileReferences: References = {
  pattern: /(?<![\w`])#file:([\w.~/@-]*\w)/g,
  inertInCode: true,
  read: (match, range) => ({ kind: "include", range, target: match[1]!, resolved: null }),
};

/** An `@path` counts where it can only mean a file: alone on its line, or with a path's beginning or a file's ending. */
const imports: References = {
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

const commandArguments: References = {
  pattern: /\$(ARGUMENTS|[1-9])\b(?:\[\d{1,3}\])?/g,
  inertInCode: false,
  read: (match, range) => hole(match[1]!, match[0], range, behindCommand),
};

/** Codex fills in names in capitals too: `/prompts:ship FILES=…`. */
const namedArguments: References = {
  pattern: /\$([A-Z][A-Z0-9_]*|[1-9])\b/g,
  inertInCode: false,
  read: (match, range) => hole(match[1]!, match[0], range, behindCommand),
};

/** A skill is given arguments only where a person calls it; digits behind `$` are mostly those of its scripts. */
const skillArguments: References = {
  pattern: /\$(ARGUMENTS)\b(?:\[\d{1,3}\])?/g,
  inertInCode: false,
  read: (match, range) => hole(match[1]!, match[0], range, behindCommand),
};

/** The output of a command is put in where the text is sent: on its line, or of a block of code that `!` marks. */
const commandOutput: References = {
  pattern: /(?<![\w`!\\])!`([^`\n]{1,1000})`|^```!\r?\n((?:(?!```)[^\n]*\n){1,100})```/gm,
  inertInCode: false,
  read: (match, range) => outputHole(match[1] ?? match[2]!, range),
};

/** What the harness says of itself. */
const harnessNames: References = {
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

/** Where people's commands lie, by whose they are. */
const commandFolder = /(?:^|\/)\.(claude|opencode|codex)\/(?:commands?|prompts)\//;

function referencesOf(path: string): readonly References[] {
  const name = baseName(path).toLowerCase();
  if (name.endsWith(".prompt.md")) return [promptVariables, fileReferences];
  if (/^(?:claude|gemini)(?:\.local)?\.md$/.test(name)) return [imports];
  const [, tool] = commandFolder.exec(path) ?? [];
  if (tool === "codex") return [namedArguments];
  if (tool === "claude" || pluginParts.test(path))
    return [commandArguments, commandOutput, harnessNames, imports];
  if (tool !== undefined) return [commandArguments, commandOutput, imports];
  if (/(?:^|\/)\.claude\/skills\//.test(path)) {
    return name === "skill.md" ? [skillArguments, commandOutput, harnessNames] : [];
  }
  if (/\.(?:instructions|agent|chatmode)\.md$/.test(name) || name === "copilot-instructions.md") {
    return [fileReferences];
  }
  return [];
}

/** Cuts the body at its references; two that overlap count once. */
function cut(source: string, start: number, references: readonly References[]): readonly Segment[] {
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

function usageOf(path: string): Template["usage"] {
  const name = baseName(path).toLowerCase();
  if (name.endsWith(".prompt.md")) return "request";
  return folders(path).some((folder) => /^(?:commands?|prompts)$/.test(folder)) ? "request" : "instructions";
}

function nameOf(path: string, title: string | null): string {
  const name = baseName(path);
  if (title !== null) return title;
  // Every skill is called SKILL.md: its folder tells which one it is.
  return name.toLowerCase() === "skill.md" ? (folders(path).at(-1) ?? name) : name;
}

function parse(document: SourceDocument): Parsed<readonly Template[]> {
  const { path, text } = document;
  const { value: front, problems } = readFrontmatter(text);
  const isBare =
    (folders(path).at(-1) === "skills" && baseName(path).toLowerCase() !== "skill.md") ||
    pluginParts.test(path);
  if (isBare && front.range === null && !folders(path).some((folder) => folder.startsWith("."))) {
    return { value: [], problems: [] };
  }
  const directives = readHtmlDirectives(text);
  const scopes = readFrontmatterScopes(text, front);
  const declarations = new Map([...scopes.value, ...directives.value]);
  const segments = cut(text, front.bodyStart, referencesOf(path));
  const template: Template = {
    id: path,
    path,
    format: markdownInstructions.id,
    name: nameOf(path, textValue(front.values, "name")),
    range: { start: front.bodyStart, end: text.length },
    usage: usageOf(path),
    segments: declareSegments(segments, declarations, declaredHere),
    samples: new Map(),
    declarations,
  };
  return { value: [template], problems: [...problems, ...scopes.problems, ...directives.problems] };
}

export const markdownInstructions: TemplateFormat = {
  id: "markdown-instructions",
  name: "Markdown instructions",
  takesMarks: true,
  declaring: inFrontmatter,
  isReadByAgent: true,
  matches,
  parse,
};
