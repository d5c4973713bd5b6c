/**
 * Whole requests of several templates, as promptcache.json composes them. An application becomes a template of its own, made
 * of markers and includes, so that its text keeps its place in the parts.
 */
import type { SourceDocument } from "../prompt/format.ts";
import { withoutDefaultRole } from "../prompt/includes.ts";
import type {
  CompositionPart,
  IncludeSegment,
  Role,
  Segment,
  Template,
  TextSegment,
  ToolDefinition,
} from "../prompt/template.ts";
import type { Problem, TextRange } from "../prompt/text.ts";
import type { ApplicationConfig, Config, Entry, Reference } from "./config.ts";
import { nearestWord } from "./did-you-mean.ts";
import { readTools } from "./tool-definitions.ts";

export const applicationFormat = "application";

export interface Composed {
  /** One for each application that has any part. */
  readonly applications: readonly Template[];
  /** Ids of the templates that are parts of them. */
  readonly parts: ReadonlySet<string>;
  /** In promptcache.json. */
  readonly problems: readonly Problem[];
}

export interface CompositionInput {
  /** With their includes filled in. */
  readonly templates: readonly Template[];
  /** Any document of the workspace by its path; `null` when there is none. */
  readonly documentAt: (path: string) => SourceDocument | null;
  readonly configPath: string;
}

export function applicationId(name: string): string {
  return `app:${name}`;
}

/** Paths that promptcache.json names, which may be files that are no prompts by themselves. */
export function namedPaths(config: Config): readonly string[] {
  const { value: chatTemplate = "auto" } = config.chatTemplate ?? {};
  const tools = (config.applications ?? []).flatMap(({ value }) => value.tools ?? []);
  const ofApplications = [...partPaths(config), ...tools.map(({ value }) => value)];
  return ["auto", "none"].includes(chatTemplate) ? ofApplications : [...ofApplications, chatTemplate];
}

/** Of these, the paths of what applications are made of: templates, and files that are sent as they are. */
export function partPaths(config: Config): readonly string[] {
  return (config.applications ?? []).flatMap(({ value: { system, examples, question } }) =>
    [system, examples, question].flatMap((references) =>
      (references ?? []).map(({ value }) => pathOfTarget(value)),
    ),
  );
}

export function composeApplications(config: Config, input: CompositionInput): Composed {
  const applications: Template[] = [];
  const parts = new Set<string>();
  const problems: Problem[] = [];
  for (const entry of config.applications ?? []) {
    const composer = new Composer(input, problems, parts);
    const template = composer.compose(entry);
    if (template !== null) applications.push(template);
  }
  return { applications, parts, problems };
}

interface Part {
  readonly path: string;
  readonly segments: readonly Segment[];
  readonly samples: ReadonlyMap<string, string>;
}

class Composer {
  readonly #input: CompositionInput;
  readonly #problems: Problem[];
  readonly #parts: Set<string>;
  readonly #segments: Segment[] = [];
  readonly #composition: CompositionPart[] = [];
  readonly #samples = new Map<string, string>();
  /** End of the reference that the message so far ends with; `null` at the start of a message. */
  #messageEnd: number | null = null;

  constructor(input: CompositionInput, problems: Problem[], parts: Set<string>) {
    this.#input = input;
    this.#problems = problems;
    this.#parts = parts;
  }

