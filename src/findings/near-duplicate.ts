/**
 * Two templates say almost the same, but their texts part early: what follows is equal and yet cannot be shared.
 * Only likely pairs are compared: see similar-texts.ts.
 */

import { every } from "../core/steps.ts";
import { commonPrefixLength } from "../core/tokens/common-prefix.ts";
import { splitWords, stemOf } from "../prompt/names.ts";
import { type Meeting, withBeginningOf } from "../prompt/shared-beginning.ts";
import { type StaticPrefix, type StaticText, sourceOffsetOf } from "../prompt/static-prefix.ts";
import type { Template } from "../prompt/template.ts";
import type { TextRange } from "../prompt/text.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { t } from "../words/l10n.ts";
import { bytes, plural, seconds } from "../words/numbers.ts";
import { excerpt } from "./excerpt.ts";
import type { Finding, FindingContext, Rule } from "./finding.ts";
import { headline } from "./sentences.ts";
import { sharedBeginnings } from "./shared-beginnings.ts";
import { runHash, runTokens, SimilarTexts } from "./similar-texts.ts";

/** Shorter texts are not compared; below this share of the runs the texts are just related. */
const worthComparing = 64;
const similarity = 0.6;

/** What two texts share behind the parting: fewer tokens, or less of the longer text, are not worth making them one. */
const worthSaying = { tokens: 256, share: 0.5 };

/** Pairs that are compared between two steps, so that a step takes a few milliseconds. */
const stepPairs = 16;

export const nearDuplicate: Rule = {
  id: "near-duplicate",
  get title() {
    return t("A shared prefix split by a near-duplicate");
  },
  scope: "workspace",
  *prepare(context) {
    const memory = memoryOf(context);
    const texts: (StaticTokens | null)[] = [];
    for (const text of textsOf(context, memory)) {
      texts.push(text);
      yield;
    }
    yield* memory.similar.update(texts);
    const isTime = every(stepPairs);
    for (const [first, second] of memory.similar.likelyPairs(similarity)) {
      const [a, b] = [texts[first], texts[second]];
      if (!a || !b) continue;
      memory.agreementOf(a, b);
      if (isTime(1)) yield;
    }
  },
  *check(context) {
    const memory = memoryOf(context);
    const texts = [...textsOf(context, memory)];
    const pairs = memory.similar
      .likelyPairs(similarity)
      .flatMap(([first, second]) => compare(context, memory, texts, first, second) ?? []);
    const findings: Finding[] = [];
    for (const family of families(pairs)) {
      const finding = yield* describe(context, family);
      if (finding !== null) findings.push(finding);
    }
    return findings;
  },
};

function memoryOf({ memory, tokenizer }: FindingContext): Memory {
  return memory.of("near-duplicate", () => new Memory(tokenizer));
}

/** By template; `null` for those that are not sent by themselves, and where there is too little text. */
function* textsOf({ templates, prefixes }: FindingContext, memory: Memory): Generator<StaticTokens | null> {
  for (const [index, template] of templates.entries()) {
    const prefix = prefixes[index];
    yield template.usage === "partial" || prefix === undefined ? null : memory.textOf(prefix);
  }
}

/** What is known of the workspace as it was last, so that an edit costs what it changed. */
class Memory {
  readonly similar = new SimilarTexts<StaticTokens>();
  readonly #tokenizer: Tokenizer;
  readonly #texts = new WeakMap<StaticPrefix, { readonly text: StaticTokens | null }>();
  readonly #equal = new WeakMap<StaticTokens, WeakMap<StaticTokens, Agreement>>();

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  textOf(prefix: StaticPrefix): StaticTokens | null {
    const known = this.#texts.get(prefix) ?? { text: staticTokens(this.#tokenizer, prefix) };
    this.#texts.set(prefix, known);
    return known.text;
  }

  agreementOf(a: StaticTokens, b: StaticTokens): Agreement {
    const others = this.#equal.get(a) ?? new WeakMap<StaticTokens, Agreement>();
    this.#equal.set(a, others);
    const agreement = others.get(b) ?? agreementOf(a, b);
    others.set(b, agreement);
    return agreement;
  }
}

