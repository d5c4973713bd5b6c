/**
 * What a server makes of a conversation before it tokenizes it: role markers, the definitions of tools, and at the end
 * the words with which the model is asked to answer (the generation prompt).
 */
import type { Role } from "../template.ts";
import { BoundedJinja, type Rendered } from "./bounded-jinja.ts";

export interface ChatMessage {
  readonly role: Role;
  readonly content: string;
}

export interface Conversation {
  readonly messages: readonly ChatMessage[];
  /** Definitions as JSON, in the order in which they are sent. */
  readonly tools: readonly string[];
}

export interface ChatTemplateSource {
  /** Jinja, as in `tokenizer_config.json` and `chat_template.jinja`. */
  readonly source: string;
  readonly bos: string;
  readonly eos: string;
  /** Texts that are one token each, besides the special tokens of the vocabulary. */
  readonly specials: readonly string[];
}

/** Steps of the interpreter for one rendering; published templates take about 60 for a message. */
const stepsAtLeast = 200_000;
const stepsPerMessage = 2_000;

export class ChatTemplate {
  readonly specials: readonly string[];
  readonly #jinja: BoundedJinja;
  readonly #bos: string;
  readonly #eos: string;
  /** Most templates pass a developer's message over in silence; servers send it as a system message instead. */
  readonly #knowsDeveloper: boolean;

  private constructor(jinja: BoundedJinja, { source, bos, eos, specials }: ChatTemplateSource) {
    this.specials = specials;
    this.#jinja = jinja;
    this.#bos = bos;
    this.#eos = eos;
    this.#knowsDeveloper = source.includes("developer");
  }

  /** The template, or what is wrong with it: the end of a sentence. Never throws. */
  static compile(
    given: ChatTemplateSource,
  ): { readonly template: ChatTemplate } | { readonly error: string } {
    const compiled = BoundedJinja.compile(given.source);
    return "error" in compiled ? compiled : { template: new ChatTemplate(compiled.jinja, given) };
  }

  /** The text of the prompt, generation prompt included, or why the template refuses the conversation. */
  render({ messages, tools }: Conversation): Rendered {
    const parsed = parseTools(tools);
    if (parsed === null) return { error: "the definition of a tool is not valid JSON" };
    const length = messages.reduce((sum, { content }) => sum + content.length, 0);
    return this.#jinja.render(
      {
        messages: messages.map(({ role, content }) => ({
          role: role === "developer" && !this.#knowsDeveloper ? "system" : role,
          content,
        })),
        tools: parsed.length === 0 ? null : parsed,
        add_generation_prompt: true,
        bos_token: this.#bos,
        eos_token: this.#eos,
      },
      stepsAtLeast + stepsPerMessage * (messages.length + tools.length) + length,
    );
  }
}

/** How templates write a definition: as JSON on one line, or indented. */
export function toolTexts(tool: string): readonly string[] {
  const parsed = parseTools([tool]);
  if (parsed === null) return [];
  return ["", "indent=2", "indent=4"].flatMap((options) => {
    const compiled = BoundedJinja.compile(`{{ tool | tojson(${options}) }}`);
    const text = "error" in compiled ? "" : compiled.jinja.render({ tool: parsed[0] }, stepsAtLeast).text;
    return text === undefined || text === "" ? [] : [text];
  });
}

function parseTools(tools: readonly string[]): readonly unknown[] | null {
  try {
    return tools.map((tool): unknown => JSON.parse(tool));
  } catch {
    return null;
  }
}
