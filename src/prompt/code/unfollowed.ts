/** Calls that send a prompt which the file does not show: what is said of a file that calls a model, and holds no template. */

import type { Template } from "../template.ts";
import type { Parsed, Problem } from "../text.ts";
import { sentAmong } from "./calls.ts";
import { shortened } from "./nodes.ts";
import { hasImports } from "./pieces.ts";
import { type CallValue, type CodeValue, entry, lastPart } from "./values.ts";

/** Methods and functions of SDKs that send a request, whatever they are given. */
const sending =
  /(?:^|\.)(?:chat\.completions\.(?:create|parse|stream)|beta\.chat\.completions\.parse|messages\.(?:create|stream|parse)|responses\.(?:create|parse|stream)|models\.generate_?content(?:_?stream)?|generate_content(?:_async)?|generateContent(?:Stream)?|generateText|streamText|generateObject|streamObject|a?completion|converse|converse_stream|apply_chat_template)$/i;

/** What holds the prompt, in the words of a sentence. */
const holders: readonly (readonly [argument: string, what: string])[] = [
  ["messages", "the messages come"],
  ["input", "the input comes"],
  ["contents", "the contents come"],
  ["prompt", "the prompt comes"],
];

/** The problems with one more, where calls send prompts and no template was found in the file. */
export function withUnfollowed(
  parsed: Parsed<readonly Template[]>,
  calls: Iterable<CallValue>,
): Parsed<readonly Template[]> {
  if (parsed.value.length > 0 || parsed.problems.length > 0) return parsed;
  let first: { readonly call: CallValue; readonly reason: string } | null = null;
  let others = 0;
  for (const call of calls) {
    const reason = reasonOf(call);
    if (reason === null) continue;
    if (first === null) first = { call, reason };
    else others++;
  }
  if (first === null) return parsed;
  const { start } = first.call.range;
  const more = others === 0 ? "" : `; so it is in ${others === 1 ? "one more call" : `${others} more calls`}`;
  const problem: Problem = {
    range: { start, end: start },
    severity: "information",
    message: `No prompt was read: ${first.reason}, which could not be followed${more}.`,
  };
  return { ...parsed, problems: [problem] };
}

/** Where what the call sends comes from; `null` for calls that send nothing, and for those that show what they send. */
function reasonOf(call: CallValue): string | null {
  const { callee, named, hasMore } = call;
  const isSending = sending.test(callee);
  const [argument, what] = holders.find(([name]) => named.has(name)) ?? [];
  if (
    argument !== undefined &&
    (isSending || (argument === "messages" && named.has("model") && mayAsk(callee)))
  ) {
    const origin = originOf(named.get(argument)!);
    return origin === null ? null : `${what} from ${origin}`;
  }
  if (!isSending) return null;
  const sent = `what \`${shortened(callee)}\` sends comes`;
  if (hasMore === true) return `${sent} with arguments that are spread`;
  const request = sentAmong(call);
  const origin = named.size > 0 || request === undefined ? null : originOf(request);
  return origin === null ? null : `${sent} from ${origin}`;
}

/** Wrappers ask a model under any name; classes and schemas, which are given the same, hold what is asked. */
function mayAsk(callee: string): boolean {
  const name = lastPart(callee);
  return /^_*[a-z]/.test(name) && !holding.has(name);
}

const holding: ReadonlySet<string> = new Set(
  "object strictObject partial extend assign freeze stringify dumps dict update get set push append replace".split(
    " ",
  ),
);

/** Values that are looked at for one call: names may refer to lists of names over and over. */
const mostValues = 1000;

/** The first value that only a run knows, as it is written; `null` where all is known. */
function originOf(value: CodeValue): string | null {
  const open = [value];
  for (let seen = 0; seen < mostValues; seen++) {
    const next = open.pop();
    if (next === undefined) return null;
    const origin = writtenOrigin(next);
    if (origin !== null) return `\`${origin}\``;
    const inner = partsOf(next);
    for (let at = Math.min(inner.length, mostValues) - 1; at >= 0; at--) open.push(inner[at]!);
  }
  return null;
}

function writtenOrigin(value: CodeValue): string | null {
  switch (value.kind) {
    case "opaque":
      return value.hole().expression;
    case "call": {
      if (isCopy(value)) return null;
      return value.callee === "" ? value.hole().expression : `${shortened(value.callee)}()`;
    }
    case "text": {
      const [only, ...others] = value.pieces;
      if (only?.kind !== "segment" || others.length > 0) return null;
      if (only.segment.kind === "hole") return only.segment.expression;
      const isOpen = only.segment.kind === "include" && !hasImports([only]);
      return isOpen ? value.hole().expression : null;
    }
    default:
      return null;
  }
}

function partsOf(value: CodeValue): readonly CodeValue[] {
  switch (value.kind) {
    case "spread":
    case "maybe":
    case "repeat":
      return [value.value];
    case "list":
      return value.items;
    case "call":
      return isCopy(value) ? value.positional : [];
    case "record": {
      const said = entry(value, "content") ?? entry(value, "parts") ?? entry(value, "text");
      return said === undefined ? [] : [said];
    }
    default:
      return [];
  }
}

/** `list(messages)` says less than what it is given. */
function isCopy({ callee, positional }: CallValue): boolean {
  return (
    /^(?:list|tuple|copy|deepcopy|copy\.copy|copy\.deepcopy|cast|structuredClone)$/.test(callee) &&
    positional.length > 0
  );
}
