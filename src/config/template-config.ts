/** What the configuration says about one template. */
import { hasArguments } from "../prompt/chat/arguments.ts";
import { type AssignedFormat, formats } from "../prompt/registry.ts";
import { declareScopes } from "../prompt/scope-inference.ts";
import type { Segment, Template } from "../prompt/template.ts";
import type { Problem } from "../prompt/text.ts";
import { pathOfTarget } from "./applications.ts";
import { type Config, configFileName, type Entry, type HoleConfig, type TemplateConfig } from "./config.ts";
import { globMatcher } from "./glob-matcher.ts";

export interface TemplateOptions extends Omit<TemplateConfig, "holes"> {
  /** By hole name: what is said of all templates, overlaid by what is said of its parts, and of this one. */
  readonly holes: ReadonlyMap<string, HoleConfig>;
}

const nothingSaid: TemplateOptions = { holes: new Map() };

/**
 * Answers for any number of templates; globs are compiled once.
 * Later entries win over earlier ones, key by key, and an entry that names the template's id wins over globs.
 */
export function createTemplateLookup(config: Config): (template: Template) => TemplateOptions {
  const isPlain = [config.templates, config.holes, config.applications].every(
    (said = []) => said.length === 0,
  );
  if (isPlain) return () => nothingSaid;
  const templates = (config.templates ?? []).map((entry) => ({ entry, matches: globMatcher(entry.key) }));
  const entriesOf = ({ id, path }: Pick<Template, "id" | "path">): readonly TemplateConfig[] => {
    const found = templates.filter(({ entry, matches }) => entry.key !== id && matches(path));
    const exact = templates.filter(({ entry }) => entry.key === id);
    return [...found, ...exact].map(({ entry }) => entry.value);
  };
  return (template) => {
    const holes = new Map<string, HoleConfig>();
    overlay(holes, config.holes ?? []);
    for (const { target } of template.composition ?? []) {
      const part = target === null ? [] : entriesOf({ id: target, path: pathOfTarget(target) });
      for (const { holes: own = [] } of part) overlay(holes, own);
    }
    let options: Omit<TemplateConfig, "holes"> = {};
    const entries = template.composition === undefined ? entriesOf(template) : [trafficOf(config, template)];
    for (const { holes: own = [], ...rest } of entries) {
      options = { ...options, ...rest };
      overlay(holes, own);
    }
    return { ...options, holes };
  };
}

/** What the entry of an application says besides its parts. */
function trafficOf(config: Config, { name }: Template): TemplateConfig {
  const entry = config.applications?.find(({ key }) => key === name);
  const {
    tools: _tools,
    system: _system,
    examples: _examples,
    question: _question,
    ...traffic
  } = entry?.value ?? {};
  return traffic;
}

/**
 * The template with the scopes and the usage that promptcache.json declares.
 * What the template declares itself stands nearer and wins. Applying it twice changes nothing more.
 */
export function configuredTemplate(template: Template, options: TemplateOptions): Template {
  const usage = options.usage ?? template.usage;
  let configured = usage === template.usage ? template : { ...template, usage };
  const { chatTemplateArguments: said } = options;
  if (hasArguments(said)) {
    // What is declared is known; of variables without names it is all that there is to know.
    const { unknownChatArguments = [], ...rest } = configured;
    const unknown = unknownChatArguments.filter(({ name, isAll }) => !isAll && !(name in said));
    configured = {
      ...rest,
      chatArguments: { ...template.chatArguments, ...said },
      ...(unknown.length > 0 && { unknownChatArguments: unknown }),
    };
  }
  // What is declared stays, so the longer name, `customer.name`, comes before its owner, `customer`.
  const names = [...options.holes.keys()].sort((left, right) => right.length - left.length);
  for (const name of names) {
    const { scope, reason = "declared in promptcache.json" } = options.holes.get(name)!;
    if (scope !== undefined) configured = declareScopes(configured, new Map([[name, scope]]), reason);
  }
  return configured;
}

/** Which documents the workspace wants analysed: everything, unless `include` and `exclude` say otherwise. */
export function createPathFilter(config: Config): (path: string) => boolean {
  const include = (config.include ?? []).map(({ value }) => globMatcher(value));
  const exclude = (config.exclude ?? []).map(globMatcher);
  return (path) =>
    (include.length === 0 || include.some((matches) => matches(path))) &&
    !exclude.some((matches) => matches(path));
}

