/** Draws the values of holes: what is declared where it is, the file's samples, or seeded filler text. */
import type { HoleConfig } from "../config/config.ts";
import type { Scope } from "../prompt/template.ts";
import type { Tokenizer } from "../prompt/tokenizer.ts";
import type { Assumptions } from "./assumptions.ts";
import { fillerTokens, uuidText, variationOf } from "./filler.ts";
import { createRandom, type Random, seedOf } from "./random.ts";
import { drawValue, kindOfName, type ValueKind, valueKinds } from "./value-kinds.ts";

/** Who calls, and when. */
export interface Call {
  readonly templateId: string;
  readonly tenant: number;
  /** Counts from 0 within the template. */
  readonly session: number;
  readonly turn: number;
  readonly turns: number;
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

export interface Values {
  value(wanted: Wanted, call: Call): string;
  /** A random stream that is fixed for the scope: it repeats as rarely as the scope says. */
  stream(purpose: string, name: string, scope: Scope, call: Call): Random;
  /** The answer to the call, as the next prompt's history shows it. */
  answer(call: Call): string;
}

export interface ValuesOptions {
  readonly seed: number;
  readonly tokenizer: Tokenizer;
  readonly outputTokens: number;
  readonly holes: ReadonlyMap<string, HoleConfig>;
  readonly samples: ReadonlyMap<string, string>;
  readonly assumptions: Assumptions;
}

/** For one template. Keeps what it has drawn at all scopes but the fastest: at most one text per hole, item and session. */
export function createValues(options: ValuesOptions): Values {
  const { seed, tokenizer, holes, samples, assumptions } = options;
  const drawn = new Map<string, string>();
  const neverAgain = new Set<string>();
  let volatileCount = 0;

  function value(wanted: Wanted, call: Call): string {
    if (wanted.scope === "volatile") return freshValue(wanted, call);
    const key = `${scopeKey(wanted.scope, call)}\n${wanted.name}\n${wanted.item}`;
    let text = drawn.get(key);
    if (text === undefined) {
      text = draw(wanted, call, createRandom(seedOf(seed, "value", key)));
      drawn.set(key, text);
    }
    return text;
  }

  /** A clock or an id that came out twice would look like a hit: draw until it is new to this template. */
  function freshValue(wanted: Wanted, call: Call): string {
    const ordinal = volatileCount++;
    const random = createRandom(seedOf(seed, "volatile", call.templateId, ordinal, wanted.name));
    let text = draw(wanted, call, random);
    for (let attempt = 0; neverAgain.has(text); attempt++) {
      text = attempt < 8 ? draw({ ...wanted, choice: ordinal }, call, random) : `${text} ${uuidText(random)}`;
    }
    neverAgain.add(text);
    return text;
  }

  function draw(wanted: Wanted, call: Call, random: Random): string {
    const declared = holes.get(wanted.name);
    const ordinal = wanted.choice ?? scopeOrdinal(wanted.scope, call, volatileCount - 1);
    if (declared?.values !== undefined) {
      const text = declared.values[ordinal % declared.values.length]!;
      return wanted.scope === "volatile" && neverAgain.has(text) ? variationOf(text, random) : text;
    }
    const tokens = declared?.tokens ?? wanted.tokens;
    const sample = samples.get(wanted.name);
    if (sample !== undefined && tokens === null) {
      if (wanted.scope !== "constant") assumptions.add("varied-samples", wanted.name, wanted.scope);
      // One sample cannot be every item of a list.
      const isFirst = ordinal === 0 && (wanted.item === "" || wanted.item.endsWith("#0"));
      return isFirst ? sample : variationOf(sample, random);
    }
    const kind = kindFor(wanted);
    if (tokens === null) assumptions.add("hole-values", wanted.name, kind.label);
    const isClock = wanted.scope === "volatile" || (wanted.scope === "request" && wanted.item === "");
    const { arrivalSeconds } = call;
    return drawValue(kind, random, { isClock, arrivalSeconds }, tokens, tokenizer);
  }

  return {
    value,
    stream: (purpose, name, scope, call) =>
      createRandom(
        seedOf(seed, purpose, scopeKey(scope, call), name, scope === "volatile" ? volatileCount++ : 0),
      ),
    answer(call) {
      const key = `${scopeKey("request", call)}\nanswer`;
      let text = drawn.get(key);
      if (text === undefined) {
        text = fillerTokens(createRandom(seedOf(seed, key)), options.outputTokens, tokenizer);
        drawn.set(key, text);
      }
      return text;
    },
  };
}

/** What never repeats is a clock or an id, whatever it is called. */
function kindFor(wanted: Wanted): ValueKind {
  const kind = kindOfName(wanted.name);
  if (wanted.scope !== "volatile" || kind.id === "clock") return kind;
  return valueKinds.find((candidate) => candidate.id === "uuid") ?? kind;
}

/** Equal keys share a value. Constants and tenants are the same for all templates. */
function scopeKey(scope: Scope, call: Call): string {
  switch (scope) {
    case "constant":
      return "constant";
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
