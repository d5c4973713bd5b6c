/** Who sends a message, by what SDKs call the classes, functions and constants that make it. */
import { roleNamed } from "../role-lines.ts";
import type { Role } from "../template.ts";

const roles = "system|developer|user|human|assistant|ai|bot|model|tool|function";

/**
 * `SystemMessage` (LangChain, Spring AI, LangChain4j), `ChatCompletionUserMessageParam` and `ChatCompletionRequestSystemMessageArgs`
 * (OpenAI), `SystemChatMessage` (.NET), `NewUserMessage` (Anthropic for Go), `NewSystemTextMessage` (Genkit for Go), `SystemAgenticMessage` (Eino), `CreateSystemMessage`, `HumanMessagePromptTemplate`,
 * `AddUserMessage` (Semantic Kernel), `CreateUserMessageItem` (Responses for .NET).
 */
const maker = new RegExp(
  `^(?:new|create|add|of|make|from|as)?_?(?:chat|openai|anthropic)?(?:completions?)?(?:request)?_?(?:message)?_?(${roles})_?(?:chat|prompt|text|agentic)?_?message(?:_?param|s)?(?:prompt_?template|chunk|args|content|builder|item)?$`,
  "i",
);

/**
 * Constants and enums: `ChatMessageRoleSystem`, `Role.SYSTEM`, `ChatRole.User`, `RoleUser`, `ROLE_ASSISTANT`; members of the
 * unions of openai-go: `OfSystem`.
 */
const constant = new RegExp(`(?:^|[._:]|^of|role_?|type_?)(${roles})(?:message|_message)?$`, "i");

const otherNames: ReadonlyMap<string, Role> = new Map([
  ["human", "user"],
  ["ai", "assistant"],
  ["bot", "assistant"],
  ["model", "assistant"],
  ["function", "tool"],
]);

/** The role of this name, in the words of any library; `null` for one that no model knows. */
export function roleCalled(name: string): Role | null {
  return otherNames.get(name.toLowerCase()) ?? roleNamed(name);
}

/** The role of what a class or function of this name makes; `null` for anything but a message. */
export function roleOfMaker(name: string): Role | null {
  const said = maker.exec(name)?.[1]?.toLowerCase();
  return said === undefined ? null : roleCalled(said);
}

/** Classes whose functions make messages. */
const messageClass = /(?:Message|Msg)$/i;

/**
 * The role of what a call makes, by its dotted name: `SystemMessage`, `history.AddUserMessage`, `ChatMessage.system` (genai and
 * ollama-rs for Rust), `Message.user.content.build`; `null` for anything but a message.
 */
export function roleOfCallee(callee: string): Role | null {
  const parts = callee.split(".");
  for (let at = 0; at < parts.length; at++) {
    const role = roleOfMaker(parts[at]!);
    if (role !== null) return role;
    const made = messageClass.test(parts[at]!)
      ? madeRole.exec(parts[at + 1] ?? "")?.[1]?.toLowerCase()
      : undefined;
    if (made !== undefined) return roleCalled(made);
  }
  return null;
}

/** Functions of such a class: `Message::forSystem("…")` and `Message::ofUser("…")` (Symfony AI 0.1), `Message::system("…")` (LLPhant). */
const madeRole = new RegExp(`^(?:for|of|from|as|create|new)?_?(${roles})$`, "i");

/** The role that a constant of this name stands for; `null` for none. */
export function roleOfConstant(name: string): Role | null {
  const said = constant.exec(name)?.[1]?.toLowerCase();
  return said === undefined ? null : roleCalled(said);
}

/**
 * Methods that give a request its messages, one by one: `.system("…")`, `.addUserMessage("…")`, `.preamble("…")`; also
 * `.instructions("…")` (OpenAI's responses, ADK) and `.systemMessageProvider(id -> "…")` (LangChain4j).
 */
const adding = new RegExp(
  `^(?:add|append|with|default|set)?_?(${roles}|preamble|instructions?)_?(?:message|prompt|text|instructions?)?(?:provider)?$`,
  "i",
);

/**
 * `chat.with_instructions("…")` (RubyLLM 1), `->withInstructions('…')` (Neuron AI 2), and `->withPrompt('…')` (Prism 0.99), which is
 * what the user says.
 */
const instructing = /^(?:add|with|set)_?(?:system)?_?instructions?$/i;
const asking = /^with_?prompt$/i;

export function roleOfMethod(name: string): Role | null {
  if (instructing.test(name)) return "system";
  if (asking.test(name)) return "user";
  const said = adding.exec(name)?.[1]?.toLowerCase();
  if (said === undefined || said === "model" || said === "tool" || said === "function") return null;
  return /^(?:preamble|instructions?)$/.test(said) ? "system" : roleCalled(said);
}

/** Whether a method of this name gives a message to whatever it is called on: `system("…")` alone runs a command. */
export function saysThatItAdds(name: string): boolean {
  return /^(?:add|append|with|set)_?/i.test(name) && /(?:message|prompt|preamble|instructions?)$/i.test(name);
}
