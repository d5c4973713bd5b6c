/**
 * Chat templates of the workspace: what each does to the reuse of a conversation, seen by rendering one. What the workload's own
 * requests lose to the template in force is counted there, and stands at the line that writes the difference.
 */

import type { ChatArguments } from "../prompt/chat/arguments.ts";
import {
  type ChatFlaw,
  type ChatFlawKind,
  chatFlawSteps,
  type ProbeTexts,
} from "../prompt/chat/chat-flaws.ts";
import type { ChatTemplate } from "../prompt/chat/chat-template.ts";
import { t } from "../words/l10n.ts";
import { bytes, plural, seconds } from "../words/numbers.ts";
import { usualAgentTurn } from "../workload/agent-turn.ts";
import { fillerText, fillerTokens } from "../workload/filler.ts";
import { createRandom, seedOf } from "../workload/random.ts";
import type { ChatTemplateFile, Finding, FindingContext, Rule, RuleMemory, Stake } from "./finding.ts";
import { generationAdvice } from "./retokenised.ts";
import { isWorthEdit, worthSaying } from "./stake.ts";
import { turnLosses, unresumedTokens } from "./turn-losses.ts";

export const chatTemplate: Rule = {
  id: "chat-template",
  get title() {
    return t("A chat template that costs reuse");
  },
  scope: "workspace",
  *prepare(context) {
    const known = knownFlaws(context.memory);
    for (const file of context.chatTemplates ?? []) {
      for (const template of variantsInUse(context, file)) {
        if (!known.has(template)) known.set(template, yield* chatFlawSteps(template, probeTexts(context)));
      }
    }
  },
  check(context) {
    const { chatTemplates = [] } = context;
    return chatTemplates.flatMap((file) => {
      const measured = file.isInForce ? measuredLosses(context, file) : [];
      const counted = new Set<ChatFlawKind>(measured.map(({ kind }) => kind));
      const flaws = flawsInUse(context, file).filter(({ kind }) => !counted.has(kind));
      return [
        ...measured.map((loss) => describeLoss(context, file, loss)),
        ...flaws.flatMap((flaw) => describeFlaw(context, file, flaw) ?? []),
      ];
    });
  },
};

/** Losses of the workload that the chat template is the cause of. */
interface MeasuredLoss {
  readonly kind: "reasoning" | "generation";
  readonly flaw: ChatFlaw | undefined;
  /** Sums over the requests that lose something. */
  tokens: number;
  ttftSeconds: number;
  requests: number;
  /** Indices of the templates whose requests lose something, with the segment of the history. */
  readonly templates: Map<number, number>;
}

function measuredLosses(context: FindingContext, { template }: ChatTemplateFile): readonly MeasuredLoss[] {
  const { workload, templates, outcomes } = context;
  const losses = new Map<string, MeasuredLoss>();
  for (const { request, cause, history, tokens } of turnLosses(workload)) {
    if (cause !== "reasoning" && cause !== "generation") continue;
    const at = workload.templateOf[request] ?? -1;
    const flaw = flawsOf(context, withArguments(template, templates[at]?.chatArguments)).find(
      ({ kind }) => kind === cause,
    );
    const key = `${cause} ${flaw?.place?.start ?? -1}`;
    const loss = losses.get(key) ?? {
      kind: cause,
      flaw,
      tokens: 0,
      ttftSeconds: 0,
      requests: 0,
      templates: new Map<number, number>(),
    };
    losses.set(key, loss);
    loss.templates.set(at, history);
    const lost = tokens + unresumedTokens(context, request);
    const prompt = outcomes.promptTokens[request] ?? 0;
    const reused = outcomes.reusedTokens[request] ?? 0;
    const couldReuse = Math.min(prompt - 1, reused + lost);
    loss.tokens += lost;
    loss.ttftSeconds += context.ttftSeconds(reused, prompt) - context.ttftSeconds(couldReuse, prompt);
    loss.requests++;
  }
  return [...losses.values()].filter((loss) => loss.tokens / loss.requests >= worthSaying);
}

/** A template in force, with the arguments that its requests pass; another one as it stands. */
function variantsInUse(
  { templates, workload }: FindingContext,
  { template, isInForce }: ChatTemplateFile,
): ReadonlySet<ChatTemplate> {
  const sent = isInForce ? templates.filter((_, at) => (workload.requestsOf[at]?.length ?? 0) > 0) : [];
  const variants = new Set(sent.map(({ chatArguments }) => withArguments(template, chatArguments)));
  if (variants.size === 0) variants.add(template);
  return variants;
}