  compose({ key, range, value }: Entry<ApplicationConfig>): Template | null {
    const tools = this.#tools(value.tools ?? []);
    this.#message("system", "system", value.system ?? []);
    this.#examples(value.examples ?? []);
    if (value.history !== undefined) this.#history(value.history.range);
    this.#message("user", "question", value.question ?? []);
    if (this.#composition.length === 0) {
      this.#warn(
        range,
        `"${key}" has no part that could be read, so it makes no requests; name its templates.`,
      );
      return null;
    }
    return {
      id: applicationId(key),
      path: this.#input.configPath,
      format: applicationFormat,
      name: key,
      range,
      usage: "request",
      segments: this.#segments,
      ...(tools.length > 0 ? { tools } : {}),
      samples: this.#samples,
      composition: this.#composition,
    };
  }

  #message(role: Role, kind: CompositionPart["kind"], references: readonly Reference[]): void {
    const [first] = references;
    if (first === undefined) return;
    this.#begin(role, first.range);
    for (const reference of references) this.#add(kind, reference);
  }

  /** Examples with messages of their own stand for themselves; others go on with the system message. */
  #examples(references: readonly Reference[]): void {
    const [first] = references;
    if (first !== undefined && this.#segments.length === 0) this.#begin("system", first.range);
    for (const reference of references) this.#add("examples", reference);
  }

  #begin(role: Role, { start }: TextRange): void {
    this.#segments.push({ kind: "marker", range: { start, end: start }, role });
    this.#messageEnd = null;
  }

  #add(kind: CompositionPart["kind"], reference: Reference): void {
    const part = this.#find(reference);
    if (part === null) return;
    const { range, value: target } = reference;
    const segments = withoutDefaultRole(part.segments);
    if (this.#messageEnd !== null && segments[0]?.kind !== "marker") {
      this.#segments.push(blankLine({ start: this.#messageEnd, end: range.start }));
    }
    const include: IncludeSegment = {
      kind: "include",
      range,
      target,
      resolved: { path: part.path, segments },
    };
    this.#segments.push(include);
    this.#messageEnd = range.end;
    for (const [name, sample] of part.samples) this.#samples.set(name, sample);
    this.#composition.push({ kind, target });
  }

  #history(range: TextRange): void {
    const reason = "the earlier turns of the conversation, by promptcache.json";
    const scope = { scope: "session", basis: "declared", reason } as const;
    const name = "history";
    this.#segments.push({ kind: "hole", range, form: "history", name, expression: name, scope });
    this.#composition.push({ kind: "history", target: null });
  }

  #tools(references: readonly Reference[]): readonly ToolDefinition[] {
    return references.flatMap(({ value, range }) => {
      const document = this.#input.documentAt(value);
      if (document === null) {
        this.#unknown(value, range, "file");
        return [];
      }
      const { tools, problem } = readTools(document);
      if (problem !== null) this.#warn(range, `${problem} Correct the file, or name another one.`);
      if (tools.length > 0) this.#composition.push({ kind: "tools", target: value });
      return tools;
    });
  }

  /** A template by its id, the first one of a file by its path, or a file that is sent as it is. */
  #find({ value, range }: Reference): Part | null {
    const { templates, documentAt } = this.#input;
    const template = templates.find(({ id }) => id === value) ?? templates.find(({ path }) => path === value);
    if (template !== undefined) {
      this.#parts.add(template.id);
      return template;
    }
    const document = documentAt(value);
    if (document !== null) {
      const { path, text } = document;
      const whole: Segment = { kind: "text", range: { start: 0, end: text.length }, text };
      return { path, segments: text === "" ? [] : [whole], samples: new Map() };
    }
    if (value.startsWith(applicationId(""))) {
      this.#warn(
        range,
        `"${value}" is an application, and no part of another one; name its templates instead.`,
      );
    } else this.#unknown(value, range, "template or file");
    return null;
  }

  #unknown(target: string, range: TextRange, what: string): void {
    const nearest = nearestWord(
      target,
      this.#input.templates.map(({ id }) => id),
    );
    const advice =
      nearest === null ? "correct the path, from the root of the workspace." : `did you mean "${nearest}"?`;
    this.#warn(range, `There is no ${what} "${target}" among those that were read; ${advice}`);
  }

  #warn(range: TextRange, message: string): void {
    this.#problems.push({ range, severity: "warning", message });
  }
}

/** Between two parts of one message. */
function blankLine(range: TextRange): TextSegment {
  const { start, end } = range;
  return { kind: "text", range, text: "\n\n", sourceOffsets: Int32Array.of(start, start, end) };
}

/** Of the id of one of several templates of a file, such as `path#2`, the path. */
export function pathOfTarget(target: string): string {
  return target.replace(/#.*$/s, "");
}
