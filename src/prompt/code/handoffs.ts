/**
 * Agents that a conversation may be handed over to: each is offered to the model as a tool that its framework writes.
 * openai-agents-python at 9f63bfd, src/agents/handoffs/__init__.py and src/agents/util/_transforms.py; openai-agents-js,
 * packages/agents-core/src/handoff.ts.
 */
import { knownText } from "./pieces.ts";
import { type CallValue, type CodeValue, callBehind, lastPart } from "./values.ts";

interface Handoff {
  readonly name: string;
  readonly description: string;
}

/** The tool of an agent, or of `handoff(agent)`; `null` for any other value, and where nobody sees the agent's name. */
export function handoffOf(value: CodeValue): Handoff | null {
  const call = callBehind(value);
  if (call === null) return null;
  const isWrapped = lastPart(call.callee) === "handoff";
  const wrapped = isWrapped ? (call.named.get("agent") ?? call.positional[0]) : call;
  const agent = wrapped === undefined ? null : callBehind(wrapped);
  if (agent?.kind !== "call" || !/(?:^|\.)(?:\w*Agent|Agent\.create)$/.test(agent.callee)) return null;
  const called = textNamed(agent, "name");
  if (called === null) return null;
  const about = textNamed(agent, "handoff_description", "handoffDescription") ?? "";
  const own = isWrapped ? call : null;
  return {
    name: textNamed(own, "tool_name_override", "toolNameOverride") ?? nameOfHandoff(agent, called),
    description:
      textNamed(own, "tool_description_override", "toolDescriptionOverride") ??
      `Handoff to the ${called} agent to handle the request. ${about}`,
  };
}

/** In Python in small letters, in JavaScript, where an object holds what is given, as the agent is called. */
function nameOfHandoff({ writtenIn }: CallValue, agent: string): string {
  const name = `transfer_to_${agent}`.replace(/\W/g, "_");
  return writtenIn === undefined ? name.toLowerCase() : name;
}

function textNamed(call: CallValue | null, ...names: readonly string[]): string | null {
  const value = names.map((name) => call?.named.get(name)).find((found) => found !== undefined);
  return value?.kind === "text" ? knownText(value.pieces) : null;
}
