/**
 * Jinja as chat templates use it, by @huggingface/jinja, with an end: a template of a stranger may loop over a billion
 * numbers or double a text forty times. Nothing in it can read a file, a clock or the network.
 */
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
import type { TextRange } from "../text.ts";
import { type FixedDate, formatDate } from "./fixed-date.ts";
import { placesOf } from "./jinja-places.ts";

type Tokens = ReturnType<typeof tokenize>;
type Program = ReturnType<typeof parse>;
type Value = ReturnType<Interpreter["evaluate"]>;

/** UTF-16 units; the longest published chat templates have about 20,000. */
const maximumSourceLength = 200_000;
/** UTF-16 units of any text, and elements of any list, that a rendering makes. */
const maximumTextLength = 8_000_000;
const maximumListLength = 100_000;

export interface RenderTrial {
  /** What `strftime_now` tells; the fixed date unless given. */
  readonly now?: FixedDate;
  /** Fewer steps than a request may take: a template that needs more is none the worse for it. */
  readonly trialSteps?: number;
}

export type Rendered =
  | { readonly text: string; readonly error?: undefined }
  | { readonly text?: undefined; readonly error: string };

/** Text, and the part of the source that wrote it. */
export interface Written {
  readonly text: string;
  readonly range: TextRange;
}

/** `writes` are the text, one behind the other. */
export type Traced =
  | { readonly text: string; readonly writes: readonly Written[]; readonly error?: undefined }
  | { readonly text?: undefined; readonly error: string };

interface Tracing {
  readonly places: ReadonlyMap<unknown, TextRange>;
  readonly writes: Written[];
}

/** A parsed template; it can be rendered any number of times. */
export class BoundedJinja {
  readonly #source: string;
  readonly #tokens: Tokens;
  readonly #program: Program;
  /** Made when it is asked for: most templates are only rendered. */
  #places: ReadonlyMap<unknown, TextRange> | null = null;
  /** Set once a bound was reached: a template that does not end is not tried again for every request. */
  #excess: string | null = null;
  #spent = 0;

  private constructor(source: string, tokens: Tokens) {
    this.#source = source;
    this.#tokens = tokens;
    this.#program = parse(tokens);
  }

  /** The template, or what is wrong with it in the words of the Jinja parser. */
  static compile(source: string): { readonly jinja: BoundedJinja } | { readonly error: string } {
    if (source.length > maximumSourceLength) {
      return {
        error: `it has ${source.length} characters, and at most ${maximumSourceLength} are read`,
      };
    }
    try {
      // The options with which Hugging Face's libraries render chat templates.
      const tokens = tokenize(source, { lstrip_blocks: true, trim_blocks: true });
      return { jinja: new BoundedJinja(source, tokens) };
    } catch (error) {
      return { error: messageOf(error) };
    }
  }

  /**
   * `steps` bounds the work: an expression is one step, and so are 64 units of a text or elements of a list that it gives,
   * and every round of a loop.
   */
  render(variables: Readonly<Record<string, unknown>>, steps: number, trial: RenderTrial = {}): Rendered {
    return this.#run(variables, steps, trial, null);
  }

  /** The same, with the part of the source that wrote each run of the text; none where that cannot be told. */
  trace(variables: Readonly<Record<string, unknown>>, steps: number, trial: RenderTrial = {}): Traced {
    this.#places ??= placesOf(this.#source, this.#tokens, this.#program);
    const writes: Written[] = [];
    const rendered = this.#run(variables, steps, trial, { places: this.#places, writes });
    if (rendered.error !== undefined) return rendered;
    const isWhole = writes.map(({ text }) => text).join("") === rendered.text;
    return { ...rendered, writes: isWhole ? writes : [] };
  }

