/** Calls that send a prompt which the file does not show: what is said of a file that calls a model, and holds no template. */

import type { Template } from "../template.ts";
import type { Parsed, Problem } from "../text.ts";
import { shortened } from "./nodes.ts";
import { type CallValue, type CodeValue, entry } from "./values.ts";

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
  const { callee, named, positional, hasMore } = call;
  const isSending = sending.test(callee);
  const [argument, what] = holders.find(([name]) => named.has(name)) ?? [];
  if (argument !== undefined && (isSending || (argument === "messages" && named.has("model")))) {
    const origin = originOf(named.get(argument)!, 0);
    return origin === null ? null : `${what} from ${origin}`;
  }
  if (!isSending) return null;
  const sent = `what \`${shortened(callee)}\` sends comes`;
  if (hasMore === true) return `${sent} with arguments that are spread`;
  const [request] = positional;
  const origin = named.size > 0 || request === undefined ? null : originOf(request, 0);
  return origin === null ? null : `${sent} from ${origin}`;
}

/** Lists in messages in lists. */
const deepest = 6;

/** The first value that only a run knows, as it is written; `null` where all is known. */
function originOf(value: CodeValue, depth: number): string | null {
  switch (value.kind) {
    case "opaque":
      return `\`${value.hole().expression}\``;
    case "call":
      return value.callee === "" ? `\`${value.hole().expression}\`` : `\`${shortened(value.callee)}()\``;
    case "spread":
      return originOf(value.value, depth + 1);
    case "list":
      return depth > deepest ? null : firstOf(value.items, depth);
    case "record": {
      const said = entry(value, "content") ?? entry(value, "parts") ?? entry(value, "text");
      return said === undefined || depth > deepest ? null : originOf(said, depth + 1);
    }
    case "text": {
      const [only, ...others] = value.pieces;
      const isHole = only?.kind === "segment" && only.segment.kind === "hole" && others.length === 0;
      return isHole ? `\`${only.segment.expression}\`` : null;
    }
    case "literal":
      return null;
  }
}

function firstOf(items: readonly CodeValue[], depth: number): string | null {
  for (const item of items) {
    const origin = originOf(item, depth + 1);
    if (origin !== null) return origin;
  }
  return null;
}