interface Stretch {
  /** Offset in the joined text. */
  readonly start: number;
  readonly part: StaticText;
}

/** The static text in front of a template's holes. */
interface StaticTokens {
  readonly ids: Int32Array;
  /** Offset in `text` at which each token ends. */
  readonly ends: Int32Array;
  readonly text: string;
  /** Where each stretch of `text` stands in the sources. */
  readonly stretches: readonly Stretch[];
}

/** `null` where there is too little of it. */
function staticTokens(tokenizer: Tokenizer, prefix: StaticPrefix): StaticTokens | null {
  const stretches: Stretch[] = [];
  let text = "";
  for (const part of prefix.texts) {
    // Behind a hole, the hole is what parts them, and another rule says so.
    if (!part.isLeading) break;
    stretches.push({ start: text.length, part });
    text += part.text;
  }
  const { ids, ends } = tokenizer.encodeWithEnds(text);
  return ids.length < worthComparing ? null : { ids, ends, text, stretches };
}

/** How far two texts agree, and how much behind that is the same. */
interface Agreement {
  readonly agreed: number;
  readonly equalBehind: number;
  /** Behind the last that is the same; `own` in the second text. */
  readonly meeting: Meeting;
}

function agreementOf(a: StaticTokens, b: StaticTokens): Agreement {
  const shorter = Math.min(a.ids.length, b.ids.length);
  const agreed = commonPrefixLength(a.ids, 0, b.ids, 0, shorter);
  if (agreed >= shorter) return { agreed, equalBehind: 0, meeting: { own: 0, other: 0 } };
  const { equal, meeting } = equalTokens(a, b, agreed);
  return { agreed, equalBehind: Math.min(equal, shorter - agreed), meeting };
}

function compare(
  context: FindingContext,
  memory: Memory,
  texts: readonly (StaticTokens | null)[],
  first: number,
  second: number,
): Pair | null {
  const a = texts[first];
  const b = texts[second];
  const template = context.templates[second];
  const other = context.templates[first];
  if (!a || !b || template === undefined || other === undefined) return null;
  const { agreed, equalBehind, meeting } = memory.agreementOf(a, b);
  const longer = Math.max(a.ids.length, b.ids.length);
  if (equalBehind < Math.max(worthSaying.tokens, worthSaying.share * longer)) return null;
  if (areCopies(template, other)) return null;
  const requests = requestsOf(context, second);
  return { template, other, a, b, agreed, equalBehind, meeting, requests };
}

/** Texts that are the same on purpose: versions, translations, instructions for several agents, copies of an example. */
function areCopies(a: Template, b: Template): boolean {
  const isInstructions = (path: string) => instructionFile.test(path);
  if (isInstructions(a.path) && isInstructions(b.path)) return true;
  if (forReaders.test(a.path) && forReaders.test(b.path)) return true;
  if (forTrying.test(a.path) !== forTrying.test(b.path)) return true;
  if (readOnDemand.test(a.path) || readOnDemand.test(b.path)) return true;
  if (isPort(a, b) || areImplementations(a, b) || modelsOf(a) !== modelsOf(b)) return true;
  return (
    withoutVersion(a.path) === withoutVersion(b.path) && withoutVersion(a.name) === withoutVersion(b.name)
  );
}

/** One program in two languages: whoever deploys it runs one of them. */
function isPort(a: Template, b: Template): boolean {
  const [language, other] = [languageOf(a), languageOf(b)];
  return language !== null && other !== null && language !== other;
}

function languageOf({ path }: Template): "python" | "javascript" | null {
  if (/\.pyi?$/.test(path)) return "python";
  return /\.[cm]?[jt]sx?$/.test(path) ? "javascript" : null;
}

/** The member of one name in two classes: an object has one of them. */
function areImplementations(a: Template, b: Template): boolean {
  const member = ({ name }: Template) => /^\w+\.(\w+)$/.exec(name)?.[1] ?? null;
  return a.name !== b.name && member(a) !== null && member(a) === member(b);
}

