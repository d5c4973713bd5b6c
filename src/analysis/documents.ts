/** The workspace as the pipeline remembers it: documents, and what parsing them gave, kept until their text changes. */
import { type Composed, composeApplications, partPaths } from "../config/applications.ts";
import { type Config, configFileName, emptyConfig } from "../config/config.ts";
import { parseConfig } from "../config/parse-config.ts";
import {
  configuredTemplate,
  createFormatAssignment,
  createPathFilter,
  createTemplateLookup,
  unmatchedEntries,
} from "../config/template-config.ts";
import { noTools, type ParseTools, type SourceDocument, type TemplateFormat } from "../prompt/format.ts";
import { type MemberCache, resolveIncludes } from "../prompt/includes.ts";
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

export interface ParsedWorkspace {
  readonly templates: readonly Template[];
  readonly problems: readonly DocumentProblem[];
}

export class Documents {
  readonly #tools: ParseTools;
  readonly #members: MemberCache = new WeakMap();
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
    this.entries.set(document.path, { document, parsed: null });
  }

  remove(path: string): void {
    this.entries.delete(path);
  }

  setConfig(document: SourceDocument | null): void {
    this.configDocument = document;
    this.parsedConfig = parseConfig(document);
  }

  /** Yields the number of documents done, now and then. */
  *parse(): Generator<number, ParsedWorkspace, void> {
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
    return this.join(templates, problems);
  }

  private join(parsed: readonly Template[], problems: DocumentProblem[]): ParsedWorkspace {
    const resolved = resolveIncludes(parsed, (path) => this.entries.get(path)?.document ?? null, {
      tools: this.#tools,
      members: this.#members,
    });
    this.missingPaths = [...resolved.missing].sort();
    const composed = this.compose(resolved.templates);
    const options = createTemplateLookup(this.config);
    const templates = [...resolved.templates, ...composed.applications].map((template) => {
      const own = options(template);
      // A part of an application is no request by itself, unless that is said.
      const usage = composed.parts.has(template.id) ? (own.usage ?? "partial") : own.usage;
      return configuredTemplate(template, usage === undefined ? own : { ...own, usage });
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

  private compose(templates: readonly Template[]): Composed {
    const documentAt = (path: string) => this.documentAt(path);
    const configPath = this.configDocument?.path ?? configFileName;
    return composeApplications(this.config, { templates, documentAt, configPath });
  }
}
