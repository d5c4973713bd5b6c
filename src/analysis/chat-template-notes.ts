/** What a report says of the chat template in force that stands in no file: the date that it writes, and what it is given. */

import type { ChatArguments } from "../prompt/chat/arguments.ts";
import type { ChatTemplate } from "../prompt/chat/chat-template.ts";
import { anotherDay, type FixedDate, laterThatDay } from "../prompt/chat/fixed-date.ts";
import type { StaticPrefix } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { t } from "../words/l10n.ts";
import { enumerated } from "../words/lists.ts";
import { plural } from "../words/numbers.ts";
import type { Workload } from "../workload/workload.ts";
import type { ChatTemplateInForce } from "./chat-template-in-force.ts";
import type { Assumption } from "./report.ts";
import type { ResolvedScenario } from "./scenario.ts";

export interface ChatNotesInput {
  readonly scenario: Pick<ResolvedScenario, "policy">;
  readonly chat: Pick<ChatTemplateInForce, "template" | "path">;
  readonly tokenizer: Tokenizer;
  readonly templates: readonly Template[];
  readonly prefixes: readonly StaticPrefix[];
  readonly workload: Pick<Workload, "requestsOf">;
}

/** A provider writes messages in a form of its own; what a file of the workspace does is found there. */
export function chatTemplateNotes(input: ChatNotesInput): readonly Assumption[] {
  const { scenario, chat } = input;
  if (chat.template === null || scenario.policy.memory === "provider") return [];
  return [
    ...(chat.path === null ? dateNotes(input, chat.template) : []),
    ...unknownNotes(input, chat.template),
  ];
}

type WrittenTime = "date" | "time";

interface Dated {
  readonly writes: WrittenTime;
  /** Tokens in front of it, which all days share. */
  readonly front: number;
  readonly remedy: string | null;
}

function dateNotes(input: ChatNotesInput, template: ChatTemplate): readonly Assumption[] {
  const { templates, prefixes, workload, tokenizer } = input;
  const known = new Map<string, Dated | null>();
  const datedOf = (given: ChatArguments | undefined) => {
    const key = JSON.stringify(given ?? {});
    if (!known.has(key)) known.set(key, datedIn(template, given ?? {}, tokenizer));
    return known.get(key) ?? null;
  };
  let [prompts, tokens] = [0, 0];
  let first: Dated | null = null;
  for (const [index, { chatArguments }] of templates.entries()) {
    if ((workload.requestsOf[index]?.length ?? 0) === 0) continue;
    const dated = datedOf(chatArguments);
    if (dated === null) continue;
    first ??= dated;
    prompts++;
    tokens += Math.max(0, (prefixes[index]?.tokens.length ?? 0) - dated.front);
  }
  if (first === null) return [];
  const { writes, remedy } = first;
  const lost = { tokens: plural(tokens, "token"), prompts: plural(prompts, "prompt") };
  const said =
    writes === "date"
      ? t(
          "The chat template that ships with the model writes the date in front of the messages, which no file of yours says: on each new day {tokens} that never change otherwise, of {prompts} together, are prefilled once more than counted here, where it is always the same.",
          lost,
        )
      : t(
          "The chat template that ships with the model writes the time in front of the messages, which no file of yours says: in each request at another time {tokens} that never change otherwise, of {prompts} together, are prefilled once more than counted here, where it is always the same.",
          lost,
        );
  const text =
    remedy === null
      ? said
      : t(
          '{said} Pass a fixed {remedy} as `chat_template_kwargs` if the model need not know it, and declare it under "chatTemplateArguments" in promptcache.json.',
          { said, remedy },
        );
  return [{ id: "chat-template-date", text, isLeading: true }];
}

/** Names of variables that a date could be given by. */
const dateNames = /\b[A-Za-z_]*(?:date|time|now|today)[A-Za-z_]*\b/gi;
/** More than any template reads. */
const mostNames = 12;

/** Rendered at two times of a day, and on two days; nothing is concluded from words. */
function datedIn(template: ChatTemplate, given: ChatArguments, tokenizer: Tokenizer): Dated | null {
  const conversation = { messages: [{ role: "user", content: "Hello" }], tools: [] } as const;
  const textAt = (now: FixedDate | null, more: ChatArguments = {}) =>
    template.render({ ...conversation, arguments: { ...given, ...more } }, now === null ? {} : { now })
      .text ?? "";
  const usual = textAt(null);
  const changed = (
    [
      ["time", laterThatDay],
      ["date", anotherDay],
    ] as const
  ).find(([, now]) => textAt(now) !== usual);
  if (changed === undefined) return null;
  const [writes, now] = changed;
  const other = textAt(now);
  let same = 0;
  while (same < usual.length && usual[same] === other[same]) same++;
  const names = [...new Set(template.source.match(dateNames))].slice(0, mostNames);
  const remedy = names.find((name) => {
    const fixed = { [name]: "26 Jul 2024" };
    return textAt(now, fixed) === textAt(null, fixed);
  });
  return { writes, front: tokenizer.count(usual.slice(0, same)), remedy: remedy ?? null };
}

/** Names that are said in one sentence. */
const mostSaid = 8;

/** Those that a run gives, that the chat template reads, and that nobody has declared. */
function unknownNotes(
  { templates, workload }: ChatNotesInput,
  template: ChatTemplate,
): readonly Assumption[] {
  const read = new Set(template.source.match(/[A-Za-z_]\w*/g));
  const paths = new Map<string, Set<string>>();
  const isForAll = Object.keys(template.arguments).length > 0;
  for (const [index, { unknownChatArguments = [], path }] of templates.entries()) {
    if ((workload.requestsOf[index]?.length ?? 0) === 0) continue;
    for (const { name, isAll } of unknownChatArguments) {
      if (isAll ? isForAll : name in template.arguments || !read.has(name)) continue;
      paths.set(name, (paths.get(name) ?? new Set()).add(path));
    }
  }
  if (paths.size === 0) return [];
  const said = [...paths].map(([name, files]) => `${name} (${[...files].sort().join(", ")})`);
  const names = enumerated(said.slice(0, mostSaid), said.length - mostSaid);
  const text = t(
    'Only a run knows what code gives to the chat template as {0}: counted as if nothing was given. Declare it under "chatTemplateArguments" in promptcache.json, for all prompts or for one under "templates".',
    names,
  );
  return [{ id: "chat-arguments-unknown", text, isLeading: true }];
}
