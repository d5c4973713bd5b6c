/** Draws the values of holes: what is declared where it is, the file's samples, or seeded filler text. */
import type { HoleConfig } from "../config/config.ts";
import type { Scope } from "../prompt/template.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import type { AgentTurn } from "./agent-turn.ts";
import type { Notes } from "./assumptions.ts";
import { dateText, dayAt } from "./clock-text.ts";
import { fillerTokens, uuidText, variationOf } from "./filler.ts";
import { createRandom, type Random, seedOf } from "./random.ts";
import { kindOfName, machineId, type ValueKind } from "./value-kinds.ts";

/** Who calls, and when. */
export interface Call {
  readonly templateId: string;
  readonly tenant: number;
  /** Counts from 0 within the template. */
  readonly session: number;
  readonly turn: number;
  readonly turns: number;
  /** Calls of tools that were answered in this turn before; 0 for the request that brings the question. */
  readonly step?: number;
  /** Seconds since the start of the workload. */
  readonly arrivalSeconds: number;
}

/** What is asked for: one place of one prompt. */
export interface Wanted {
  readonly name: string;
  readonly scope: Scope;
  /** Tells the items of a list apart; empty outside of loops. */
  readonly item: string;
  /** Which of the declared values an item takes; `null` outside of lists with declared items. */
  readonly choice: number | null;
  /** Length in tokens that the list declares for its fields; `null` when it does not. */
  readonly tokens: number | null;
}

export interface ValuesOptions {
  readonly seed: number;
  readonly tokenizer: Tokenizer;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly agent: Pick<AgentTurn, "callTokens" | "resultTokens">;
  readonly holes: ReadonlyMap<string, HoleConfig>;
  readonly samples: ReadonlyMap<string, string>;
  readonly assumptions: Notes;
}

const frameTokens = 20;

/** For one template. Keeps what it has drawn at all scopes but the fastest: one text per hole, item and turn. */
export class Values {
  readonly #options: ValuesOptions;
  readonly #counted = new Map<string, number>();
  readonly #drawn = new Map<string, string>();
  readonly #kinds = new Map<string, ValueKind>();
  /** Volatile values so far. */
  readonly #spent = new Set<string>();
  #volatileCount = 0;

  constructor(options: ValuesOptions) {
    this.#options = options;
  }

  value(wanted: Wanted, call: Call): string {
    if (wanted.scope === "volatile") return this.#freshValue(wanted, call);
    const key = `${scopeKey(wanted.scope, call)}\n${wanted.name}\n${wanted.item}`;
    return this.#once(key, (random) => this.#draw(wanted, call, random));
  }

  /** The answer to the call, as the next prompt's history shows it, with the reasoning that came before it. */
  answer(call: Call): { readonly text: string; readonly reasoning?: string } {
    const { outputTokens, reasoningTokens } = this.#options;
    const text = this.#filler("answer to", call, outputTokens);
    if (reasoningTokens === 0) return { text };
    const thought = this.#filler("reasoning of", call, reasoningTokens);
    return { text, reasoning: `<think>\n${thought}\n</think>\n\n` };
  }

  /** What the model writes to call a tool, and what comes back; `step` counts the calls of a turn from 0. */
  toolCall(call: Call, step: number): { readonly argument: string; readonly reasoning?: string } {
    const { agent, reasoningTokens } = this.#options;
    // The name, the tags and the braces are some twenty tokens.
    const argument = this.#filler(`call ${step} of`, call, Math.max(0, agent.callTokens - frameTokens));
    if (reasoningTokens === 0) return { argument };
    const thought = this.#filler(`reasoning of call ${step} of`, call, reasoningTokens);
    return { argument, reasoning: `<think>\n${thought}\n</think>\n\n` };
  }

  toolResult(call: Call, step: number): string {
    return this.#filler(`result of call ${step} of`, call, this.#options.agent.resultTokens);
  }

  /** What stands in for the first `messages` messages of the conversation. */
  summary(call: Call, messages: number, tokens: number): string {
    return this.#filler(`summary of ${messages} messages of`, { ...call, turn: 0 }, tokens);
  }

  /** Of a message of the conversation; each is asked about in every request behind it. */
  tokensIn(text: string): number {
    const known = this.#counted.get(text) ?? this.#options.tokenizer.encode(text).length;
    this.#counted.set(text, known);
    return known;
  }

