/** Requests that a chain of calls puts together: `client.prompt().system("…").user("…").call()`, as builders do. */
import type { Role } from "../template.ts";
import { spreadOf } from "./lists.ts";
import { roleOfMethod, saysThatItAdds } from "./message-names.ts";
import { type CallValue, type CodeValue, type ListValue, lastPart } from "./values.ts";

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
      if (role === "system") systems.push(only);
      messages.push(messageCall(link, role, only));
    } else if (takesMessages.test(name)) messages.push(...itemsOf(only));
    else if (link !== call) named.set(name, only);
  }
  if (messages.length === 0) return call;
  // Instructions alone stand before a conversation that is given elsewhere.
  if (systems.length === 1 && messages.length === 1) named.set("system", systems[0]!);
  else named.set("messages", listOf(call, messages));
  return { ...call, named: new Map([...named, ...call.named]), positional: [] };
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
