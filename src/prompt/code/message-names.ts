/** Who sends a message, by what SDKs call the classes, functions and constants that make it. */
import { roleNamed } from "../role-lines.ts";
import type { Role } from "../template.ts";

const roles = "system|developer|user|human|assistant|ai|bot|model|tool|function";

/**
 * `SystemMessage` (LangChain, Spring AI, LangChain4j), `ChatCompletionUserMessageParam` and `ChatCompletionRequestSystemMessageArgs`
 * (OpenAI), `SystemChatMessage` (.NET), `NewUserMessage` (Anthropic for Go), `CreateSystemMessage`, `HumanMessagePromptTemplate`.
 */
const maker = new RegExp(
  `^(?:new|create|of|make|from|as)?_?(?:chat|openai|anthropic)?(?:completions?)?(?:request)?_?(?:message)?_?(${roles})_?(?:chat|prompt)?_?message(?:_?param|s)?(?:prompt_?template|chunk|args|content|builder)?$`,
  "i",
);

/** Constants and enums: `ChatMessageRoleSystem`, `Role.SYSTEM`, `ChatRole.User`, `RoleUser`, `ROLE_ASSISTANT`. */
const constant = new RegExp(`(?:^|[._:]|role_?|type_?)(${roles})(?:message|_message)?$`, "i");

const otherNames: ReadonlyMap<string, Role> = new Map([
  ["human", "user"],
  ["ai", "assistant"],
  ["bot", "assistant"],
  ["model", "assistant"],
  ["function", "tool"],
]);

function roleCalled(name: string): Role | null {
  return otherNames.get(name) ?? roleNamed(name);
}

/** The role of what a class or function of this name makes; `null` for anything but a message. */
export function roleOfMaker(name: string): Role | null {
  const said = maker.exec(name)?.[1]?.toLowerCase();
  return said === undefined ? null : roleCalled(said);
}

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

export function roleOfMethod(name: string): Role | null {
  const said = adding.exec(name)?.[1]?.toLowerCase();
  if (said === undefined || said === "model" || said === "tool" || said === "function") return null;
  return /^(?:preamble|instructions?)$/.test(said) ? "system" : roleCalled(said);
}
