/**
 * How often a hole changes, as far as its name, its filters and the code around it tell.
 * A guess is always shown as one: every claim carries its reason.
 */
import { splitWords, withoutDeepParts, withoutIndexes, withoutLastIndex } from "./names.ts";
import {
  aboutWords,
  amountWords,
  callWords,
  clockOwners,
  clockSuffixes,
  clockWords,
  configurationWords,
  datedFacts,
  dayCalls,
  dayOwners,
  dayWords,
  flagWords,
  genericWords,
  historyPhrases,
  historyQualifiers,
  neverRepeating,
  partNames,
  partPlaces,
  promptSenders,
  settingOwners,
  settingWords,
  timeWords,
  vagueWords,
  volatileCalls,
  type WordRule,
  wordRules,
} from "./scope-words.ts";
import { type Scope, type ScopeClaim, type Segment, scopes, type Template } from "./template.ts";

export function isScope(text: string): text is Scope {
  return (scopes as readonly string[]).includes(text);
}

/** The claim that changes most often; of equals what is known before what is not, and the first. `null` when there are none. */
export function mostVolatile(claims: readonly ScopeClaim[]): ScopeClaim | null {
  let most: ScopeClaim | null = null;
  for (const claim of claims) {
    const faster = most === null ? 1 : scopes.indexOf(claim.scope) - scopes.indexOf(most.scope);
    if (faster > 0 || (faster === 0 && most?.basis === "unknown" && claim.basis !== "unknown")) most = claim;
  }
  return most;
}

export function inferred(scope: Scope, reason: string): ScopeClaim {
  return { scope, basis: "inferred", reason };
}

/** `what` is shown as written: a name, or a call. */
function unknown(what: string): ScopeClaim {
  const reason = `nothing is known of \`${what}\`: counted as new in every call`;
  return { scope: "request", basis: "unknown", reason };
}

/** True for names of the earlier turns, such as `chat_history` or `messages`, but not `order_history`. */
export function isHistoryName(name: string): boolean {
  const component = withoutLastIndex(name).split(".").at(-1) ?? "";
  const words = splitWords(component);
  if (historyPhrases.has(words.join(" "))) return true;
  const head = words.at(-1);
  if (head !== "history" && head !== "messages" && head !== "turns") return false;
  return words.slice(0, -1).every((word) => historyQualifiers.has(word));
}

/** The rule for one word; of two rules that know it, the earlier one. */
const ruleOf: ReadonlyMap<string, WordRule> = new Map(
  wordRules.toReversed().flatMap((rule) => [...rule.words].map((word) => [word, rule] as const)),
);

function speaksOfClock(words: readonly string[]): string | null {
  let head = words.length - 1;
  while (head > 0 && clockSuffixes.has(words[head]!)) head--;
  const word = words[head];
  if (word === undefined || !clockWords.has(word)) return null;
  const before = words[head - 1];
  return before !== undefined && datedFacts.has(before) ? null : word;
}

function volatileName(parts: readonly (readonly string[])[]): ScopeClaim | null {
  const last = parts.at(-1) ?? [];
  const head = last.at(-1) ?? "";
  const isAbout = last.length > 1 && (configurationWords.has(head) || aboutWords.has(head));
  const never = isAbout ? undefined : last.find((word) => neverRepeating.words.has(word));
  if (never !== undefined) return inferred("volatile", `"${never}" ${neverRepeating.says}`);
  if (last.at(-1) === "id" && last.length > 1 && callWords.has(last.at(-2)!)) {
    return inferred("volatile", `"${last.join(" ")}" is made anew for each call`);
  }
  const clock = speaksOfClock(last);
  if (clock === null) return null;
  // The date of an order or of a document is a fact about it, and changes as often as that does.
  const isFact = parts.length > 1 && !parts[0]!.some((word) => clockOwners.has(word));
  if (isFact) return null;
  const isOfDay = dayWords.has(clock) && !last.some((word) => timeWords.has(word));
  return isOfDay
    ? inferred("day", `"${clock}" speaks of the day`)
    : inferred("volatile", `"${clock}" speaks of the clock`);
}

/** Limits and counts that are set, whoever they belong to: `n`, `max_entities`. */
function amountName(parts: readonly (readonly string[])[]): ScopeClaim | null {
  const last = parts.at(-1) ?? [];
  const [first] = last;
  const isAmount = last.join(" ") === "n" || (last.length > 1 && amountWords.has(first!));
  return isAmount
    ? inferred("constant", `"${first}" speaks of an amount that is set: fixed at deployment`)
    : null;
}

/** A person or a tenant, whose settings are their own. */
function isOwner(word: string): boolean {
  const rule = ruleOf.get(word);
  return rule?.scope === "tenant" || (rule?.scope === "session" && rule !== wordRules[0]);
}

