/** Puts the templates that others include in their places, across a workspace. */
import { drain, every } from "../core/steps.ts";
import { readJsonData } from "./data/json.ts";
import { type DataNode, itemsOf, type TextNode, valueAt } from "./data/nodes.ts";
import { PromptBuilder } from "./data/prompt-builder.ts";
import { readTomlData } from "./data/toml.ts";
import { readYamlData } from "./data/yaml.ts";
import {
  type ForwardedRequest,
  type ModuleMembers,
  noTools,
  type ParseTools,
  type SourceDocument,
  type TemplateFormat,
} from "./format.ts";
import { candidatesFor } from "./include-paths.ts";
import { baseName, folders, splitWords, stemOf } from "./names.ts";
import { isOpenPath, withParameters } from "./open-path.ts";
import { findFormat } from "./registry.ts";
import { declareSegments } from "./scope-inference.ts";
import { mapSegments, sliceText } from "./segments.ts";
import type {
  GivenTexts,
  ImportedTool,
  IncludeSegment,
  MemberReference,
  ReadFile,
  ReplacedText,
  Segment,
  Template,
  ToolDefinition,
} from "./template.ts";
import type { Problem, TextRange } from "./text.ts";

/** Any document of the workspace by its path, prompts or not; `null` when there is none. */
export type DocumentLookup = (path: string) => SourceDocument | null;

export type MemberCache = WeakMap<SourceDocument, ModuleMembers>;

export interface IncludeOptions {
  readonly tools?: ParseTools;
  /** What files of code export, by document: whoever resolves again and again keeps it. */
  readonly members?: MemberCache;
  /** Folders, workspace-relative, that includes are also looked up in. The folders above a file always count. */
  readonly roots?: readonly string[];
}

export interface ResolvedTemplates {
  /** The given templates in their order, with their includes filled in and their usage settled. */
  readonly templates: readonly Template[];
  /** By path of the document that they are in. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
  /** For every path the paths that it includes itself: who must be read again when one of them changes. */
  readonly includes: ReadonlyMap<string, ReadonlySet<string>>;
  /** Paths that were looked up in vain: any of them that exists belongs to the workspace's documents too. */
  readonly missing: ReadonlySet<string>;
}

/** Longer chains and larger sums than any prompt has: reached only by accident or by malice. */
const maxDepth = 64;
const maxUnits = 1_000_000;
/** Calls of functions of other files that are filled in one by one. */
const mostCalls = 5000;
/** What a hole or an include counts: it takes as much work as a few hundred characters, tokenized and replayed. */
const unitsPerPlace = 250;

export function resolveIncludes(
  templates: readonly Template[],
  lookup: DocumentLookup,
  options: IncludeOptions = {},
): ResolvedTemplates {
  return drain(includeSteps(templates, lookup, options));
}

/** Templates between two steps, so that a step takes a few milliseconds. */
const stepTemplates = 64;

/** The same in steps. */
export function* includeSteps(
  templates: readonly Template[],
  lookup: DocumentLookup,
  options: IncludeOptions = {},
): Generator<void, ResolvedTemplates, void> {
  const told = templates.map((template) => withCompanion(template, lookup));
  const resolver = new Resolver(told, lookup, options);
  yield;
  const isTime = every(stepTemplates);
  const resolved: Template[] = [];
  for (const template of told) {
    const segments = resolver.segmentsOf(template);
    const filled = segments === template.segments ? template : { ...template, segments };
    resolved.push(template.importedTools === undefined ? filled : resolver.withTools(filled));
    if (isTime(1)) yield;
  }
  return {
    templates: resolved
      .filter((one) => resolver.withFiles.has(one.id) || saysAnything(one))
      .filter((one) => !resolver.unsent.has(one.id) || holdsText(one.segments))
      .map((template) => settleUsage(template, resolver)),
    problems: resolver.problems,
    includes: resolver.includes,
    missing: resolver.missing,
  };
}

/**
 * False for a call of code of which nothing is left but values that only a run knows: what it imports gave no text, and it sends
 * a prompt that is written elsewhere.
 */
