/** The messages of a prompt of Semantic Kernel: tags in every template language, role lines in Liquid. */
import type { EngineName } from "./engines.ts";
import { splitAtMessageTags } from "./message-tags.ts";
import { type RoleLines, splitAtRoleLines } from "./role-lines.ts";
import type { Segment } from "./template.ts";

/** `system:` alone in its line; without one at the beginning the text is one message. */
const liquidRoles: RoleLines = {
  pattern: /^[ \t]*(system|user|assistant|function|tool|developer)[ \t]*:[ \t]*$/i,
  mayEndFile: false,
  trimmed: "blanks",
  first: null,
};

/** `null` for a template language that nothing names. */
export function splitMessages(segments: readonly Segment[], engine: EngineName | null): readonly Segment[] {
  return splitAtMessageTags(engine === "liquid" ? splitAtRoleLines(segments, liquidRoles) : segments);
}