/** Of each kind the first. */
function flawsInUse(context: FindingContext, file: ChatTemplateFile): readonly ChatFlaw[] {
  const byKind = new Map<ChatFlawKind, ChatFlaw>();
  for (const variant of variantsInUse(context, file)) {
    for (const flaw of flawsOf(context, variant)) byKind.set(flaw.kind, byKind.get(flaw.kind) ?? flaw);
  }
  return [...byKind.values()];
}

function withArguments(template: ChatTemplate, given: ChatArguments | undefined): ChatTemplate {
  return given === undefined ? template : template.withArguments({ ...template.arguments, ...given });
}

function describeLoss(context: FindingContext, file: ChatTemplateFile, loss: MeasuredLoss): Finding {
  const { workload, templates } = context;
  const { kind, flaw } = loss;
  const sent = [...loss.templates.keys()].reduce(
    (sum, at) => sum + (workload.requestsOf[at]?.length ?? 0),
    0,
  );
  const perTurn = loss.tokens / loss.requests;
  const tokensPerRequest = loss.tokens / sent;
  const stake: Stake = {
    tokensPerRequest,
    ttftSecondsPerRequest: loss.ttftSeconds / sent,
    bytes: tokensPerRequest * context.kvBytesPerToken,
  };
  const [first] = loss.templates.keys();
  const { short, says } = words[kind]();
  const tokens = plural(perTurn, "token");
  return {
    rule: kind === "reasoning" ? "rewrite" : "retokenised",
    severity: isWorthEdit(stake) ? "warning" : "hint",
    templateId: templates[first ?? -1]?.id ?? file.path,
    path: file.path,
    range: file.rangeOf(flaw?.place ?? null),
    message:
      stake.ttftSecondsPerRequest > 0
        ? t("{time}, {tokens} prefilled again per turn: {short}", {
            ...{ time: seconds(loss.ttftSeconds / loss.requests), tokens, short },
          })
        : t("{tokens} prefilled again per turn: {short}", { tokens, short }),
    detail: t(
      "{says}: {losing} of {sent} requests leave their conversation there ({kv} of KV per request). {advice}",
      { says, losing: loss.requests, sent, kv: bytes(stake.bytes), advice: adviceOf(kind, flaw) },
    ),
    stake,
    assumptions: ["turn-losses", "history"],
    related: [...loss.templates].slice(0, mostRelated).flatMap(([at, history]) => {
      const segment = workload.segments[history];
      const name = templates[at]?.id;
      if (segment === undefined || name === undefined) return [];
      return [
        {
          path: segment.path,
          range: segment.range,
          message: t("The history of {0} comes back otherwise.", name),
        },
      ];
    }),
  };
}

const mostRelated = 5;

interface KindWords {
  readonly short: string;
  readonly says: string;
  readonly fix: string;
}

const words: Readonly<Record<ChatFlawKind, () => KindWords>> = {
  reasoning: () => ({
    short: t("earlier reasoning is dropped"),
    says: t(
      "The chat template leaves out the reasoning of earlier answers, so that the next prompt leaves the conversation in front of the first of them",
    ),
    fix: t("Keep it where the chat template has an option for that, or let the model reason less."),
  }),
  generation: () => ({
    short: t("the history lacks the generation prompt"),
    says: t(
      "A prompt ends with words that the chat template does not write in front of the same answer in the next one",
    ),
    fix: generationAdvice(),
  }),
  turn: () => ({
    short: t("a turn is written otherwise once it is past"),
    says: t("The chat template writes the same messages in another way once another one follows"),
    fix: t("Write them in the same way wherever they stand."),
  }),
  tools: () => ({
    short: t("the tools move with the conversation"),
    says: t(
      "The chat template writes the definitions of tools beside the newest messages, so that they stand in another place in each request",
    ),
    fix: t("Write them in front of the conversation."),
  }),
  clock: () => ({
    short: t("the template writes the time"),
    says: t("The chat template writes the time of the request in front of the conversation"),
    fix: t("Leave the time out, or put it behind the newest question."),
  }),
  day: () => ({
    short: t("the template writes the date"),
    says: t(
      "The chat template writes the date in front of the conversation, so that whatever stands behind it is prefilled again on the next day",
    ),
    fix: t("Pass a fixed date if the model need not know it, or put it behind what stays the same."),
  }),
  order: () => ({
    short: t("the template orders what it is given anew"),
    says: t(
      "The chat template writes tools, or the arguments of a call, in another order than they were given",
    ),
    fix: t(
      "Give them in the order in which it writes them; a call that the model generated then comes back as it was.",
    ),
  }),
};