function saysAnything({ format, segments, tools = [] }: Template): boolean {
  return memberReader(format) === undefined || tools.length > 0 || holdsText(segments);
}

function holdsText(segments: readonly Segment[]): boolean {
  return segments.some((segment) => {
    if (segment.kind === "text") return /\p{L}/u.test(segment.text);
    if (segment.kind === "block") return holdsText(segment.body) || holdsText(segment.otherwise);
    return segment.kind === "include" && (segment.resolved === null || holdsText(segment.resolved.segments));
  });
}

/** The template with what a document beside it says of it. */
function withCompanion(template: Template, lookup: DocumentLookup): Template {
  const companion = companionOf(template);
  const document = companion === undefined ? null : lookup(template.path);
  const beside = companion === undefined ? null : lookup(companion.pathFor(template.path));
  if (companion === undefined || document === null || beside === null) return template;
  return companion.read(document, beside) ?? template;
}

function companionOf({ format }: Template): TemplateFormat["companion"] {
  return findFormat(format)?.companion;
}

/**
 * A template that another includes is a part of it, unless its name says that it is sent by itself too:
 * a `system_prompt.j2` that longer variants build on is both.
 */
function settleUsage(template: Template, { included, imported, named }: Resolver): Template {
  if (imported.has(template.id)) return { ...template, usage: "partial" };
  if (template.usage === "partial" || findFormat(template.format)?.isReadByAgent === true) return template;
  if (named.has(template.path)) return { ...template, usage: "partial" };
  const words = splitWords(stemOf(template.path));
  const segments = withoutDefaultRole(template.segments);
  const isWhole = words.some((word) => wholeWords.has(word)) || segments.some(isMarker);
  return included.has(template.path) && !isWhole ? { ...template, usage: "partial", segments } : template;
}

/** The role that a format gives to text without one: it holds for a whole prompt, not for a part of another. */
export function withoutDefaultRole(segments: readonly Segment[]): readonly Segment[] {
  const [first, ...rest] = segments;
  return first?.kind === "marker" && first.range.start === first.range.end ? rest : segments;
}

const wholeWords = new Set(["system", "prompt", "agent", "chat", "user", "instructions", "main"]);

function isMarker(segment: Segment): boolean {
  return segment.kind === "marker";
}

/** Slot of a Handlebars partial that stands for the block it is called with, and what renders where there is no partial. */
const partialBlock = "@partial-block";

const declaredByIncluder = "declared in the template that includes this one";

interface Resolved {
  readonly path: string;
  readonly segments: readonly Segment[];
}

class Resolver {
  readonly problems = new Map<string, Problem[]>();
  readonly includes = new Map<string, Set<string>>();
  /** Paths that some other template includes. */
  readonly included = new Set<string>();
  /** Ids of templates that stand for a value of code which another file imports. */
  readonly imported = new Set<string>();
  /** Paths of files that a data file names as its prompts, and that count there: the prompts of a test suite. */
  readonly named = new Set<string>();
  readonly missing = new Set<string>();
  /** Ids of templates of code that read files which are not seen: they say what stands there. */
  readonly withFiles = new Set<string>();
  /** Ids of templates that may stand for what another function sends, which is not seen: then they are none. */
  readonly unsent = new Set<string>();
  readonly #templates = new Map<string, Template>();
  /** Templates that others use by their name alone, by format and name. */
  readonly #parts = new Map<string, Template[]>();
  readonly #lookup: DocumentLookup;
  readonly #roots: readonly string[];
  readonly #tools: ParseTools;
  readonly #done = new Map<string, readonly Segment[]>();
  readonly #units = new Map<string, number>();
  readonly #members: MemberCache;
  #calls = 0;
  /** Paths that are being filled in, outermost first. */
  readonly #open: string[] = [];

