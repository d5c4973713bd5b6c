/**
 * Reader of chat logs: JSON lines, one conversation each, with `messages` of `role` and `content` as chat interfaces take
 * them; a JSON array of messages, or of conversations, is read too. `is_demo` (SWE-agent) marks a message of the prompt
 * that belongs to no turn. Reasoning is what `reasoning_content` holds, or what stands between think tags at the start.
 * A body of a request counts as its conversation, alone or as `request` or `body` of a record: what `tools`, `system` and
 * `instructions` hold stands in front, calls of tools and what they gave are text. Of bodies that go on from each other the
 * last one counts.
 */

export type ChatRole = "system" | "developer" | "user" | "assistant" | "tool";

export interface ChatMessage {
  readonly role: ChatRole;
  readonly text: string;
  /** With its tags and the blank lines behind it; absent where there is none. */
  readonly reasoning?: string;
  readonly isDemonstration?: boolean;
}

export interface Conversation {
  readonly id: string;
  readonly messages: readonly ChatMessage[];
}

export interface ChatLogProblem {
  /** Counts from 1. */
  readonly line: number;
  readonly message: string;
}

export interface ChatLog {
  readonly conversations: readonly Conversation[];
  /** Conversations that are left out, and why. */
  readonly problems: readonly ChatLogProblem[];
}

export function readChatLog(text: string): ChatLog {
  const conversations: Conversation[] = [];
  const problems: ChatLogProblem[] = [];
  for (const { line, value } of entriesOf(text, problems)) {
    const conversation = conversationOf(value, `line ${line}`);
    if (typeof conversation === "string") problems.push({ line, message: conversation });
    else conversations.push(conversation);
  }
  return { conversations: withoutContinued(conversations), problems };
}

/** Without those that a later one begins with, but for what the system says. O(messages). */
function withoutContinued(conversations: readonly Conversation[]): readonly Conversation[] {
  const begun = new Set<string>();
  const kept: Conversation[] = [];
  for (const conversation of conversations.toReversed()) {
    const beginnings = beginningsOf(conversation);
    const whole = beginnings.at(-1);
    if (whole === undefined || !begun.has(whole)) kept.push(conversation);
    // A conversation that ends with an answer is whole: others may begin alike.
    if (!endsWithAnswer(conversation)) for (const each of beginnings.slice(0, -1)) begun.add(each);
  }
  return kept.reverse();
}

function endsWithAnswer({ messages }: Conversation): boolean {
  return messages.at(-1)?.role === "assistant";
}

/** Of each sequence of leading messages a number that tells it from all others but by bad luck (two of 32 bits). */
function beginningsOf({ messages }: Conversation): readonly string[] {
  let [first, second] = [0x811c9dc5, 0x9e3779b9];
  return messages
    .filter(({ role }) => role !== "system" && role !== "developer")
    .map(({ role, text }) => {
      const said = `${role} ${text}`;
      for (let at = 0; at < said.length; at++) {
        first = Math.imul(first ^ said.charCodeAt(at), 0x01000193);
        second = Math.imul(second ^ said.charCodeAt(at), 0x85ebca6b);
      }
      return `${first} ${second}`;
    });
}

interface LogEntry {
  readonly line: number;
  readonly value: unknown;
}