/** Switches and parts of the program, whatever else the name speaks of. `null` for any other name. */
function settingName(parts: readonly (readonly string[])[]): ScopeClaim | null {
  const last = parts.at(-1) ?? [];
  const [first] = last;
  if (first === undefined) return null;
  const isFlag = last.length > 1 && flagWords.has(first);
  if (isFlag) return inferred("constant", `"${first}" begins the name of a switch: fixed at deployment`);
  const head = last.at(-1)!;
  if (configurationWords.has(head) && !last.some(isOwner)) {
    return inferred("constant", `"${head}" ends the name of a setting: fixed at deployment`);
  }
  if (last.length > 1 && /^(?:path|file|dir)$/.test(last.at(-1)!) && partPlaces.has(last.at(-2)!)) {
    return inferred(
      "constant",
      `"${last.slice(-2).join(" ")}" says where a part of the program lies: fixed at deployment`,
    );
  }
  if (last.length > 1 && last.at(-1) === "name" && partNames.has(last.at(-2)!)) {
    return inferred(
      "constant",
      `"${last.slice(-2).join(" ")}" names a part of the program: fixed at deployment`,
    );
  }
  return null;
}

/** A field of the program's options, whatever it is called. */
function settingOf(parts: readonly (readonly string[])[]): ScopeClaim | null {
  const owner = parts.slice(0, -1).find((part) => settingOwners.has(part.at(-1)!));
  if (owner === undefined) return null;
  return inferred("constant", `"${owner.at(-1)}" holds settings: fixed at deployment`);
}

/**
 * The words of a name that may decide: the last one, and the one before where that says little. Of two words the first may
 * say whose it is, as in `user_plan`, but not what a call is about: `context_filenames`.
 */
function decidingWords(part: readonly string[]): readonly string[] {
  // A prompt that something else is named for is a part of this one: the word says nothing of it.
  if (part.length > 1 && part.at(-1) === "prompt") {
    return promptSenders.has(part.at(-2)!) ? part.slice(-1) : part.slice(0, -1);
  }
  const isVague = genericWords.has(part.at(-1)!) || vagueWords.has(part.at(-1)!);
  if (part.length > 2) return part.slice(isVague ? -2 : -1);
  return part.filter(
    (word, at) => isVague || at === part.length - 1 || ruleOf.get(word)?.scope !== "request",
  );
}

/** What the name alone tells of a hole, such as `customer.name`. */
export function inferScope(name: string): ScopeClaim {
  const parts = withoutIndexes(name)
    .split(".")
    .map(splitWords)
    .filter((part) => part.length > 0);
  const volatile = volatileName(parts);
  if (volatile !== null) return volatile;
  if (isHistoryName(name))
    return inferred("session", `"${name}" holds the earlier turns of the conversation`);
  if (/^name$|\b(?:first|last|full|given|family|nick) name$/.test(parts.flat().join(" "))) {
    return inferred("session", `"${name}" names one person: the same within a conversation`);
  }
  const owner = parts.length > 1 ? parts[0]!.join("_") : "";
  if (isHistoryName(owner))
    return inferred("session", `"${owner}" holds the earlier turns of the conversation`);
  const isOfSomebody = parts.slice(0, -1).some((part) => part.some((word) => ruleOf.has(word)));
  const setting = amountName(parts) ?? (isOfSomebody ? null : settingName(parts)) ?? settingOf(parts);
  if (setting !== null) return setting;
  const joined = parts.flat().join(" ");
  if (/^system (message|prompt|instructions?)$/.test(joined)) {
    return inferred("constant", `"${joined}" speaks of something that is fixed at deployment`);
  }
  if (/^(?:(?:subscription|pricing|service|billing|customer|user|account) )?plan$/.test(joined)) {
    return inferred("tenant", `"${joined}" speaks of a tenant: the same in all its conversations`);
  }
  const claims = parts
    .flatMap(decidingWords)
    .toReversed()
    .flatMap((word) => {
      const rule = ruleOf.get(word);
      return rule === undefined ? [] : [inferred(rule.scope, `"${word}" ${rule.says}`)];
    });
  const [first, second] = claims;
  // The title of a customer changes as often as the customer does.
  const lastWord = joined.split(" ").at(-1)!;
  const isOfOwner = genericWords.has(lastWord) || (lastWord === "path" && parts.length > 1);
  const head = second !== undefined && isOfOwner ? second : first;
  if (head === undefined) {
    const last = parts.at(-1)?.at(-1) ?? "";
    return settingWords.has(last)
      ? inferred("constant", `"${last}" speaks of a setting: fixed at deployment`)
      : unknown(name);
  }
  // `user_instructions` are fixed for that user only: an owner named before something steadier decides.
  const steadier =
    head.scope === "constant" ? ["session", "tenant"] : head.scope === "tenant" ? ["session"] : [];
  const others = head === second ? claims.slice(1) : claims;
  return others.find((claim) => steadier.includes(claim.scope)) ?? head;
}