  #filler(what: string, call: Call, tokens: number): string {
    return this.#once(`${what} ${scopeKey("request", call)}`, (random) =>
      fillerTokens(random, tokens, this.#options.tokenizer),
    );
  }

  /** A random stream that is fixed for the scope: it repeats as rarely as the scope says. */
  stream(purpose: string, name: string, scope: Scope, call: Call): Random {
    const ordinal = scope === "volatile" ? this.#volatileCount++ : 0;
    return createRandom(seedOf(this.#options.seed, purpose, scopeKey(scope, call), name, ordinal));
  }

  #once(key: string, draw: (random: Random) => string): string {
    let text = this.#drawn.get(key);
    if (text === undefined) {
      text = draw(createRandom(seedOf(this.#options.seed, "value", key)));
      this.#drawn.set(key, text);
    }
    return text;
  }

  /** A clock or an id that came out twice would look like a hit: draw until it is new to this template. */
  #freshValue(wanted: Wanted, call: Call): string {
    const ordinal = this.#volatileCount++;
    const seed = seedOf(this.#options.seed, "volatile", call.templateId, ordinal, wanted.name);
    const random = createRandom(seed);
    let text = this.#draw(wanted, call, random);
    for (let attempt = 0; this.#spent.has(text); attempt++) {
      text = attempt < 8 ? this.#draw(wanted, call, random) : `${text} ${uuidText(random)}`;
    }
    this.#spent.add(text);
    return text;
  }

  #draw(wanted: Wanted, call: Call, random: Random): string {
    const { holes, samples, assumptions, tokenizer } = this.#options;
    const { name, scope, item } = wanted;
    const declared = holes.get(name);
    const ordinal = wanted.choice ?? scopeOrdinal(scope, call, this.#volatileCount - 1);
    if (declared?.values !== undefined) {
      const text = declared.values[ordinal % declared.values.length]!;
      return scope === "volatile" && this.#spent.has(text) ? variationOf(text, random) : text;
    }
    const tokens = declared?.tokens ?? wanted.tokens;
    const sample = samples.get(name);
    if (sample !== undefined && tokens === null) {
      if (scope !== "constant") assumptions.add("varied-samples", name, scope);
      // One sample cannot be every item of a list.
      const isFirst = ordinal === 0 && (item === "" || item.endsWith("#0"));
      return isFirst ? sample : variationOf(sample, random);
    }
    if (tokens !== null) return fillerTokens(random, tokens, tokenizer);
    const kind = this.#kindOf(wanted);
    assumptions.add("hole-values", name, kind.label);
    const isClock = scope === "volatile" || (scope === "request" && item === "");
    const { arrivalSeconds } = call;
    // A day is written as one, whatever it is called.
    if (scope === "day") return dateText(dayAt(arrivalSeconds));
    return kind.draw(random, { isClock, arrivalSeconds });
  }

  /** What never repeats is a clock or an id, whatever it is called. */
  #kindOf({ name, scope }: Wanted): ValueKind {
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      kind = kindOfName(name);
      this.#kinds.set(name, kind);
    }
    return scope === "volatile" && kind.id !== "clock" ? machineId : kind;
  }
}

function dayOf({ arrivalSeconds }: Call): number {
  return dayAt(arrivalSeconds);
}

/** Equal keys share a value. Constants, days and tenants are the same for all templates. */
function scopeKey(scope: Scope, call: Call): string {
  switch (scope) {
    case "constant":
      return "constant";
    case "day":
      return `day ${dayOf(call)}`;
    case "tenant":
      return `tenant ${call.tenant}`;
    case "session":
      return `session ${call.session} of ${call.templateId}`;
    case "request":
    case "volatile":
      return `turn ${call.turn} of session ${call.session} of ${call.templateId}`;
  }
}

/** Counts the values of a scope from 0, so that declared values are taken in turn. */
function scopeOrdinal(scope: Scope, call: Call, volatileOrdinal: number): number {
  switch (scope) {
    case "constant":
      return 0;
    case "day":
      return dayOf(call);
    case "tenant":
      return call.tenant;
    case "session":
      return call.session;
    case "request":
      return call.session * call.turns + call.turn;
    case "volatile":
      return volatileOrdinal;
  }
}