/** The formats that the workspace gives to its files: later entries win over earlier ones. */
export function createFormatAssignment(config: Config): AssignedFormat {
  const entries = (config.formats ?? []).map(({ key, value }) => ({
    matches: globMatcher(key),
    format: formats.find(({ id }) => id === value) ?? null,
  }));
  return (path) => entries.findLast(({ matches }) => matches(path))?.format ?? null;
}

/** Entries of the configuration that no template answers to: misspelt, or left over. */
export function unmatchedEntries(config: Config, templates: readonly Template[]): readonly Problem[] {
  const problems: Problem[] = [];
  const names = new Set(templates.flatMap((template) => [...holeNames(template.segments)]));
  const checkHoles = (holes: readonly Entry<HoleConfig>[], known: ReadonlySet<string>, where: string) => {
    for (const hole of holes) {
      if (known.has(hole.key)) continue;
      problems.push(
        warning(hole, `No hole of ${where} is called "${hole.key}"; correct or remove the entry.`),
      );
    }
  };
  checkHoles(config.holes ?? [], names, "any template");
  const globs = [
    ...(config.include ?? []).map(({ value, range }) => ({ key: value, range })),
    ...(config.formats ?? []),
  ];
  for (const { key, range } of globs) {
    const matches = globMatcher(key);
    if (templates.some(({ path }) => matches(path))) continue;
    const message = `No file that was read and holds a prompt matches "${key}"; correct or remove the entry.`;
    problems.push(warning({ range }, message));
  }
  const others = [configFileName, ...(config.chatTemplate === undefined ? [] : [config.chatTemplate.value])];
  for (const { value } of config.ignore ?? []) {
    if (value.templates === undefined) continue;
    const { value: key, range } = value.templates;
    const matches = globMatcher(key);
    if (others.some(matches) || templates.some(({ id, path }) => id === key || matches(path))) continue;
    problems.push(warning({ range }, unmatchedTemplate(key)));
  }
  for (const entry of config.templates ?? []) {
    const matches = globMatcher(entry.key);
    const matched = templates.filter(({ id, path }) => id === entry.key || matches(path));
    if (matched.length === 0) {
      problems.push(warning(entry, unmatchedTemplate(entry.key)));
      continue;
    }
    const own = new Set(matched.flatMap((template) => [...holeNames(template.segments)]));
    checkHoles(entry.value.holes ?? [], own, `the templates of "${entry.key}"`);
  }
  for (const { key, value } of config.applications ?? []) {
    const composed = templates.find(({ composition, name }) => composition !== undefined && name === key);
    // An application that could not be composed has a problem of its own.
    if (composed === undefined) continue;
    checkHoles(value.holes ?? [], holeNames(composed.segments), `the application "${key}"`);
  }
  return problems;
}

function unmatchedTemplate(key: string): string {
  return `No template is called or matches "${key}"; correct or remove the entry.`;
}

function warning({ range }: Pick<Problem, "range">, message: string): Problem {
  return { range, severity: "warning", message };
}

function overlay(holes: Map<string, HoleConfig>, entries: readonly Entry<HoleConfig>[]): void {
  for (const { key, value } of entries) holes.set(key, { ...holes.get(key), ...value });
}

const knownNames = new WeakMap<readonly Segment[], ReadonlySet<string>>();

/** Names of holes and blocks with the owners of dotted ones: `customer.name` answers to `customer` too. */
function holeNames(segments: readonly Segment[]): ReadonlySet<string> {
  const known = knownNames.get(segments);
  if (known !== undefined) return known;
  const names = new Set<string>();
  knownNames.set(segments, names);
  const left: Segment[] = [...segments];
  for (let segment = left.pop(); segment !== undefined; segment = left.pop()) {
    if (segment.kind === "hole" || segment.kind === "block") {
      for (const end of segment.name.matchAll(/[.[]|$/g)) names.add(segment.name.slice(0, end.index));
    }
    if (segment.kind === "block") left.push(...segment.body, ...segment.otherwise);
    if (segment.kind === "include" && segment.resolved !== null) left.push(...segment.resolved.segments);
  }
  return names;
}