/** Families of models that name or file speak of, in order: what one model has cached is of no use to another. */
function modelsOf({ path, name }: Template): string {
  const said = splitWords(`${stemOf(path)} ${name}`).map((word) => word.replace(/[0-9]+[a-z]?$/, ""));
  return [...new Set(said.filter((word) => modelFamilies.has(word)))].sort().join(" ");
}

const modelFamilies: ReadonlySet<string> = new Set(
  "gpt openai claude anthropic gemini gemma llama mistral mixtral codestral qwen deepseek grok granite phi kimi glm command cohere nova".split(
    " ",
  ),
);

/** Text that a tool or a trigger brings into a conversation that began otherwise: it is at the beginning of nothing. */
const readOnDemand =
  /(?:^|\/)SKILL\.md$|(?:^|\/)(?:skills|microagents|commands)\/(?:[^/]+\/)*[^/]+\.(?:md|mdc|toml)$/i;

const instructionFile = /(?:^|\/)(?:AGENTS|CLAUDE|GEMINI|copilot-instructions)\.md$/;
const forReaders = /(?:^|\/)(?:examples?|samples?|docs?|cookbooks?|tutorials?|templates?|demos?)\//i;

/** Programs to try, beside the one that they show: nobody runs both. */
const forTrying = /(?:^|\/)(?:examples?|samples?|cookbooks?|tutorials?|demos?)\//i;

