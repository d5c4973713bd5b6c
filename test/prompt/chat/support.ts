import { builtInChatTemplates } from "../../../src/prompt/chat/built-in.ts";
import { ChatTemplate } from "../../../src/prompt/chat/chat-template.ts";

/** Compiles a template that is known to work. */
export function chatTemplate(source: string, specials: readonly string[] = []): ChatTemplate {
  const compiled = ChatTemplate.compile({ source, bos: "<bos>", eos: "<eos>", specials });
  if ("error" in compiled) throw new Error(compiled.error);
  return compiled.template;
}

export function builtIn(id: string): ChatTemplate {
  const found = builtInChatTemplates.find((template) => template.id === id);
  const compiled = found === undefined ? { error: `no ${id}` } : ChatTemplate.compile(found);
  if ("error" in compiled) throw new Error(compiled.error);
  return compiled.template;
}
