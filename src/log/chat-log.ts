/**
 * Reader of chat logs: JSON lines, one conversation each, with `messages` of `role` and `content` as chat interfaces take
 * them; a JSON array of messages, or of conversations, is read too. `is_demo` (SWE-agent) marks a message of the prompt
 * that belongs to no turn. Reasoning is what `reasoning_content` holds, or what stands between think tags at the start.
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
  return { conversations, problems };
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
  const fields = fieldsOf(value);
  const list = Array.isArray(value) ? (value as readonly unknown[]) : fields["messages"];
  if (!Array.isArray(list) || list.length === 0) return 'There are no "messages" with "role" and "content".';
  const messages: ChatMessage[] = [];
  for (const [index, entry] of list.entries()) {
    const message = messageOf(fieldsOf(entry));
    if (message === null) return `Message ${index + 1} has no known "role", or no text as "content".`;
    messages.push(message);
  }
  const { id } = fields;
  return { id: typeof id === "string" || typeof id === "number" ? String(id) : place, messages };
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

function messageOf(fields: Fields): ChatMessage | null {
  const written = fields["role"];
  const role = typeof written === "string" && Object.hasOwn(roles, written) ? roles[written] : undefined;
  const content = textOf(fields["content"]);
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

/** Text, or the text parts of a list; a message that only calls tools has none. */
function textOf(content: unknown): string | null {
  if (content === null || content === undefined) return "";
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return null;
  return content
    .map((part: unknown) => fieldsOf(part)["text"])
    .filter((text) => typeof text === "string")
    .join("");
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function isMessage(value: unknown): boolean {
  return "role" in fieldsOf(value);
}
