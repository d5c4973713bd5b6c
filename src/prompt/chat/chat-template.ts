/**
 * What a server makes of a conversation before it tokenizes it: role markers, the definitions of tools, and at the end
 * the words with which the model is asked to answer (the generation prompt).
 */
import type { Role } from "../template.ts";
import { type ChatArguments, hasArguments } from "./arguments.ts";
import { BoundedJinja, type Rendered, type RenderTrial, type Traced } from "./bounded-jinja.ts";

export interface ChatMessage {
  readonly role: Role;
  readonly content: string;
  /** What the model wrote before its answer, where the server has taken it out of the content. */
  readonly reasoning?: string;
  readonly calls?: readonly ChatToolCall[];
  /** Whether the message has calls and no content at all, rather than an empty one. */
  readonly isCallAlone?: boolean;
}

export interface ChatToolCall {
  readonly name: string;
  /** As text, for templates that put the model's own words between theirs. */
  readonly arguments: Readonly<Record<string, unknown>> | string;
}

export interface RenderOptions extends RenderTrial {
  /** Whether the generation prompt is asked for, as in every request; `true` unless given. */
  readonly asksForAnswer?: boolean;
}

export interface Conversation {
  readonly messages: readonly ChatMessage[];
  /** Definitions as JSON, in the order in which they are sent. */
  readonly tools: readonly string[];
  /** What the request itself gives to the template, beside what the server gives to all. */
  readonly arguments?: ChatArguments;
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

/** Of the private use area: no prompt holds it. */
const answerMark = "\uE000";

export class ChatTemplate {
  /** Jinja. */
  readonly source: string;
  readonly specials: readonly string[];
  /** What the server gives to every request that does not say otherwise. */
  readonly arguments: ChatArguments;
  readonly #given: ChatTemplateSource;
  readonly #jinja: BoundedJinja;
  /** Most templates pass a developer's message over in silence; servers send it as a system message instead. */
  readonly #knowsDeveloper: boolean;
  /** With other arguments, by their JSON. */
  readonly #variants = new Map<string, ChatTemplate>();
  /** What asks for an answer, by the JSON of a request's arguments. */
  readonly #generation = new Map<string, string>();
  /** What it writes in front of an answer, and behind it, once that was asked. */
  #aroundAnswer: readonly string[] | null = null;

  private constructor(jinja: BoundedJinja, given: ChatTemplateSource, chosen: ChatArguments) {
    this.source = given.source;
    this.specials = given.specials;
    this.arguments = chosen;
    this.#given = given;
    this.#jinja = jinja;
    this.#knowsDeveloper = given.source.includes("developer");
  }

  /** The template, or what is wrong with it: the end of a sentence. Never throws. */
  static compile(
    given: ChatTemplateSource,
  ): { readonly template: ChatTemplate } | { readonly error: string } {
    const compiled = BoundedJinja.compile(given.source);
    return "error" in compiled ? compiled : { template: new ChatTemplate(compiled.jinja, given, {}) };
  }

  /** The same template for a server that gives it these arguments: the same object for the same ones. */
  withArguments(chosen: ChatArguments): ChatTemplate {
    if (!hasArguments(chosen)) return this;
    const key = JSON.stringify(chosen);
    const variant = this.#variants.get(key) ?? new ChatTemplate(this.#jinja, this.#given, chosen);
    this.#variants.set(key, variant);
    return variant;
  }

  /** The text of the prompt, generation prompt included, or why the template refuses the conversation. */
  render(conversation: Conversation, options: RenderOptions = {}): Rendered {
    const given = this.#variables(conversation, options);
    return given === null ? notJson : this.#jinja.render(given, stepsOf(conversation), options);
  }

  /** The same, with the part of the source that wrote each run of the text. */
  trace(conversation: Conversation, options: RenderOptions = {}): Traced {
    const given = this.#variables(conversation, options);
    return given === null ? notJson : this.#jinja.trace(given, stepsOf(conversation), options);
  }

  /** What the template writes for a call, in place of a content; `null` where it writes none. */
  callText(call: ChatToolCall): string | null {
    this.#aroundAnswer ??= this.#withAnswer({ content: answerMark })?.split(answerMark) ?? [];
    const [front, behind] = this.#aroundAnswer;
    if (front === undefined || behind === undefined) return null;
    for (const given of [call.arguments, JSON.stringify(call.arguments)]) {
      const text = this.#withAnswer({ calls: [{ ...call, arguments: given }] });
      const isAround = text?.startsWith(front) === true && text.endsWith(behind);
      const written = isAround ? text.slice(front.length, text.length - behind.length) : "";
      // An object that is joined to a text says nothing of what it holds.
      if (written.includes(call.name) && !written.includes("[object ")) return written;
    }
    return null;
  }

  /** A conversation that ends with an answer. */
  #withAnswer(answer: Partial<ChatMessage>): string | null {
    const messages = [
      { role: "user", content: "Hello" },
      { role: "assistant", content: "", ...answer },
    ] as const;
    return this.render({ messages, tools: [] }, { asksForAnswer: false }).text ?? null;
  }

  #variables(conversation: Conversation, { asksForAnswer = true }: RenderOptions) {
    const tools = parseTools(conversation.tools);
    if (tools === null) return null;
    return {
      ...this.arguments,
      ...conversation.arguments,
      messages: conversation.messages.map((message) => this.#sent(message)),
      tools: tools.length === 0 ? null : tools,
      add_generation_prompt: asksForAnswer,
      bos_token: this.#given.bos,
      eos_token: this.#given.eos,
    };
  }

  /** What all renderings cost so far, those with other arguments included. */
  get spentSteps(): number {
    return this.#jinja.spentSteps;
  }

  /** What stands behind the last message to ask for an answer; empty where that cannot be told from the message. */
  generationPrompt(given: ChatArguments = {}): string {
    const key = JSON.stringify(given);
    let text = this.#generation.get(key);
    if (text === undefined) {
      const question = {
        messages: [{ role: "user", content: "Hello" } as const],
        tools: [],
        arguments: given,
      };
      const asked = this.render(question).text ?? "";
      const told = this.render(question, { asksForAnswer: false }).text;
      text = told !== undefined && asked.startsWith(told) ? asked.slice(told.length) : "";
      this.#generation.set(key, text);
    }
    return text;
  }

  #sent({ role, content, reasoning, calls, isCallAlone = false }: ChatMessage) {
    return {
      role: role === "developer" && !this.#knowsDeveloper ? "system" : role,
      content: isCallAlone && content === "" ? null : content,
      ...(reasoning === undefined ? {} : { reasoning_content: reasoning, reasoning, thinking: reasoning }),
      ...(calls === undefined ? {} : { tool_calls: calls.map(toolCall) }),
    };
  }
}

const notJson = { error: "the definition of a tool is not valid JSON" } as const;

function stepsOf({ messages, tools }: Conversation): number {
  const length = messages.reduce((sum, { content }) => sum + content.length, 0);
  return stepsAtLeast + stepsPerMessage * (messages.length + tools.length) + length;
}

/** As servers hand a call to templates: in the form of OpenAI, with the arguments parsed. */
function toolCall(call: ChatToolCall, index: number) {
  return { id: `call_${index}`, type: "function", function: { name: call.name, arguments: call.arguments } };
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