/** `datetime.today()` gives the time too, `datetime.date.today()` does not, and `weather.today()` is no date. */
function isOfDay(owner: string | undefined): boolean {
  if (owner === undefined) return true;
  const words = splitWords(owner);
  return words.some((word) => dayOwners.has(word)) && !words.some((word) => timeWords.has(word));
}

/** Scope of a call: its own name, when that tells of a clock or of chance, and else what it is given. */
export function inferCall(name: string, given: readonly ScopeClaim[]): ScopeClaim {
  const last = name.split(".").at(-1) ?? name;
  if (dayCalls.has(last.toLowerCase()) && isOfDay(name.split(".").at(-2))) {
    return inferred("day", `\`${name}()\` gives another value every day`);
  }
  if (volatileCalls.has(last.toLowerCase())) {
    return inferred("volatile", `\`${name}()\` gives another value each time`);
  }
  const most = mostVolatile(given);
  if (most !== null) return most;
  const byName = inferScope(name);
  return byName.basis === "unknown" ? unknown(`${name}()`) : byName;
}

/** What filters change about a claim: some draw anew, and JSON keeps whatever key order it is given. */
export function withFilters(
  claim: ScopeClaim,
  filters: readonly { name: string; text: string }[],
): ScopeClaim {
  for (const filter of filters) {
    if (volatileCalls.has(filter.name) && filter.name !== "date") {
      return inferred("volatile", `the filter \`${filter.name}\` gives another value each time`);
    }
  }
  const json = filters.find((filter) => filter.name === "tojson" || filter.name === "to_json");
  if (json === undefined || json.text.includes("sort_keys")) return claim;
  return { ...claim, reason: `${claim.reason}; \`${json.name}\` keeps the key order that it is given` };
}

/** Scopes that the author declared, by hole name. A name also speaks for its parts: `customer` for `customer.name`. */
export type Declarations = ReadonlyMap<string, Scope>;

/** The declaration that speaks for `name`: the longest one that is the name or an owner of it. */
export function declaredFor(name: string, declarations: Declarations): Scope | null {
  if (declarations.size === 0) return null;
  let owner = withoutDeepParts(name);
  while (owner !== "") {
    const scope = declarations.get(owner);
    if (scope !== undefined) return scope;
    const bracket = owner.endsWith("]") ? owner.lastIndexOf("[") : -1;
    owner = owner.slice(0, bracket >= 0 ? bracket : Math.max(owner.lastIndexOf("."), 0));
  }
  return null;
}

export const declaredHere = "declared in this template";

/** What the template itself declares of the name; what is inferred where it declares nothing. */
export function claimFor(name: string, declarations: Declarations, infer: () => ScopeClaim): ScopeClaim {
  const scope = declaredFor(name, declarations);
  return scope === null ? infer() : { scope, basis: "declared", reason: declaredHere };
}

/**
 * The template with declared scopes in place of inferred ones, into blocks and resolved includes.
 * What the template itself declares stays. Items of a loop follow the list that they come from.
 */
export function declareScopes(template: Template, declarations: Declarations, reason: string): Template {
  if (declarations.size === 0) return template;
  return { ...template, segments: declareSegments(template.segments, declarations, reason) };
}

export function declareSegments(
  segments: readonly Segment[],
  declarations: Declarations,
  reason: string,
): readonly Segment[] {
  const claimOf = (name: string, present: ScopeClaim): ScopeClaim => {
    if (present.basis === "declared") return present;
    const scope = declaredFor(name, declarations);
    return scope === null ? present : { scope, basis: "declared", reason };
  };
  return segments.map((segment): Segment => {
    if (segment.kind === "hole") return { ...segment, scope: claimOf(segment.name, segment.scope) };
    if (segment.kind === "include" && segment.resolved !== null) {
      const { path, segments: inner } = segment.resolved;
      return { ...segment, resolved: { path, segments: declareSegments(inner, declarations, reason) } };
    }
    if (segment.kind !== "block") return segment;
    const scope = claimOf(segment.name, segment.scope);
    const inBody = new Map(declarations);
    if (segment.form === "loop" && segment.item !== null) {
      inBody.delete(segment.item);
      if (scope.basis === "declared") inBody.set(segment.item, scope.scope);
    }
    return {
      ...segment,
      scope,
      body: declareSegments(segment.body, inBody, reason),
      otherwise: declareSegments(segment.otherwise, declarations, reason),
    };
  });
}