  constructor(templates: readonly Template[], lookup: DocumentLookup, options: IncludeOptions) {
    this.#lookup = lookup;
    this.#tools = options.tools ?? noTools;
    this.#members = options.members ?? new WeakMap();
    this.#roots = (options.roots ?? []).map((root) => root.replace(/^\.\/|\/$/g, ""));
    for (const template of templates) {
      this.#templates.set(template.id, template);
      if (template.usage === "partial" || memberReader(template.format) !== undefined) {
        const key = partKey(template.format, template.name);
        this.#parts.set(key, [...(this.#parts.get(key) ?? []), template]);
      }
      const beside = companionOf(template)?.pathFor(template.path);
      if (beside !== undefined) this.#addCompanion(template.path, beside);
      if (memberReader(template.format) !== undefined) {
        this.#templates.set(memberId(template.path, template.name), template);
      }
    }
  }

  segmentsOf(template: Template): readonly Segment[] {
    const done = this.#done.get(template.id);
    if (done !== undefined) return done;
    const segments = holdsIncludes(template.segments) ? this.#filled(template) : template.segments;
    this.#done.set(template.id, segments);
    return segments;
  }

  #filled(template: Template): readonly Segment[] {
    this.#open.push(template.id);
    const segments = this.#fill(template.segments, template);
    this.#open.pop();
    return segments;
  }

  /** Characters and holes of a template that was filled in, with all its includes. */
  #unitsOf(template: Template): number {
    let units = this.#units.get(template.id);
    if (units === undefined) {
      units = this.#count(this.segmentsOf(template));
      this.#units.set(template.id, units);
    }
    return units;
  }

  #fill(segments: readonly Segment[], template: Template): readonly Segment[] {
    return mapSegments(segments, (segment) => {
      if (segment.kind !== "include") return segment;
      if (segment.resolved !== null) {
        const { path, segments: inner } = segment.resolved;
        return { ...segment, resolved: { path, segments: this.#fill(inner, template) } };
      }
      if (segment.target === "super()") return segment;
      // A path with a part that nobody gave here.
      if (segment.member?.file !== undefined && isOpenPath(segment.member.name))
        return segment.member.otherwise;
      const overrides = this.#fillOverrides(segment, template);
      const resolved = this.#resolve(segment, template);
      if (resolved === null) return this.#unresolved(segment, template, overrides);
      const filled = overrides === null ? resolved.segments : fillSlots(resolved, overrides, template.path);
      // What the includer declares holds for the data that both share.
      const inner = declareSegments(filled, template.declarations ?? new Map(), declaredByIncluder);
      return { ...segment, resolved: { path: resolved.path, segments: inner } };
    });
  }

  /** An agent gets a reference that leads nowhere as the text that it is; engines render the block or nothing. */
  #unresolved(
    segment: IncludeSegment,
    template: Template,
    overrides: ReadonlyMap<string, readonly Segment[]> | null,
  ): Segment {
    const { range, member } = segment;
    if (member?.file !== undefined) this.withFiles.add(template.id);
    if (member?.sends !== undefined) this.unsent.add(template.id);
    if (member !== undefined) return member.otherwise;
    const block = overrides?.get(partialBlock);
    if (block !== undefined) return { ...segment, resolved: { path: template.path, segments: block } };
    if (findFormat(template.format)?.isReadByAgent !== true) return segment;
    const text = this.#lookup(template.path)?.text.slice(range.start, range.end) ?? "";
    return text === "" ? segment : { kind: "text", range, text };
  }

  #fillOverrides(
    segment: IncludeSegment,
    template: Template,
  ): ReadonlyMap<string, readonly Segment[]> | null {
    if (segment.overrides === undefined) return null;
    return new Map([...segment.overrides].map(([slot, body]) => [slot, this.#fill(body, template)]));
  }

  #resolve(segment: IncludeSegment, template: Template): Resolved | null {
    const { range, target } = segment;
    const included = this.#find(segment, template);
    if (included === null) return null;
    this.#addInclude(template.path, included.path, segment.member === undefined);
    if (template.engine !== undefined && template.segments.length === 1) this.named.add(included.path);
    if (segment.member !== undefined) {
      this.imported.add(included.id);
      const written = this.#templates.get(memberId(included.path, included.name));
      if (written !== undefined) this.imported.add(written.id);
    }
    if (this.#open.includes(included.id)) {
      const chain = [...this.#open.slice(this.#open.indexOf(included.id)), included.id]
        .map(shortName)
        .join(" → ");
      return this.#problem(
        template,
        range,
        `\`${target}\` includes itself (${chain}): remove one of these includes.`,
      );
    }
    if (this.#open.length >= maxDepth) {
      return this.#problem(
        template,
        range,
        `Includes are nested more than ${maxDepth} deep here: shorten the chain.`,
      );
    }
    const own = this.#called(segment, included, template) ?? this.segmentsOf(included);
    const sent = namesOf(segment.member?.sends, included);
    const segments =
      sent === undefined
        ? this.#withFile(own, segment.member?.file, included.path, template.path)
        : withGiven(own, sent, template.path);
    if (this.#unitsOf(included) > maxUnits) {
      return this.#problem(
        template,
        range,
        `\`${target}\` grows beyond ${maxUnits} characters with all its includes.`,
      );
    }
    return { path: included.path, segments: withoutDefaultRole(segments) };
  }

  /** What a function gives for what a call gives it; `null` where that is nothing that it tells by itself. */
  #called(segment: IncludeSegment, included: Template, template: Template): readonly Segment[] | null {
    const given = namesOf(segment.member?.called, included);
    if (given === undefined || given.size === 0 || this.#calls >= mostCalls) return null;
    this.#calls++;
    const values = new Map([...given].map(([name, value]) => [name, this.#fill(value, template)] as const));
    const own = mapSegments(included.segments, (one) =>
      one.kind === "include" ? withValues(one, values) : one,
    );
    this.#open.push(included.id);
    const filled = this.#fill(own, included);
    this.#open.pop();
    return withGiven(filled, values, template.path);
  }

  /** What a file says that code reads, with what the code puts into it. */
  #withFile(
    segments: readonly Segment[],
    file: ReadFile | undefined,
    path: string,
    importer: string,
  ): readonly Segment[] {
    if (file === undefined) return segments;
    const given = file.given.size === 0 ? segments : withGiven(segments, file.given, importer);
    const { replaced = [] } = file;
    const source = replaced.length === 0 ? "" : (this.#lookup(path)?.text ?? "");
    return replaced.reduce((all, each) => withReplaced(all, each, { source, path: importer }), given);
  }

  #find(segment: IncludeSegment, template: Template): Template | null {
    const { range, target, member } = segment;
    if (member?.file !== undefined) return this.#findFile(member.name, member.file, template);
    if (member?.module === null) return this.#nearest(member, template);
    const { candidates, escapes } = this.#candidates(member?.module ?? target, template);
    for (const path of candidates) {
      const found =
        member === undefined
          ? this.#read(path, engineOf(template))
          : member.sends === undefined
            ? this.#readMember(path, member.name, template)
            : this.#readRequest(path, member.name, template);
      if (found !== null) return found;
      if (member === undefined || this.#lookup(path) === null) this.missing.add(path);
    }
    // Most of what code imports are no texts, and of packages that are installed elsewhere.
    if (member !== undefined && !escapes) return null;
    if (segment.optional === true || segment.overrides?.has(partialBlock)) return null;
    const message = escapes
      ? `\`${target}\` lies outside the workspace: what it holds does not count here.`
      : `\`${target}\` is none of the files that were read in this folder or those above it: what it holds does not count here. Correct the path if it is wrong.`;
    return this.#problem(template, range, message, "warning");
  }

  /** A file that code reads, by a path from its own folder, from one above, or from a folder of templates in these. */
  #findFile(name: string, file: ReadFile, { path: importer }: Template): Template | null {
    const { candidates } = candidatesFor(name, importer, this.#roots, filesRead);
    for (const path of candidates) {
      const found = this.#readFile(path, file);
      if (found !== null) return found;
      this.missing.add(path);
    }
    return null;
  }

  /** The template that the file is by itself; else its text, with places where the code gives something for them. */
  #readFile(path: string, { engine, given, keys = [] }: ReadFile): Template | null {
    if (keys.length > 0) return this.#readKey(path, keys);
    if (engine !== null) return this.#read(path, engine);
    const known = this.#templates.get(path);
    if (known !== undefined) return known;
    const document = this.#lookup(path);
    if (document === null) return null;
    if (given.size > 0) return this.#read(path, "plain-text");
    const id = `${path} as text`;
    const range = { start: 0, end: document.text.length };
    const read: Template = this.#templates.get(id) ?? {
      id,
      path,
      format: "plain-text",
      name: baseName(path),
      range,
      usage: "partial",
      segments: range.end === 0 ? [] : [{ kind: "text", range, text: document.text }],
      samples: new Map(),
    };
    this.#templates.set(id, read);
    return read;
  }

  /** The template that stands at a key of a file of data; else the text there. */
  #readKey(path: string, keys: readonly string[]): Template | null {
    const document = this.#lookup(path);
    if (document === null) return null;
    const key = keys.join(".");
    const known = this.#templates.get(`${path}#${key}`);
    if (known !== undefined) return known;
    const node = keys.reduce<DataNode | null>(
      (at, name) => (at?.kind === "list" ? (itemsOf(at)[Number(name)] ?? null) : valueAt(at, name)),
      rootOf(document),
    );
    if (node?.kind !== "text") return null;
    const id = `${path}#${key} as text`;
    const prompt = this.#templates.get(id) ?? textAtKey(path, id, key, node);
    this.#templates.set(id, prompt);
    return prompt;
  }

  /** The engine that renders a template renders what it includes too, whatever that file would be by itself. */
  #read(path: string, engine: string): Template | null {
    const known = this.#templates.get(path);
    if (known !== undefined && engineOf(known) === engine) return known;
    const id = `${path} as ${engine}`;
    const read = this.#templates.get(id);
    if (read !== undefined) return read;
    const document = this.#lookup(path);
    const format = findFormat(engine);
    const parsed = document === null ? undefined : format?.parse(document, this.#tools).value[0];
    if (parsed === undefined) return null;
    const template: Template = { ...parsed, id, path };
    this.#templates.set(id, template);
    return template;
  }

  /** Of the templates that have a name in this format, the one that shares the most folders. */
  #nearest({ name, folder }: MemberReference, { path, format }: Template): Template | null {
    const isInFolder = (one: Template) => folder === undefined || folders(one.path).at(-1) === folder;
    const nearness = (one: Template) =>
      one.path === path ? Number.POSITIVE_INFINITY : sharedFolders(one.path, path);
    const named = (this.#parts.get(partKey(format, name)) ?? []).filter(isInFolder);
    return named.toSorted((a, b) => nearness(b) - nearness(a))[0] ?? null;
  }

  #candidates(target: string, { path, format }: Pick<Template, "path" | "format">) {
    return candidatesFor(target, path, this.#roots, findFormat(format)?.filesOf);
  }

  #readMember(path: string, name: string, importer: Template): Template | null {
    // What a function tells of its parameters stands with the members alone.
    const find: FindMember<Template> = (at, { byName }) => {
      const member = byName.get(name);
      return member?.takes === undefined ? (this.#templates.get(memberId(at, name)) ?? member) : member;
    };
    return this.#findMember(path, importer, find, new Set());
  }

  #readRequest(path: string, name: string, importer: Template): Template | null {
    const find: FindMember<Template> = (_, { requests }) => requests.get(name);
    return this.#findMember(path, importer, find, new Set());
  }

  /** What a module has or passes on; `seen` are the modules that have been asked for it. */
  #findMember<T>(path: string, importer: Template, find: FindMember<T>, seen: Set<string>): T | null {
    if (seen.has(path)) return null;
    seen.add(path);
    const { format } = importer;
    const members = this.#membersOf(path, format);
    const own = find(path, members);
    if (own !== undefined) return own;
    for (const module of members.passedOn) {
      for (const candidate of this.#candidates(module, { path, format }).candidates) {
        if (this.#lookup(candidate) === null) this.missing.add(candidate);
        const found = this.#findMember(candidate, importer, find, seen);
        if (found === null) continue;
        this.#addInclude(importer.path, path, false);
        return found;
      }
    }
    return null;
  }

  /** The template with the tools that it imports, where they are known, among those that are written in its file. */
  withTools(template: Template): Template {
    const { importedTools = [], ...rest } = template;
    const tools = [...(template.tools ?? [])];
    let added = 0;
    for (const imported of importedTools) {
      const found = this.#toolsOf(imported, template);
      tools.splice(imported.after + added, 0, ...found);
      added += found.length;
      if (found.length === 0) this.#sayUnread(imported, template);
    }
    return tools.length === 0 ? rest : { ...rest, tools };
  }

  #sayUnread({ name, range }: ImportedTool, template: Template): void {
    const message = `What \`${name}\` offers as a tool is not known and not counted, though tools stand in front of everything: its module was not found, or does not say it.`;
    if (this.#tools !== noTools) this.#problem(template, range, message, "information");
  }

  #toolsOf({ module, name, calledAs }: ImportedTool, template: Template): readonly ToolDefinition[] {
    const find: FindMember<readonly ToolDefinition[]> = (_, { tools }) => tools.get(name);
    for (const path of this.#candidates(module, template).candidates) {
      const found = this.#findMember(path, template, find, new Set());
      if (found !== null) {
        this.#addInclude(template.path, path, false);
        return calledAs === null ? found : found.map((tool) => renamedTool(tool, calledAs));
      }
      if (this.#lookup(path) === null) this.missing.add(path);
    }
    return [];
  }

  #membersOf(path: string, format: string): ModuleMembers {
    const document = this.#lookup(path);
    if (document === null) return noMembers;
    const known = this.#members.get(document);
    if (known !== undefined) return known;
    const found = memberReader(format)?.(document, this.#tools) ?? noMembers;
    this.#members.set(document, found);
    return found;
  }

  #addCompanion(path: string, beside: string): void {
    if (this.#lookup(beside) === null) this.missing.add(beside);
    else this.#addInclude(path, beside, false);
  }

  #addInclude(path: string, target: string, isWhole: boolean): void {
    const targets = this.includes.get(path) ?? new Set<string>();
    targets.add(target);
    this.includes.set(path, targets);
    if (path !== target && isWhole) this.included.add(target);
  }

  #problem(
    template: Template,
    range: TextRange,
    message: string,
    severity: Problem["severity"] = "error",
  ): null {
    const problems = this.problems.get(template.path) ?? [];
    problems.push({ range, severity, message });
    this.problems.set(template.path, problems);
    return null;
  }

  /** Characters and holes with all includes; what was resolved is not walked again. */
  #count(segments: readonly Segment[]): number {
    let units = 0;
    for (const segment of segments) {
      if (segment.kind === "text") {
        units += segment.text.length;
        continue;
      }
      units += unitsPerPlace;
      if (segment.kind === "block") units += this.#count(segment.body) + this.#count(segment.otherwise);
      else if (segment.kind === "include" && segment.resolved !== null) {
        const { path, segments: inner } = segment.resolved;
        units += this.#done.get(path) === inner ? (this.#units.get(path) ?? 0) : this.#count(inner);
      }
    }
    return units;
  }
}