/** A path or a name without what tells versions, translations and copies apart. */
function withoutVersion(text: string): string {
  return text
    .toLowerCase()
    .replace(
      /(?:[-_. ](?:v?[0-9]+(?:[.-][0-9]+)*|legacy|old|new|copy|backup|latest|snapshot|(?:m|rc|beta|alpha)[0-9]*))+(?=$|[./#])/g,
      "",
    )
    .replace(/(^|[/._-])[a-z]{2}(?:-[a-z]{2})?(?=[/.]|$)/g, "$1");
}

/** Pairs that hang together are one finding: about the pair that shares most, with all others beside it. */
function families(pairs: readonly Pair[]): readonly (readonly Pair[])[] {
  const familyOf = new Map<Template, Pair[]>();
  const all = new Set<Pair[]>();
  for (const pair of pairs) {
    const [own, other] = [familyOf.get(pair.template), familyOf.get(pair.other)];
    const family = own ?? other ?? [];
    family.push(pair);
    all.add(family);
    if (own !== undefined && other !== undefined && own !== other) {
      own.push(...other);
      all.delete(other);
      for (const { template, other: sharer } of other) {
        familyOf.set(template, own);
        familyOf.set(sharer, own);
      }
    }
    familyOf.set(pair.template, family);
    familyOf.set(pair.other, family);
  }
  return [...all].map((family) => family.toSorted((a, b) => b.equalBehind - a.equalBehind));
}

function requestsOf(context: FindingContext, index: number): number {
  return context.workload.requestsOf[index]?.length ?? 0;
}

/** Tokens of `b` behind `from` that lie in runs which `a` holds too, and where the last of these ends. */
function equalTokens(a: StaticTokens, b: StaticTokens, from: number) {
  const known = new Map<number, number>();
  for (let start = from; start + runTokens <= a.ids.length; start++) known.set(runHash(a.ids, start), start);
  let meeting: Meeting = { own: 0, other: 0 };
  let equal = 0;
  let coveredTo = from;
  for (let start = from; start + runTokens <= b.ids.length; start++) {
    const there = known.get(runHash(b.ids, start));
    if (there === undefined) continue;
    meeting = { own: b.ends[start + runTokens - 1]!, other: a.ends[there + runTokens - 1]! };
    equal += start + runTokens - Math.max(start, coveredTo);
    coveredTo = start + runTokens;
  }
  return { equal, meeting };
}

interface Pair {
  readonly template: Template;
  readonly other: Template;
  readonly a: StaticTokens;
  readonly b: StaticTokens;
  readonly agreed: number;
  readonly equalBehind: number;
  readonly meeting: Meeting;
  readonly requests: number;
}

/** Related places of one finding: more are not looked at. */
const mostRelated = 10;

/** `null` where a common beginning gives nothing. */
function* describe(context: FindingContext, family: readonly Pair[]): Generator<void, Finding | null, void> {
  const [{ template, other, a, b, agreed, equalBehind, meeting, requests }, ...pairs] = family as [
    Pair,
    ...Pair[],
  ];
  const pair = [other, template] as const;
  const begun = [other, withBeginningOf(template, other, meeting)] as const;
  const gain = (yield* context.tryShared?.(pair, begun, "the first's beginning") ?? []) ?? null;
  const savedTokens = gain === null ? 0 : gain.tokensPerRequest * requests;
  if (gain === null || savedTokens < worthSaying.tokens) return null;
  const here = placeOf(b, agreed);
  const there = placeOf(a, agreed);
  const fixes = yield* sharedBeginnings(context, pair);
  const savedSeconds = Math.max(0, gain.ttftSecondsPerRequest * requests);
  const stake = {
    tokensPerRequest: gain.tokensPerRequest,
    ttftSecondsPerRequest: savedSeconds / requests,
    bytes: equalBehind * context.kvBytesPerToken + context.checkpointBytes,
  };
  return {
    rule: nearDuplicate.id,
    severity: "information",
    templateId: template.id,
    path: here.path,
    range: here.range,
    message: headline(other.id, (name) =>
      t("{tokens} are prefilled twice: it parts from {name} before them", {
        ...{ tokens: plural(savedTokens, "token"), name },
      }),
    ),
    detail: t(
      'The two agree for {agreed} ("{here}" against "{there}"); what is the same behind that is kept twice ({bytes}) and prefilled once more whenever only the other is cached: {saved} and {savedSeconds} in this workload. Make the beginnings equal, or move what differs to the end.',
      {
        agreed: plural(agreed, "token"),
        here: excerpt(here.text),
        there: excerpt(there.text),
        bytes: bytes(stake.bytes),
        saved: plural(savedTokens, "token"),
        savedSeconds: seconds(savedSeconds),
      },
    ),
    stake,
    assumptions: ["near-duplicate-traffic"],
    related: [
      { path: there.path, range: there.range, message: t("Here {0} goes on differently.", other.id) },
      ...relatives(pairs, new Set([template, other])).slice(0, mostRelated),
    ],
    ...(fixes.length > 0 && { fixes }),
  };
}

function relatives(pairs: readonly Pair[], told: Set<Template>): Finding["related"] {
  return pairs.flatMap(({ template, b, agreed, equalBehind }) => {
    if (told.has(template)) return [];
    told.add(template);
    const { path, range } = placeOf(b, agreed);
    return [
      {
        path,
        range,
        message: t("{tokens} of {id} are the same too.", {
          tokens: plural(equalBehind, "token"),
          id: template.id,
        }),
      },
    ];
  });
}

/** Source of the token at which two texts part, without the blanks before it, and a little text for the message. */
function placeOf({ ids, ends, text, stretches }: StaticTokens, token: number): Place {
  const start = token === 0 ? 0 : (ends[token - 1] ?? 0);
  const end = token < ids.length ? (ends[token] ?? text.length) : text.length;
  const blanks = /^\s*/.exec(text.slice(start, start + 200))![0].length;
  const visible = start + blanks;
  // A token of nothing but blanks cannot be seen in an editor: the word behind it is marked with it.
  const to = visible < end ? end : visible + /^\S*/.exec(text.slice(visible, visible + 40))![0].length;
  const stretch = stretches.findLast((candidate) => candidate.start <= visible);
  if (stretch === undefined) return { path: "", range: { start: 0, end: 0 }, text: "" };
  const { part } = stretch;
  const range = {
    start: sourceOffsetOf(part, visible - stretch.start),
    end: sourceOffsetOf(part, Math.max(visible + 1, to) - stretch.start),
  };
  return { path: part.path, range, text: text.slice(start, start + 48) };
}

interface Place {
  readonly path: string;
  readonly range: TextRange;
  readonly text: string;
}
