/** Requests that a chain of calls puts together: `client.prompt().system("…").user("…").call()`, as builders do. */
import { lowerFirst } from "../names.ts";
import type { Role } from "../template.ts";
import type { TextRange } from "../text.ts";
import type { CallExpression } from "./expression.ts";
import { listOf, spreadOf } from "./lists.ts";
import { roleOfMethod, saysThatItAdds } from "./message-names.ts";
import { type CallValue, type CodeValue, lastPart } from "./values.ts";

/** Longer chains are no requests. */
const longest = 64;

/** Whether a chain with such a name may give a request its messages. */
export function mayBeFluent(callee: string): boolean {
  return callee.split(".").some((part) => roleOfMethod(part) !== null || takesMessages.test(part));
}

const takesMessages = /^(?:add|with|append|push)?_?messages?$/i;

/** `.tools(new Calculator())`, `.defaultTools(…)`, `.defaultToolCallbacks(…)`, `.addTool(…)`. */
const takesTools = /^(?:default|add|with)?_?(?:tools?|tool_?callbacks?|tool_?names)$/i;

/** What a call gives a request by its name, where that is no message: its tools as a list, any other value alone. */
export function settingOf(link: CallValue): readonly [name: string, value: CodeValue] | null {
  const tools = toolsOfLinks([link]);
  if (tools !== null) return ["tools", tools];
  const [only, ...others] = link.positional;
  return only === undefined || others.length > 0 ? null : [lastPart(link.callee), only];
}

/** All tools that the calls of a chain give; `null` where none does. */
export function toolsOfLinks(links: readonly CallValue[]): CodeValue | null {
  const given = links.filter(({ callee }) => takesTools.test(lastPart(callee)));
  const [first] = given;
  const tools = given.flatMap(({ positional }) => positional.flatMap(itemsOf));
  return first === undefined || tools.length === 0 ? null : listOf(first, tools);
}

/** What an option gives that is a call, `WithSystem("…")`, as libraries of Go take them; `null` for any other call. */
export function optionOf(callee: string): string | null {
  const name = /^With([A-Z]\w*)$/.exec(lastPart(callee))?.[1];
  return name === undefined ? null : lowerFirst(name);
}

/**
 * The call with what its options give: `genkit.Generate(ctx, g, ai.WithSystem("…"), ai.WithPrompt("…"))`.
 * https://pkg.go.dev/github.com/firebase/genkit/go/ai
 */
function withOptions(call: CallValue): CallValue {
  const named = new Map<string, CodeValue>();
  const messages: CodeValue[] = [];
  for (const option of call.positional) {
    const name = option.kind === "call" ? optionOf(option.callee) : null;
    if (option.kind !== "call" || name === null) continue;
    const [first, ...others] = option.positional;
    const role = roleOfMethod(name);
    if (takesMessages.test(name)) messages.push(...option.positional.flatMap(itemsOf));
    else if (first === undefined) continue;
    else if (name === "tools" && first.kind !== "list") named.set(name, listOf(option, [first, ...others]));
    else if (role === null) named.set(name, first);
    else if (role === "system") named.set("system", first);
    else messages.push(messageCall(option, role, first));
  }
  if (messages.length > 0) named.set("messages", listOf(call, messages));
  return named.size === 0 ? call : { ...call, named: new Map([...named, ...call.named]) };
}

/** The calls of a chain in their order. */
export function linksOf(call: CallValue): readonly CallValue[] {
  const links: CallValue[] = [];
  let at: CodeValue | null = call;
  while (at?.kind === "call" && links.length < longest) {
    links.unshift(at);
    at = at.receiver?.() ?? null;
  }
  return links;
}

/** The call with what the calls before it in the chain name: `Args::default().content("…").build()`. */
export function withChainNames(call: CallValue): CallValue {
  const links = linksOf(call);
  if (links.length < 2) return call;
  const named = new Map<string, CodeValue>();
  const first = links.find(({ positional }) => positional.length > 0);
  for (const link of links) {
    const [only, ...others] = link.positional;
    if (only !== undefined && others.length === 0) named.set(lastPart(link.callee), only);
    for (const [name, value] of link.named) named.set(name, value);
  }
  return { ...call, named: new Map([...named, ...call.named]), positional: first?.positional ?? [] };
}

