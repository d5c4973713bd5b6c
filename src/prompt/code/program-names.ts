/** What names say in a program, and not in a template that somebody fills in: constants, parts of objects, other prompts. */
import { splitWords } from "../names.ts";
import { mapSegments } from "../segments.ts";
import type { ScopeClaim, Segment } from "../template.ts";

/** With the claims that a name in a program deserves; what data flow told of a clock, or of a constant, stays. */
export function withProgramNames(segments: readonly Segment[]): readonly Segment[] {
  return mapSegments(segments, (segment) => {
    if (segment.kind === "include" && segment.resolved !== null) {
      const { path, segments: inside } = segment.resolved;
      return { ...segment, resolved: { path, segments: withProgramNames(inside) } };
    }
    if (segment.kind === "include" && segment.member !== undefined) {
      const { otherwise } = segment.member;
      const scope = claimInProgram(otherwise.name, otherwise.scope);
      return { ...segment, member: { ...segment.member, otherwise: { ...otherwise, scope } } };
    }
    if (segment.kind !== "hole" && segment.kind !== "block") return segment;
    return { ...segment, scope: claimInProgram(segment.name, segment.scope) };
  });
}

function claimInProgram(name: string, claim: ScopeClaim): ScopeClaim {
  const isGuess = claim.basis !== "declared" && !["constant", "day", "volatile"].includes(claim.scope);
  if (!isGuess) return claim;
  if (/^_*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?:\.|$)/.test(name)) {
    return {
      scope: "constant",
      basis: "inferred",
      reason: `\`${name}\` is written in capitals: a constant of the program`,
    };
  }
  const isOwn = /^(?:self|this|cls)\./.test(name);
  const isPrompt = promptNames.has(splitWords(name.split(".").at(-1) ?? "").join(" "));
  if (!isOwn && !isPrompt) return claim;
  const what = isOwn ? "belongs to an object that may live long" : "is another prompt, or a part of one";
  // A part is as old as what is put together from it, which is rendered for a conversation.
  const scope = isOwn ? claim.scope : "session";
  return { scope, basis: "unknown", reason: `\`${name}\` ${what}: counted as new in every call` };
}

/** Names of what is put together from prompts. */
const promptNames = new Set([
  ...[
    "prompt",
    "base prompt",
    "full prompt",
    "template",
    "template string",
    "prompt template",
    "instructions",
  ],
  ...["instruction", "system", "preamble", "base", "prefix", "suffix", "section", "content"],
]);
