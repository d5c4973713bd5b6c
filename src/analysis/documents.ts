/** The workspace as the pipeline remembers it: documents, and what parsing them gave, kept until their text changes. */
import { type Composed, composeApplications, partPaths } from "../config/applications.ts";
import { type Config, configFileName, emptyConfig } from "../config/config.ts";
import { parseConfig } from "../config/parse-config.ts";
import {
  configuredTemplate,
  createFormatAssignment,
  createPathFilter,
  createTemplateLookup,
  type TemplateOptions,
  unmatchedEntries,
} from "../config/template-config.ts";
import { unchanged } from "../core/same-value.ts";
import { forward } from "../core/steps.ts";
import { CapturedConversations } from "../prompt/conversations.ts";
import { noTools, type ParseTools, type SourceDocument, type TemplateFormat } from "../prompt/format.ts";
import { includeSteps, type MemberCache } from "../prompt/includes.ts";
import { parseDocument } from "../prompt/registry.ts";
import type { Template } from "../prompt/template.ts";
import type { Parsed } from "../prompt/text.ts";
import type { DocumentProblem } from "./report.ts";

interface Entry {
  readonly document: SourceDocument;
  parsed: Parsed<readonly Template[]> | null;
  /** What promptcache.json said of its format when it was parsed. */
  assigned?: TemplateFormat | null;
}

/** A template with what promptcache.json says of it. */
interface Configured {
  readonly config: Config;
  readonly usage: Template["usage"] | undefined;
  readonly template: Template;
}

export interface ParsedWorkspace {
  readonly templates: readonly Template[];
  readonly problems: readonly DocumentProblem[];
}

/** What prompts look for in other files. */
export interface AskedPaths {
  /** Every path that was looked up, whether or not something is there. */
  readonly all: ReadonlySet<string>;
  /** Those where nothing was: any of them that exists belongs to the documents too, as one that is only included. */
  readonly missing: ReadonlySet<string>;
}

const nothingAsked: AskedPaths = { all: new Set(), missing: new Set() };

export class Documents {
  readonly #tools: ParseTools;
  readonly #onFile: (path: string) => void;
  readonly #members: MemberCache = new WeakMap();
  /** What became of each parsed template: the same object again where nothing of it changed. */
  readonly #resolved = new WeakMap<Template, Template>();
  #applications = new Map<string, Template>();
  readonly #configured = new WeakMap<Template, Configured>();
  readonly #conversations = new CapturedConversations();
  /** What the last parse gave; `null` when something has changed since. */
  #joined: ParsedWorkspace | null = null;
  #asked = nothingAsked;
  private entries = new Map<string, Entry>();
  private configDocument: SourceDocument | null = null;
  private parsedConfig: Parsed<Config> = { value: emptyConfig, problems: [] };

  /** `onFile` is told which file is looked into, before that is done, and the empty string when all are done. */
  constructor(tools: ParseTools = noTools, onFile: (path: string) => void = () => {}) {
    this.#tools = tools;
    this.#onFile = onFile;
  }

  get config(): Config {
    return this.parsedConfig.value;
  }

  /** Any document that was read, a prompt or not. */
  documentAt(path: string): SourceDocument | null {
    return this.entries.get(path)?.document ?? null;
  }

  /** All of them, in no order. */
  *all(): Generator<SourceDocument, void, void> {
    for (const { document } of this.entries.values()) yield document;
  }

  /** Of promptcache.json; `null` where there is none. */
  get configPath(): string | null {
    return this.configDocument?.path ?? null;
  }

  setWorkspace(documents: readonly SourceDocument[], config: SourceDocument | null): void {
    this.replaceAll(documents);
    this.setConfig(config);
  }

  /** What was parsed stays where the text is the same. */
  replaceAll(documents: readonly SourceDocument[]): void {
    const before = this.entries;
    this.entries = new Map();
    let isSame = before.size === documents.length;
    for (const document of documents) {
      const known = before.get(document.path);
      const entry = updated(known, document);
      this.entries.set(document.path, entry);
      isSame &&= entry === known;
    }
    if (!isSame) this.#joined = null;
  }

  set(document: SourceDocument): void {
    const known = this.entries.get(document.path);
    const entry = updated(known, document);
    if (entry === known) return;
    this.entries.set(document.path, entry);
    this.#joined = null;
  }

  remove(path: string): void {
    if (this.entries.delete(path)) this.#joined = null;
  }

  setConfig(document: SourceDocument | null): void {
    const before = this.configDocument;
    if (before?.text === document?.text && before?.path === document?.path) return;
    this.configDocument = document;
    this.parsedConfig = parseConfig(document);
    this.#joined = null;
  }

  /** Parses what is new, and says which other files prompts ask for. */
  *asked(): Generator<number, AskedPaths, void> {
    yield* this.parse();
    return this.#asked;
  }