/** What one call of a chain gives a request. */
interface Told {
  readonly messages: readonly CodeValue[];
  /** What stands before the conversation; `null` for anything else. */
  readonly system: CodeValue | null;
}

/** `null` for a call that gives no message. */
export function toldBy(link: CallValue): Told | null {
  const [only, ...others] = link.positional;
  const name = lastPart(link.callee);
  if (only !== undefined && others.length === 0 && name === "context" && isOfAgent(link))
    return { messages: [messageCall(link, "user", only)], system: null };
  const role = only === undefined || others.length > 0 ? null : roleOfMethod(name);
  if (only === undefined) return null;
  if (role !== null) {
    return { messages: [messageCall(link, role, only)], system: role === "system" ? only : null };
  }
  if (!takesMessages.test(name) || only.kind === "text") return null;
  return { messages: link.positional.flatMap(itemsOf), system: null };
}

/**
 * `client.agent("…").preamble("…").context("…")` of Rig 0.20, which sends what it is given as a message of the user before the
 * conversation; `context` behind the answer says what failed.
 */
function isOfAgent(link: CallValue): boolean {
  const before = link.callee.split(".").slice(0, -1);
  return (
    link.isTelling === true ||
    (before.includes("preamble") && !before.some((name) => asks.test(name) || name === "build"))
  );
}

/** Calls that tell more to objects which are told a request: their tools, and what stands before the conversation. */
export function tellsMore(name: string): boolean {
  return takesTools.test(name) || name === "context";
}

/**
 * Calls of a client that begin a request of their own, which the client itself knows nothing of:
 * `client.agent("…").preamble("…")` of Rig 0.20.
 */
export function beginsAnother(name: string): boolean {
  return /^(?:agent|extractor|completion_?(?:model|request))$/i.test(name);
}

/** Whether a call adds what the model has said: it is asked by then. */
export function tellsAnswer({ callee }: CallValue): boolean {
  return roleOfMethod(lastPart(callee)) === "assistant";
}

/** Whether a method of this name tells an object a part of a request. */
export function tellsRequest(name: string): boolean {
  return (
    tellsWithoutDoubt(name) ||
    /^(?:default)?_?(?:system|user|developer|assistant|preamble|instructions?)$/i.test(name)
  );
}

/** The same whatever it is called on: `user(…)` says less than `addUserMessage(…)`. */
export function tellsWithoutDoubt(name: string): boolean {
  return takesMessages.test(name) || (saysThatItAdds(name) && roleOfMethod(name) !== null);
}

/** Methods of an object that was told messages which give all of them: `builder.build()`, `memory.messages()`. */
export function givesWhole({ name, arguments: given }: CallExpression): boolean {
  return (
    given.length === 0 &&
    /^(?:build|(?:get|to)?_?(?:messages|message_?list|list|array|request|params))$/i.test(name)
  );
}

/** What an object holds already that messages are told to: what its chain gives, nothing, or what only a run knows. */
export function begunBy(call: CallValue): {
  readonly items: readonly CodeValue[];
  readonly told: ReadonlyMap<string, CodeValue>;
} {
  const { named } = unchained(call);
  const [messages, system] = [named.get("messages"), named.get("system")];
  const head = system === undefined ? [] : [messageCall(call, "system", system)];
  const items = messages?.kind === "list" ? [...head, ...messages.items] : head;
  const told = new Map([...named].filter(([name]) => name !== "messages" && name !== "system"));
  return { items: items.length > 0 || isNew(call) ? items : [spreadOf(call)], told };
}

/** Whether nothing can be in what a call makes: not what it loads, or finds in a store. */
function isNew({ callee }: CallValue): boolean {
  const names = callee.split(".");
  const isKept = names.some((name) => keeping.test(name));
  return (
    !isKept &&
    (names.some((name) => /^[A-Z]/.test(name)) || /^(?:prompt|builder|new|create)$/i.test(names.at(-1)!))
  );
}