function adviceOf(kind: ChatFlawKind, flaw: ChatFlaw | undefined): string {
  if (flaw?.remedy == null) return words[kind]().fix;
  const { name, value } = flaw.remedy;
  return t(
    'It is otherwise with {name} = {value}: pass it as `chat_template_kwargs`, and declare it under "chatTemplateArguments". {fix}',
    { name, value: JSON.stringify(value), fix: words[kind]().fix },
  );
}

/** What a usual turn would cost: nothing in the workload says how much, so that nothing is at stake in its numbers. */
function describeFlaw(context: FindingContext, file: ChatTemplateFile, flaw: ChatFlaw): Finding | null {
  const { kind } = flaw;
  const tokens = countTokens(context, flaw.resent);
  if (tokens < worthSaying) return null;
  const { short, says } = words[kind]();
  return {
    rule: chatTemplate.id,
    severity: severityOf(flaw, file),
    templateId: file.path,
    path: file.path,
    range: file.rangeOf(flaw.place),
    message: `${flawTokens(flaw, plural(tokens, "token"))}: ${short}`,
    detail: t("{says}. {rendered} {advice}", {
      says,
      rendered: renderedText(flaw, file),
      advice: adviceOf(kind, flaw),
    }),
    stake: { tokensPerRequest: 0, ttftSecondsPerRequest: 0, bytes: 0 },
    assumptions: flaw.calls > 0 ? ["agent-turn"] : [],
    related: [],
  };
}

function renderedText({ calls }: ChatFlaw, { isInForce }: ChatTemplateFile): string {
  const toolCalls = plural(calls, "tool call");
  if (calls > 0)
    return isInForce
      ? t("Rendered with turns of {0} of usual length.", toolCalls)
      : t("Rendered with turns of {0} of usual length; this template is not in force here.", toolCalls);
  return isInForce
    ? t("Rendered with a short conversation.")
    : t("Rendered with a short conversation; this template is not in force here.");
}

function flawTokens({ kind, pace }: ChatFlaw, tokens: string): string {
  if (kind === "order" && pace === "value") return t("{0} of tools in each prompt", tokens);
  if (pace === "turn") return t("{0} prefilled again per turn", tokens);
  if (pace === "call") return t("{0} prefilled again per tool call", tokens);
  if (kind === "order") return t("{0} prefilled again in each prompt", tokens);
  return kind === "clock"
    ? t("{0} prefilled again per request", tokens)
    : t("{0} prefilled again once a day", tokens);
}

/** A day costs once a day, and an order that is always the same costs nothing until the tools change. */
function severityOf({ kind }: ChatFlaw, { isInForce }: ChatTemplateFile): Finding["severity"] {
  if (kind === "order") return "hint";
  if (kind === "day") return isInForce ? "information" : "hint";
  return kind === "clock" && isInForce ? "warning" : "information";
}

function countTokens(context: FindingContext, text: string): number {
  return context.memory.of(`tokens of ${text}`, () => context.tokenizer.encode(text).length);
}

/** What `prepare` has found; a template is rendered once with its arguments, in the words of one vocabulary. */
function flawsOf({ memory }: FindingContext, template: ChatTemplate): readonly ChatFlaw[] {
  return knownFlaws(memory).get(template) ?? [];
}

function knownFlaws(memory: RuleMemory): WeakMap<ChatTemplate, readonly ChatFlaw[]> {
  return memory.of("flaws of chat templates", () => new WeakMap<ChatTemplate, readonly ChatFlaw[]>());
}

const answerTokens = 128;

function probeTexts({ memory, tokenizer }: FindingContext): ProbeTexts {
  return memory.of("words of a usual turn", () => {
    const random = createRandom(seedOf(1, "chat template"));
    const of = (tokens: number) => fillerTokens(random, tokens, tokenizer);
    const { toolCalls: calls, callTokens, resultTokens } = usualAgentTurn;
    return {
      system: fillerText(random, 60),
      questions: [fillerText(random, 24), fillerText(random, 24), fillerText(random, 24)] as const,
      reasoning: Array.from({ length: 2 * (calls + 1) }, () => fillerText(random, 30)),
      argument: of(callTokens),
      result: of(resultTokens),
      answers: [of(answerTokens), of(answerTokens)] as const,
      calls,
    };
  });
}
