/** A request as the model sees it, part by part; and where two of them part. */

import { runOfToken } from "../core/replay/ledger.ts";
import { commonPrefixLength } from "../core/tokens/common-prefix.ts";
import type { Role } from "../prompt/template.ts";
import type { RenderedConversation } from "../workload/generate.ts";
import type { RenderedPrompt } from "../workload/prompt-tokens.ts";
import type { SourceSegment } from "../workload/workload.ts";

/** A message with the markup around it; tools, and what no message follows, stand by themselves. */
export interface RenderedPart {
  readonly role: Role | "tools" | null;
  readonly text: string;
  /** Number of its first token in the request, and of its tokens. */
  readonly start: number;
  readonly tokens: number;
}

export function partsOfPrompt({ text, stretches, roles, ends }: RenderedPrompt): readonly RenderedPart[] {
  const parts: { role: RenderedPart["role"]; key: string; start: number; end: number }[] = [];
  for (const { kind, index, start, end } of stretches) {
    const key = kind === "tool" ? "tools" : `${index}`;
    const last = parts.at(-1);
    if (last?.key === key) last.end = end;
    else parts.push({ role: kind === "tool" ? "tools" : (roles[index] ?? null), key, start, end });
  }
  let token = 0;
  return parts.map(({ role, start, end }) => {
    const first = token;
    while (token < ends.length && (token === 0 ? 0 : ends[token - 1]!) < end) token++;
    return { role, text: text.slice(start, end), start: first, tokens: token - first };
  });
}

/** What stands at a token, and where it comes from. */
export interface PlaceInPrompt {
  /** The token's text with some that follow it; empty at the end of the prompt. */
  readonly text: string;
  /** `null` at the end of the prompt. */
  readonly segment: SourceSegment | null;
}

export interface Parting {
  /** Tokens that both begin with. */
  readonly shared: number;
  /** The end of what both begin with. */
  readonly before: string;
  readonly first: PlaceInPrompt;
  readonly second: PlaceInPrompt;
}

/** Of the first request of each; `null` where one sends nothing. */
export function partingOf(a: RenderedConversation, b: RenderedConversation): Parting | null {
  const [first, second] = [a.prompts[0], b.prompts[0]];
  if (first === undefined || second === undefined) return null;
  const limit = Math.min(first.ids.length, second.ids.length);
  const shared = commonPrefixLength(first.ids, 0, second.ids, 0, limit);
  const end = shared === 0 ? 0 : first.ends[shared - 1]!;
  return {
    shared,
    before: first.text.slice(Math.max(0, end - shownUnits), end),
    first: placeAt(first, a.segments, shared),
    second: placeAt(second, b.segments, shared),
  };
}

/** UTF-16 units of a text that are shown. */
const shownUnits = 120;

function placeAt(prompt: RenderedPrompt, segments: readonly SourceSegment[], token: number): PlaceInPrompt {
  if (token >= prompt.ids.length) return { text: "", segment: null };
  const start = token === 0 ? 0 : prompt.ends[token - 1]!;
  const { runs } = prompt;
  const segment =
    runs.starts.length === 0 ? null : (segments[runs.segments[runOfToken(runs, token)] ?? -1] ?? null);
  return { text: prompt.text.slice(start, start + shownUnits), segment };
}