const withIncludes = new WeakMap<readonly Segment[], boolean>();

/** Asked of the same segments at every key that is pressed. */
function holdsIncludes(segments: readonly Segment[]): boolean {
  let holds = withIncludes.get(segments);
  if (holds === undefined) {
    holds = segments.some(
      (segment) =>
        segment.kind === "include" ||
        (segment.kind === "block" && (holdsIncludes(segment.body) || holdsIncludes(segment.otherwise))),
    );
    withIncludes.set(segments, holds);
  }
  return holds;
}

/** What a call gives, by the names of the parameters of the function that sends it. */
function namesOf(
  sends: GivenTexts | undefined,
  request: Template & Partial<Pick<ForwardedRequest, "takes">>,
): ReadonlyMap<string, readonly Segment[]> | undefined {
  if (sends === undefined) return undefined;
  const byPlace = sends.positional.flatMap(
    (given, at): readonly (readonly [string, readonly Segment[]])[] => {
      const name = request.takes?.[at] ?? "";
      return name === "" ? [] : [[name, given]];
    },
  );
  // An object of options that is the last argument: `porter({ house })`.
  const last = request.takes?.[sends.positional.length] ?? "";
  const byOption =
    last === "" ? [] : [...sends.named].map(([name, given]) => [`${last}.${name}`, given] as const);
  return new Map([...byPlace, ...byOption, ...sends.named]);
}