/** One JSON value for the whole text, or one a line. */
function entriesOf(text: string, problems: ChatLogProblem[]): readonly LogEntry[] {
  const whole = parsed(text);
  if (whole !== undefined) {
    const isList = Array.isArray(whole) && !isMessage(whole[0]);
    return (isList ? whole : [whole]).map((value: unknown) => ({ line: 1, value }));
  }
  const entries: LogEntry[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const value = parsed(line);
    if (value === undefined) problems.push({ line: index + 1, message: "The line is no JSON." });
    else entries.push({ line: index + 1, value });
  }
  return entries;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The conversation, or what is wrong with it. */
function conversationOf(value: unknown, place: string): Conversation | string {
  const fields = bodyOf(fieldsOf(value));
  const list = Array.isArray(value) ? (value as readonly unknown[]) : fields["messages"];
  if (!Array.isArray(list) || list.length === 0) return 'There are no "messages" with "role" and "content".';
  const messages: ChatMessage[] = [];
  for (const [index, entry] of list.entries()) {
    const message = messageOf(fieldsOf(entry), "model" in fields);
    if (message === null) return `Message ${index + 1} has no known "role", or no text as "content".`;
    messages.push(message);
  }
  const { id } = fields;
  const all = [...standing(fields), ...messages];
  return { id: typeof id === "string" || typeof id === "number" ? String(id) : place, messages: all };
}

/** Of a record of a call the request. */
function bodyOf(fields: Fields): Fields {
  for (const key of ["request", "body", "request_body"]) {
    const inside = fieldsOf(fields[key]);
    if (!Array.isArray(fields["messages"]) && Object.keys(inside).length > 0) return bodyOf(inside);
  }
  return fields;
}

/** What a body says outside of its messages, in the order in which it is sent. */
function standing(fields: Fields): readonly ChatMessage[] {
  const { tools, system, instructions } = fields;
  const toolTexts = Array.isArray(tools) ? tools.map((tool: unknown) => JSON.stringify(tool)) : [];
  const texts = [toolTexts.join("\n"), textOf(system) ?? "", textOf(instructions) ?? ""];
  return texts.flatMap((text) => (text === "" ? [] : [{ role: "system", text } as const]));
}

const roles: Readonly<Record<string, ChatRole>> = {
  system: "system",
  developer: "developer",
  user: "user",
  human: "user",
  assistant: "assistant",
  ai: "assistant",
  tool: "tool",
  function: "tool",
};

const thinking = /^\s*<think>[\s\S]*?<\/think>\s*/;

/** Calls of tools beside the content are what a body sends; a conversation is the texts that it holds. */
function messageOf(fields: Fields, isOfBody: boolean): ChatMessage | null {
  const written = fields["role"];
  const role = typeof written === "string" && Object.hasOwn(roles, written) ? roles[written] : undefined;
  const content = withCalls(textOf(fields["content"]), isOfBody ? fields["tool_calls"] : null);
  if (role === undefined || content === null) return null;
  const { reasoning_content: given, is_demo } = fields;
  const separate = typeof given === "string" && given !== "" ? `<think>\n${given}\n</think>\n\n` : "";
  const reasoning = role === "assistant" ? separate || (thinking.exec(content)?.[0] ?? "") : "";
  const text = separate === "" ? content.slice(reasoning.length) : content;
  return {
    role,
    text,
    ...(reasoning === "" ? {} : { reasoning }),
    ...(is_demo === true ? { isDemonstration: true } : {}),
  };
}

/** The content, with the calls of tools that stand beside it. */
function withCalls(content: string | null, calls: unknown): string | null {
  if (content === null || !Array.isArray(calls)) return content;
  return (
    content + calls.map((call: unknown) => JSON.stringify(fieldsOf(call)["function"] ?? call)).join("\n")
  );
}

/**
 * Text, or the blocks of a list: texts as they are, what a tool gave as its text, calls of tools and anything else as JSON.
 * A message that only calls tools may have no content.
 */
function textOf(content: unknown): string | null {
  if (content === null || content === undefined) return "";
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map(blockText).join("") : null;
}

function blockText(block: unknown): string {
  if (typeof block === "string") return block;
  const fields = fieldsOf(block);
  const { text, thinking, content, type } = fields;
  if (typeof text === "string") return text;
  if (typeof thinking === "string") return thinking;
  if (type === "tool_result") return textOf(content) ?? "";
  const { cache_control: _, id: _id, type: _type, ...said } = fields;
  return Object.keys(said).length === 0 ? "" : JSON.stringify(said);
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function isMessage(value: unknown): boolean {
  return "role" in fieldsOf(value);
}
