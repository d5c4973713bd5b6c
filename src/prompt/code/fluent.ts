/** Requests that a chain of calls puts together: `client.prompt().system("…").user("…").call()`, as builders do. */
import { lowerFirst } from "../names.ts";
import { strFormatEngine } from "../str-format.ts";
import type { Role } from "../template.ts";
import { listOf, spreadOf } from "./lists.ts";
import { roleOfMethod, saysThatItAdds } from "./message-names.ts";
import { applyEngine, knownText, type Piece } from "./pieces.ts";
import { type CallValue, type CodeValue, lastPart, piecesOf } from "./values.ts";

/** Longer chains are no requests. */
const longest = 64;

/** Whether a chain with such a name may give a request its messages. */
export function mayBeFluent(callee: string): boolean {
  return callee.split(".").some((part) => roleOfMethod(part) !== null || takesMessages.test(part));
}

const takesMessages = /^(?:add|with|append|push)?_?messages?$/i;

/** `.tools(new Calculator())`, `.defaultTools(…)`, `.defaultToolCallbacks(…)`. */
const takesTools = /^(?:default)?_?(?:tools?|tool_?callbacks?|tool_?names)$/i;

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

/** The call with all that the calls before it in the chain give the request; any other call as it is. */
export function unchained(given: CallValue): CallValue {
  const call = withOptions(given);
  const links = linksOf(call);
  if (links.length < 2 && !(call.callee.includes(".") && saysThatItAdds(lastPart(call.callee)))) return call;
  const messages: CodeValue[] = [];
  const systems: CodeValue[] = [];
  const named = new Map<string, CodeValue>();
  for (const link of links) {
    const [only, ...others] = link.positional;
    if (only === undefined || others.length > 0) continue;
    const name = lastPart(link.callee);
    const role = roleOfMethod(name);
    if (role !== null) {
      const content = saidBy(only);
      if (role === "system") systems.push(content);
      messages.push(messageCall(link, role, content));
    } else if (takesMessages.test(name)) messages.push(...itemsOf(only));
    else if (link !== call) named.set(name, only);
  }
  if (messages.length === 0) return call;
  const tools = toolsOfLinks(links);
  if (tools !== null) named.set("tools", tools);
  // Instructions alone stand before a conversation that is given elsewhere.
  if (systems.length === 1 && messages.length === 1) named.set("system", systems[0]!);
  else named.set("messages", listOf(call, messages));
  // `agent.prompt("…")` asks something behind what the chain has said.
  const last = lastPart(call.callee);
  const isTold = roleOfMethod(last) !== null || takesMessages.test(last);
  return {
    ...call,
    named: new Map([...named, ...call.named]),
    positional: isTold ? [] : call.positional,
  };
}

/**
 * What a function says that is given what the message is made with: `.system(s -> s.text("… {voice}").param("voice", voice))` of
 * Spring AI (1.0, `ChatClient.PromptSystemSpec`), where the text is a template.
 */
function saidBy(value: CodeValue): CodeValue {
  const made = value.kind === "function" ? value.returned() : null;
  if (made?.kind !== "call") return value;
  const links = linksOf(made);
  const text = links.find(({ callee }) => lastPart(callee) === "text")?.positional[0];
  if (text?.kind !== "text") return value;
  const values = new Map<string, readonly Piece[]>();
  for (const { callee, positional, named } of links) {
    const [name, given] = positional;
    if (lastPart(callee) === "param" && name?.kind === "text" && given !== undefined)
      values.set(knownText(name.pieces), piecesOf(given));
    if (lastPart(callee) === "params") for (const [key, each] of named) values.set(key, piecesOf(each));
  }
  const pieces = applyEngine("", text.pieces, { engine: strFormatEngine, values }, []);
  return { ...text, pieces, isFilled: true };
}

function itemsOf(value: CodeValue): readonly CodeValue[] {
  return value.kind === "list" && value.reference === null
    ? value.items
    : [value.kind === "list" ? spreadOf(value) : value];
}

/** A message by itself: what else the chain says is none of it. */
export function messageCall({ receiver: _, ...link }: CallValue, role: Role, content: CodeValue): CallValue {
  return { ...link, callee: `${role}Message`, positional: [content], named: new Map() };
}