/** A file whose path a function is given, and a call that hands on what the function is given. */
function withValues(
  segment: IncludeSegment,
  values: ReadonlyMap<string, readonly Segment[]>,
): IncludeSegment {
  const { member, resolved } = segment;
  if (resolved !== null) {
    const segments = mapSegments(resolved.segments, (one) =>
      one.kind === "include" ? withValues(one, values) : one,
    );
    return { ...segment, resolved: { ...resolved, segments } };
  }
  if (member === undefined) return segment;
  const filled = (all: readonly Segment[]) => withGiven(all, values, "");
  const name = withParameters(member.name, (parameter) => textOf(values.get(parameter) ?? []));
  const file = member.file && { ...member.file, given: mapValues(member.file.given, filled) };
  const called = member.called && {
    positional: member.called.positional.map(filled),
    named: mapValues(member.called.named, filled),
  };
  return {
    ...segment,
    target: name,
    member: { ...member, name, ...(file && { file }), ...(called && { called }) },
  };
}

function mapValues<K, V>(map: ReadonlyMap<K, V>, change: (value: V) => V): ReadonlyMap<K, V> {
  return new Map([...map].map(([key, value]) => [key, change(value)] as const));
}

/** What the segments say; `null` where a part of it is not known, or where they say nothing. */
function textOf(segments: readonly Segment[]): string | null {
  const parts = segments.map((segment) => {
    if (segment.kind === "text") return segment.text;
    return segment.kind === "include" && segment.resolved !== null ? textOf(segment.resolved.segments) : null;
  });
  return parts.length === 0 || parts.includes(null) ? null : parts.join("");
}