  #run(
    variables: Readonly<Record<string, unknown>>,
    steps: number,
    trial: RenderTrial,
    tracing: Tracing | null,
  ): Rendered {
    if (this.#excess !== null) return { error: this.#excess };
    const bound = Math.min(steps, trial.trialSteps ?? steps);
    const environment = globalEnvironment(trial);
    const interpreter = new BoundedInterpreter(environment, bound, tracing);
    try {
      for (const [name, value] of Object.entries(variables)) environment.set(name, value);
      const result: unknown = interpreter.run(this.#program).value;
      return { text: String(result) };
    } catch (error) {
      const message = messageOf(error);
      const isEndless = error instanceof Excess || error instanceof RangeError;
      if (isEndless && bound === steps) this.#excess = message;
      return { error: message };
    } finally {
      this.#spent += bound - interpreter.stepsLeft;
    }
  }

  /** Of all renderings so far: what they cost together. */
  get spentSteps(): number {
    return this.#spent;
  }
}

/** A bound was reached. */
class Excess extends Error {}

class BoundedInterpreter extends Interpreter {
  #stepsLeft: number;
  /** Nodes that loops walk: a loop with nothing in it evaluates nothing else. */
  readonly #walked = new Set<unknown>();

  readonly #tracing: Tracing | null;
  /** Parts around the current one whose text is not the prompt's yet: expressions, and what is set to a name. */
  #depth = 0;

  constructor(environment: Environment, steps: number, tracing: Tracing | null) {
    super(environment);
    this.#stepsLeft = steps;
    this.#tracing = tracing;
  }

  get stepsLeft(): number {
    return this.#stepsLeft;
  }

  #traced(...[statement, environment]: Parameters<Interpreter["evaluate"]>): Value {
    const range = this.#tracing?.places.get(statement);
    const isInner = range !== undefined || statement?.type === "Set";
    if (isInner) this.#depth++;
    const result = this.#strip(statement, environment) ?? super.evaluate(statement, environment);
    if (isInner) this.#depth--;
    if (range === undefined || this.#depth > 0) return result;
    if (result.type !== "NullValue" && result.type !== "UndefinedValue") {
      this.#tracing?.writes.push({ text: result.toString(), range });
    }
    return result;
  }

  override evaluate(...[statement, environment]: Parameters<Interpreter["evaluate"]>): Value {
    this.#spend(1);
    if (statement?.type === "For") {
      const { iterable } = statement as unknown as ForLoop;
      this.#walked.add(iterable.type === "SelectExpression" ? iterable.lhs : iterable);
    }
    const result = this.#traced(statement, environment);
    const { value } = result;
    if (typeof value === "string") {
      if (value.length > maximumTextLength) {
        throw new Excess(`it makes a text of more than ${maximumTextLength} characters`);
      }
      this.#spend(value.length >> 6);
    } else if (Array.isArray(value) || value instanceof Map) {
      const length = Array.isArray(value) ? value.length : value.size;
      if (length > maximumListLength) {
        throw new Excess(`it makes a list of more than ${maximumListLength} elements`);
      }
      this.#spend(this.#walked.has(statement) ? length : length >> 6);
    }
    return result;
  }

  /** Python's `strip` with characters to strip, which the library takes for white space; `null` for anything else. */
  #strip(...[statement, environment]: Parameters<Interpreter["evaluate"]>): Value | null {
    const call = statement as StripCall | undefined;
    const name = call?.callee?.property?.value;
    const ends =
      call?.type === "CallExpression" && call.args.length === 1 ? strippedEnds.get(name) : undefined;
    if (call === undefined || ends === undefined) return null;
    const object = this.evaluate(call.callee.object, environment);
    const characters: unknown = this.evaluate(call.args[0], environment).value;
    if (typeof object.value !== "string" || typeof characters !== "string") return null;
    const text = stripped(object.value, characters, ends);
    return new (object.constructor as new (value: string) => Value)(text);
  }

  #spend(steps: number): void {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft < 0) throw new Excess("it goes on for too long; check its loops");
  }
}

/** As far as it says what a loop walks. */
interface ForLoop {
  readonly iterable: { readonly type: string; readonly lhs?: unknown };
}

/** As far as it tells a call such as `text.strip("\n")` from other nodes of a template. */
interface StripCall {
  readonly type: string;
  readonly callee: {
    readonly object: Parameters<Interpreter["evaluate"]>[0];
    readonly property?: { readonly value?: unknown };
  };
  readonly args: readonly Parameters<Interpreter["evaluate"]>[0][];
}

interface Ends {
  readonly start: boolean;
  readonly end: boolean;
}

const strippedEnds: ReadonlyMap<unknown, Ends> = new Map([
  ["strip", { start: true, end: true }],
  ["lstrip", { start: true, end: false }],
  ["rstrip", { start: false, end: true }],
]);

function stripped(text: string, characters: string, ends: Ends): string {
  const units = Array.from(text);
  const isStripped = (index: number) => characters.includes(units[index]!);
  let start = 0;
  let end = units.length;
  while (ends.start && start < end && isStripped(start)) start++;
  while (ends.end && end > start && isStripped(end - 1)) end--;
  return units.slice(start, end).join("");
}

/** The names that Hugging Face's libraries give to chat templates, and no others. */
function globalEnvironment({ now }: RenderTrial): Environment {
  const environment = new Environment();
  for (const name of ["true", "True"]) environment.set(name, true);
  for (const name of ["false", "False"]) environment.set(name, false);
  for (const name of ["none", "None"]) environment.set(name, null);
  environment.set("raise_exception", (message: unknown) => {
    throw new Error(String(message));
  });
  environment.set("range", boundedRange);
  environment.set("strftime_now", (format: unknown) => formatDate(String(format), now));
  return environment;
}

/** Python's `range`. The library's own fills the memory before anybody can look at its length. */
function boundedRange(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (![start, stop, step].every(Number.isInteger) || step === 0) {
    throw new Error("range() takes whole numbers, and a step that is not 0");
  }
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > maximumListLength) {
    throw new Excess(`it makes a list of more than ${maximumListLength} elements`);
  }
  return Array.from({ length }, (_, index) => start + index * step);
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError) return "it nests or grows without end";
  return message.replace(/^(?:Parser|Lexer) Error: /i, "").slice(0, 300);
}
