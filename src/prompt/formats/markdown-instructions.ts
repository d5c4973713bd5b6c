/** Markdown that is sent as it stands: instruction files of agents, skills, rules, and prompt files. */
import {
  commandArguments,
  commandOutput,
  cutAtReferences,
  fileReferences,
  harnessNames,
  imports,
  namedArguments,
  promptVariables,
  type References,
  skillArguments,
} from "../agent-references.ts";
import { inFrontmatter, readFrontmatterScopes, readHtmlDirectives } from "../directives.ts";
import type { SourceDocument, TemplateFormat } from "../format.ts";
import { readFrontmatter, textValue } from "../frontmatter.ts";
import { baseName, folders, isDocumentation, isInManual } from "../names.ts";
import { declaredHere, declareSegments } from "../scope-inference.ts";
import type { Template } from "../template.ts";
import type { Parsed, Problem } from "../text.ts";

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
const pluginParts = /(?:^|\/)plugins\/[^/]+\/(commands|agents)\//;

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

/** Where people's commands lie, by whose they are. */
const commandFolder = /(?:^|\/)\.(claude|opencode|codex)\/(?:commands?|prompts)\//;

function referencesOf(path: string): readonly References[] {
  const name = baseName(path).toLowerCase();
  if (name.endsWith(".prompt.md")) return [promptVariables, fileReferences];
  if (/^(?:claude|gemini)(?:\.local)?\.md$/.test(name)) return [imports];
  const [, tool] = commandFolder.exec(path) ?? [];
  if (tool === "codex") return [namedArguments];
  const [, part] = pluginParts.exec(path) ?? [];
  if (tool === "claude" || part === "commands") {
    return [commandArguments, commandOutput, harnessNames, imports];
  }
  if (part !== undefined) return [harnessNames];
  if (tool !== undefined) return [commandArguments, commandOutput, imports];
  if (/(?:^|\/)\.claude\/skills\//.test(path)) {
    return name === "skill.md" ? [skillArguments, commandOutput, harnessNames] : [];
  }
  if (/\.(?:instructions|agent|chatmode)\.md$/.test(name) || name === "copilot-instructions.md") {
    return [fileReferences];
  }
  return [];
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

/**
 * Agents, commands and skills whose harness takes what stands behind `key:` as it is: a description with colons in it is no
 * YAML, and works (anthropics/claude-code `plugins` has ten).
 */
function isReadByLine(path: string): boolean {
  const owners = /^(?:agents?|commands?|droids)$/;
  return baseName(path).toLowerCase() === "skill.md" || folders(path).some((folder) => owners.test(folder));
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
  const body = { start: front.bodyStart, end: text.length };
  const segments = cutAtReferences(text, body, referencesOf(path));
  const template: Template = {
    id: path,
    path,
    format: markdownInstructions.id,
    name: nameOf(path, textValue(front.values, "name")),
    range: body,
    usage: usageOf(path),
    segments: declareSegments(segments, declarations, declaredHere),
    samples: new Map(),
    declarations,
  };
  const severity = isReadByLine(path) ? "information" : "error";
  const ofFront = problems.map((problem): Problem => ({ ...problem, severity }));
  return { value: [template], problems: [...ofFront, ...scopes.problems, ...directives.problems] };
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