/** With what code gives for places: a text stands in the place of its hole, a value tells how often the hole changes. */
function withGiven(
  segments: readonly Segment[],
  given: ReadonlyMap<string, readonly Segment[]>,
  path: string,
): readonly Segment[] {
  return mapSegments(segments, (segment): Segment => {
    if (segment.kind === "include" && segment.resolved !== null) {
      const { path: inner, segments: all } = segment.resolved;
      return { ...segment, resolved: { path: inner, segments: withGiven(all, given, path) } };
    }
    if (segment.kind !== "hole" && segment.kind !== "block") return segment;
    const value = given.get(segment.name);
    const [only, ...others] = value ?? [];
    if (value === undefined) return segment;
    if (only?.kind === "hole" && others.length === 0) {
      // Of a value of which nothing is known the name of the place says more.
      const saysMore = only.scope.basis === "unknown" && segment.scope.basis !== "unknown";
      return saysMore ? segment : { ...segment, scope: only.scope };
    }
    if (segment.kind === "block") return segment;
    return {
      kind: "include",
      range: segment.range,
      target: segment.name,
      resolved: { path, segments: value },
    };
  });
}

/** With what code puts in the place of a text: of a place that is written so, or of the text as it stands. */
function withReplaced(
  segments: readonly Segment[],
  { text, isGlobal, value }: ReplacedText,
  { source, path }: { readonly source: string; readonly path: string },
): readonly Segment[] {
  let left = isGlobal ? Number.POSITIVE_INFINITY : 1;
  const name = /[\p{L}_][\p{L}\p{N}_.]*/u.exec(text)?.[0] ?? text;
  const put = (range: TextRange): Segment => {
    left--;
    const [only, ...others] = value;
    if (only?.kind === "hole" && others.length === 0) return { ...only, name, range };
    return { kind: "include", range, target: name, resolved: { path, segments: value } };
  };
  return mapSegments(segments, (segment): readonly Segment[] => {
    const { range } = segment;
    if (left > 0 && segment.kind === "hole" && source.slice(range.start, range.end) === text)
      return [put(range)];
    if (segment.kind !== "text" || !segment.text.includes(text)) return [segment];
    const parts: Segment[] = [];
    let from = 0;
    for (
      let next = segment.text.indexOf(text);
      next >= 0 && left > 0;
      next = segment.text.indexOf(text, from)
    ) {
      if (next > from) parts.push(sliceText(segment, from, next));
      parts.push(put(sliceText(segment, next, next + text.length).range));
      from = next + text.length;
    }
    if (from < segment.text.length) parts.push(sliceText(segment, from, segment.text.length));
    return parts;
  });
}