  /** Yields the number of documents done, now and then. The same object as before where nothing was changed. */
  *parse(): Generator<number, ParsedWorkspace, void> {
    if (this.#joined !== null) return this.#joined;
    const wanted = createPathFilter(this.config);
    const assigned = createFormatAssignment(this.config);
    const parts = new Set(partPaths(this.config));
    const templates: Template[] = [];
    const problems: DocumentProblem[] = [];
    const paths = [...this.entries.keys()].sort();
    for (const [index, path] of paths.entries()) {
      const entry = this.entries.get(path);
      const isPrompt = entry?.document.isOnlyIncluded !== true && path !== this.config.chatTemplate?.value;
      // What an application is made of counts wherever it lies.
      const isWanted = (isPrompt && wanted(path)) || parts.has(path);
      if (entry === undefined || !isWanted) continue;
      if (entry.parsed === null || entry.assigned !== assigned(path)) {
        this.#onFile(path);
        entry.parsed = parseDocument(entry.document, this.#tools, assigned);
        entry.assigned = assigned(path);
        yield index + 1;
      }
      templates.push(...entry.parsed.value);
      for (const problem of entry.parsed.problems) problems.push({ path, ...problem });
    }
    this.#joined = yield* forward(this.join(templates, problems), () => paths.length);
    this.#onFile("");
    return this.#joined;
  }

  /**
   * A template as it would be with other texts of its own document, or of those that it includes, new ones among them; what is
   * remembered stays as it is. `null` where there would be no such template, or new problems, and for one that is composed of
   * others.
   */
  withTexts(
    template: Template,
    documents: readonly SourceDocument[],
  ): Generator<void, Template | null, void> {
    return this.#templateIn(template, documents, (parsed, before) => {
      return parsed.problems.length <= before.problems.length && parsed.value.length === before.value.length;
    });
  }

  /** The same of a text that may have other problems, and other templates beside it. */
  asOf(template: Template, document: SourceDocument): Generator<void, Template | null, void> {
    return this.#templateIn(template, [document], () => true);
  }

  *#templateIn(
    template: Template,
    documents: readonly SourceDocument[],
    isMeant: (parsed: Parsed<readonly Template[]>, before: Parsed<readonly Template[]>) => boolean,
  ): Generator<void, Template | null, void> {
    const entry = this.entries.get(template.path);
    if (entry === undefined || template.composition !== undefined) return null;
    const before = entry.parsed;
    const changed = new Map(documents.map((document) => [document.path, document]));
    const own = changed.get(template.path);
    const assigned = createFormatAssignment(this.config);
    const parsed = own === undefined ? before : parseDocument(own, this.#tools, assigned);
    yield;
    const read = parsed?.value.find(({ id }) => id === template.id);
    if (before === null || parsed === null || read === undefined || !isMeant(parsed, before)) return null;
    const lookup = (path: string) => changed.get(path) ?? this.entries.get(path)?.document ?? null;
    const tools = { tools: this.#tools, members: this.#members };
    const { templates } = yield* includeSteps([read], lookup, tools);
    const options = createTemplateLookup(this.config);
    const [whole] = templates;
    // How it is used was settled among all templates.
    return whole === undefined
      ? null
      : configuredTemplate(whole, { ...options(whole), usage: template.usage });
  }

  private *join(
    parsed: readonly Template[],
    problems: DocumentProblem[],
  ): Generator<void, ParsedWorkspace, void> {
    const all = new Set<string>();
    const lookup = (path: string) => {
      all.add(path);
      this.#onFile(path);
      return this.entries.get(path)?.document ?? null;
    };
    const tools = { tools: this.#tools, members: this.#members };
    const resolved = yield* includeSteps(parsed, lookup, tools);
    this.#asked = { all, missing: resolved.missing };
    const whole = resolved.templates.map((template, index) => this.unchanged(parsed[index]!, template));
    yield;
    const composed = this.compose(whole);
    yield;
    const options = createTemplateLookup(this.config);
    const told = [...whole, ...composed.applications].map((template) => {
      const own = options(template);
      // A part of an application is no request by itself, unless that is said.
      const usage = composed.parts.has(template.id) ? (own.usage ?? "partial") : own.usage;
      return this.configured(template, usage === undefined ? own : { ...own, usage });
    });
    yield;
    const templates = this.#conversations.of(told);
    for (const [path, found] of resolved.problems) {
      problems.push(...found.map((problem) => ({ path, ...problem })));
    }
    const configPath = this.configDocument?.path;
    if (configPath !== undefined) {
      const { problems: found } = this.parsedConfig;
      const own = [...found, ...composed.problems, ...unmatchedEntries(this.config, told)];
      problems.push(...own.map((problem) => ({ path: configPath, ...problem })));
    }
    return { templates, problems };
  }

  private unchanged(parsed: Template, resolved: Template): Template {
    const template = unchanged(this.#resolved.get(parsed), resolved);
    this.#resolved.set(parsed, template);
    return template;
  }

  private configured(template: Template, options: TemplateOptions): Template {
    const known = this.#configured.get(template);
    const { usage } = options;
    if (known?.config === this.config && known.usage === usage) return known.template;
    const configured = unchanged(known?.template, asTold(configuredTemplate(template, options), options));
    this.#configured.set(template, { config: this.config, usage, template: configured });
    return configured;
  }

  private compose(templates: readonly Template[]): Composed {
    const documentAt = (path: string) => this.documentAt(path);
    const configPath = this.configDocument?.path ?? configFileName;
    const composed = composeApplications(this.config, { templates, documentAt, configPath });
    const before = this.#applications;
    const applications = composed.applications.map((each) => unchanged(before.get(each.id), each));
    this.#applications = new Map(applications.map((each) => [each.id, each]));
    return { ...composed, applications };
  }
}

/** A captured request that promptcache.json sends in conversations of its own, or makes a part of others, is a template. */
function asTold(template: Template, { sessions, turns, usage }: TemplateOptions): Template {
  const isTold = sessions !== undefined || turns !== undefined || (usage ?? "request") !== "request";
  if (template.captured === undefined || !isTold) return template;
  const { captured: _, ...rest } = template;
  return rest;
}

/** The entry itself where nothing has changed. */
function updated(known: Entry | undefined, document: SourceDocument): Entry {
  if (known === undefined || known.document.text !== document.text) return { document, parsed: null };
  const isSame = (known.document.isOnlyIncluded ?? false) === (document.isOnlyIncluded ?? false);
  return isSame ? known : { ...known, document };
}
