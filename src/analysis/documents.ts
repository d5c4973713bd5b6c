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

export class Documents {
  readonly #tools: ParseTools;
  readonly #members: MemberCache = new WeakMap();
  /** What became of each parsed template: the same object again where nothing of it changed. */
  readonly #resolved = new WeakMap<Template, Template>();
  #applications = new Map<string, Template>();
  /** What `parse` gave, until something changes. */
  #workspace: ParsedWorkspace | null = null;
  readonly #configured = new WeakMap<Template, Configured>();
  private entries = new Map<string, Entry>();
  private configDocument: SourceDocument | null = null;
  private parsedConfig: Parsed<Config> = { value: emptyConfig, problems: [] };

  constructor(tools: ParseTools = noTools) {
    this.#tools = tools;
  }

  /** See `Analyzer.missingPaths`. */
  missingPaths: readonly string[] = [];

  get config(): Config {
    return this.parsedConfig.value;
  }

  /** Any document that was read, a prompt or not. */
  documentAt(path: string): SourceDocument | null {
    return this.entries.get(path)?.document ?? null;
  }

  /** Of promptcache.json; `null` where there is none. */
  get configPath(): string | null {
    return this.configDocument?.path ?? null;
  }

  /** What was parsed stays where the text is the same. */
  replaceAll(documents: readonly SourceDocument[]): void {
    this.#workspace = null;
    const before = this.entries;
    this.entries = new Map();
    for (const document of documents) {
      const known = before.get(document.path);
      this.entries.set(
        document.path,
        known?.document.text === document.text ? known : { document, parsed: null },
      );
    }
  }

  set(document: SourceDocument): void {
    if (this.entries.get(document.path)?.document.text === document.text) return;
    this.#workspace = null;
    this.entries.set(document.path, { document, parsed: null });
  }

  remove(path: string): void {
    if (this.entries.delete(path)) this.#workspace = null;
  }

  setConfig(document: SourceDocument | null): void {
    if (this.configDocument?.text === document?.text && this.configDocument?.path === document?.path) return;
    this.#workspace = null;
    this.configDocument = document;
    this.parsedConfig = parseConfig(document);
  }

  /** Yields the number of documents done, now and then. The same object as before where nothing was changed. */
  *parse(): Generator<number, ParsedWorkspace, void> {
    if (this.#workspace !== null) return this.#workspace;
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
        entry.parsed = parseDocument(entry.document, this.#tools, assigned);
        entry.assigned = assigned(path);
        yield index + 1;
      }
      templates.push(...entry.parsed.value);
      for (const problem of entry.parsed.problems) problems.push({ path, ...problem });
    }
    this.#workspace = yield* forward(this.join(templates, problems), () => paths.length);
    return this.#workspace;
  }

  private *join(
    parsed: readonly Template[],
    problems: DocumentProblem[],
  ): Generator<void, ParsedWorkspace, void> {
    const resolved = yield* includeSteps(parsed, (path) => this.entries.get(path)?.document ?? null, {
      tools: this.#tools,
      members: this.#members,
    });
    this.missingPaths = [...resolved.missing].sort();
    const whole = resolved.templates.map((template, index) => this.unchanged(parsed[index]!, template));
    yield;
    const composed = this.compose(whole);
    yield;
    const options = createTemplateLookup(this.config);
    const templates = [...whole, ...composed.applications].map((template) => {
      const own = options(template);
      // A part of an application is no request by itself, unless that is said.
      const usage = composed.parts.has(template.id) ? (own.usage ?? "partial") : own.usage;
      return this.configured(template, usage === undefined ? own : { ...own, usage });
    });
    for (const [path, found] of resolved.problems) {
      problems.push(...found.map((problem) => ({ path, ...problem })));
    }
    const configPath = this.configDocument?.path;
    if (configPath !== undefined) {
      const { problems: found } = this.parsedConfig;
      const own = [...found, ...composed.problems, ...unmatchedEntries(this.config, templates)];
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
    if (known?.config === this.config && known.usage === options.usage) return known.template;
    const configured = unchanged(known?.template, configuredTemplate(template, options));
    this.#configured.set(template, { config: this.config, usage: options.usage, template: configured });
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