/** What a file of data holds; `null` for one in another language. */
function rootOf({ path, text }: SourceDocument): DataNode | null {
  if (/\.ya?ml$/i.test(path)) return readYamlData(text).value[0] ?? null;
  if (/\.json[5c]?$/i.test(path)) return readJsonData(text).value;
  return /\.toml$/i.test(path) ? readTomlData(text).value : null;
}

/** A text of a file of data, in the engine that it speaks of. */
function textAtKey(path: string, id: string, name: string, node: TextNode): Template {
  const builder = new PromptBuilder(path);
  builder.text(node);
  const { range, segments, declarations } = builder.build();
  const samples = new Map<string, string>();
  return { id, path, format: "plain-text", name, range, usage: "partial", segments, samples, declarations };
}

/** Folders that templates lie in, for code that names them from there. */
function filesRead(target: string): readonly string[] {
  const folders = ["", "templates/", "prompts/", "resources/", "src/main/resources/"];
  return folders.map((folder) => folder + target);
}

/** A template that is extended, with the parts of the one that extends it in its slots. */
function fillSlots(
  base: Resolved,
  overrides: ReadonlyMap<string, readonly Segment[]>,
  path: string,
): readonly Segment[] {
  return mapSegments(base.segments, (segment) => {
    if (segment.kind !== "include" || segment.resolved === null) return segment;
    const own = segment.slot === undefined ? undefined : overrides.get(segment.slot);
    if (own !== undefined) {
      return { ...segment, resolved: { path, segments: withSuper(own, segment.resolved) } };
    }
    const { path: innerPath, segments } = segment.resolved;
    return {
      ...segment,
      resolved: { path: innerPath, segments: fillSlots({ path: innerPath, segments }, overrides, path) },
    };
  });
}