const keeping =
  /^(?:load|get|find|fetch|read|restore|parse|deserialize|from|copy|first|last|where)(?:$|_|[A-Z])|(?:Store|Repository|Provider)$/;

/** The call with all that the calls before it in the chain give the request; any other call as it is. */
export function unchained(given: CallValue): CallValue {
  const call = withOptions(given);
  const links = linksOf(call);
  const root = links[0]?.receiver?.() ?? null;
  const before = root?.kind === "list" && root.told !== undefined ? root : null;
  const isAlone = links.length < 2 && !(call.callee.includes(".") && saysThatItAdds(lastPart(call.callee)));
  if (isAlone && before === null) return call;
  const told = before === null ? [] : itemsOf(before);
  const messages: CodeValue[] = [...told];
  const systems: CodeValue[] = told.length === 1 ? before!.items.flatMap(saidAsSystem) : [];
  const named = new Map<string, CodeValue>(before?.told);
  for (const link of links.filter((each) => !isReplaced(each, links))) {
    const said = toldBy(link);
    if (said !== null) {
      messages.push(...said.messages);
      if (said.system !== null) systems.push(said.system);
      continue;
    }
    const [only, ...others] = link.positional;
    if (link !== call && only !== undefined && others.length === 0) named.set(lastPart(link.callee), only);
  }
  if (messages.length === 0) return call;
  const tools = [before?.told?.get("tools"), toolsOfLinks(links)].flatMap((value) =>
    value == null ? [] : itemsOf(value),
  );
  if (tools.length > 0) named.set("tools", listOf(call, tools));
  // Instructions alone stand before a conversation that is given elsewhere.
  const isStanding = systems.length === 1 && messages.length === 1 && (before?.items.length ?? 1) === 1;
  const asked = toldBy(call) === null ? askedBy(call) : [];
  if (isStanding && asked.length === 0) named.set("system", systems[0]!);
  else named.set("messages", listOf(call, [...messages, ...asked]));
  return {
    ...call,
    named: new Map([...named, ...call.named]),
    positional: toldBy(call) === null && asked.length === 0 ? call.positional : [],
    toldAt: [
      ...(before?.parts ?? []),
      ...links.map(({ range }) => range).filter((range) => !isIn(range, call.range)),
    ],
  };
}

/** `defaultSystem("…")` of Spring AI is sent where the request says nothing in its place. */
function isReplaced(link: CallValue, links: readonly CallValue[]): boolean {
  const name = /^default_?(system|user)$/i.exec(lastPart(link.callee))?.[1]?.toLowerCase();
  return name !== undefined && links.some(({ callee }) => lastPart(callee) === name);
}

function isIn(inner: TextRange, outer: TextRange): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/**
 * What is asked behind all that a chain has said: `agent.prompt("…")` and `agent.chat("…", history)` of Rig 0.20, where the
 * history stands before it, `chat.ask("…")` of RubyLLM 1.
 */
function askedBy(call: CallValue): readonly CodeValue[] {
  const [question, ...others] = call.positional;
  if (question === undefined || !asks.test(lastPart(call.callee))) return [];
  if (!["text", "opaque", "call"].includes(question.kind)) return [];
  const history = others.filter(({ kind }) => kind === "opaque" || kind === "list").map(spreadOf);
  return [...history, messageCall(call, "user", question)];
}

const asks = /^(?:prompt|ask|chat|(?:stream|send)_?(?:prompt|chat|message))$/i;

/** The items of a list that is written here; what has a name stays one, so that it is known where that is. */
function itemsOf(value: CodeValue): readonly CodeValue[] {
  return value.kind === "list" && value.reference === null
    ? value.items
    : [value.kind === "list" ? spreadOf(value) : value];
}

function saidAsSystem(value: CodeValue): readonly CodeValue[] {
  const [said] = value.kind === "call" && value.callee === "systemMessage" ? value.positional : [];
  return said === undefined ? [] : [said];
}

/** A message by itself: what else the chain says is none of it. */
export function messageCall({ receiver: _, ...link }: CallValue, role: Role, content: CodeValue): CallValue {
  return { ...link, callee: `${role}Message`, positional: [content], named: new Map() };
}
