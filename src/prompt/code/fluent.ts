/** Requests that a chain of calls puts together: `client.prompt().system("…").user("…").call()`, as builders do. */
import { strFormatEngine } from "../str-format.ts";
import type { Role } from "../template.ts";
import { spreadOf } from "./lists.ts";
import { roleOfMethod } from "./message-names.ts";
import { applyEngine, knownText, type Piece } from "./pieces.ts";
import { type CallValue, type CodeValue, type ListValue, lastPart, piecesOf } from "./values.ts";

/** Longer chains are no requests. */
const longest = 64;

/** Whether a chain with such a name may give a request its messages. */
export function mayBeFluent(callee: string): boolean {
  return callee.split(".").some((part) => roleOfMethod(part) !== null || takesMessages.test(part));
}

const takesMessages = /^(?:add|with)?_?messages?$/i;

/** The calls of a chain in their order. */
function linksOf(call: CallValue): readonly CallValue[] {
  const links: CallValue[] = [];
  let at: CodeValue | null = call;
  while (at?.kind === "call" && links.length < longest) {
    links.unshift(at);
    at = at.receiver?.() ?? null;
  }
  return links;
}

/** The call with all that the calls before it in the chain give the request; any other call as it is. */
export function unchained(call: CallValue): CallValue {
  const links = linksOf(call);
  if (links.length < 2) return call;
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
  // Instructions alone stand before a conversation that is given elsewhere.
  if (systems.length === 1 && messages.length === 1) named.set("system", systems[0]!);
  else named.set("messages", listOf(call, messages));
  return { ...call, named: new Map([...named, ...call.named]), positional: [] };
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

function messageCall(link: CallValue, role: Role, content: CodeValue): CallValue {
  return { ...link, callee: `${role}Message`, positional: [content], named: new Map() };
}

function listOf({ range, hole }: CallValue, items: readonly CodeValue[]): ListValue {
  return { kind: "list", range, hole, items, reference: null };
}