/** `super()` stands for what the slot held before. */
function withSuper(segments: readonly Segment[], before: Resolved): readonly Segment[] {
  return mapSegments(segments, (segment) =>
    segment.kind === "include" && segment.target === "super()" && segment.resolved === null
      ? { ...segment, resolved: before }
      : segment,
  );
}

function partKey(format: string, name: string): string {
  return `${format} ${name}`;
}

function sharedFolders(first: string, second: string): number {
  const others = folders(second);
  const end = folders(first).findIndex((folder, index) => folder !== others[index]);
  return end < 0 ? folders(first).length : end;
}

/** What is looked for in a module; `undefined` where it has none of it. */
type FindMember<T> = (path: string, members: ModuleMembers) => T | undefined;

/** A tool under the name that an object of tools gives it. */
function renamedTool({ name, json, ...tool }: ToolDefinition, calledAs: string): ToolDefinition {
  const [own, given] = [JSON.stringify(name), JSON.stringify(calledAs)];
  return { ...tool, name: calledAs, json: json.replace(`"name":${own}`, () => `"name":${given}`) };
}

const noMembers: ModuleMembers = { byName: new Map(), tools: new Map(), requests: new Map(), passedOn: [] };

function memberReader(format: string): TemplateFormat["members"] {
  return findFormat(format)?.members;
}

/** Id of a value of code, by its name in its module. */
function memberId(path: string, name: string): string {
  return `${path}:${name}`;
}

/** Some formats have a language of others (Prompty: Jinja2); YAML and JSON hold templates of many. */
function engineOf({ format, engine }: Template): string {
  return engine ?? findFormat(format)?.engine ?? format;
}

/** The file name of a template id. */
function shortName(id: string): string {
  return baseName(id.replace(/ as [a-z-]+$/, ""));
}
