/**
 * The prompt format of gpt-oss: `<|start|>role<|channel|>…<|message|>` in front of a message, and `<|end|>`, `<|return|>` or
 * `<|call|>` behind it. https://cookbook.openai.com/articles/openai-harmony
 */
import { appendSegment, sliceText } from "./segments.ts";
import type { Role, Segment, TextSegment } from "./template.ts";

const head = String.raw`<\|start\|>[^<|\n]{1,200}(?:<\|(?:channel|constrain|recipient)\|>[^<|\n]{0,200}){0,4}<\|message\|>`;
const marks = new RegExp(
  String.raw`\s{0,20}(?:<\|(?:end|return|call)\|>\s{0,20})?${head}|<\|(?:end|return|call)\|>\s{0,20}(?:<\|start\|>assistant\s{0,20}$)?`,
  "g",
);
const whole =
  /^\s{0,100}<\|start\|>(?:system|developer|user|assistant)\b[^<|\n]{0,200}<\|(?:message|channel)\|>/;

/** Whether a text is a prompt in this form from its beginning. */
export function isHarmony(text: string): boolean {
  return whole.test(text.slice(0, 1000));
}

/** A tool's name stands for the role of what it gave. */
function roleOf(mark: string): Role | null {
  const word = /<\|start\|>(\w+)/.exec(mark)?.[1];
  if (word === undefined) return null;
  return word === "system" || word === "developer" || word === "user" || word === "assistant" ? word : "tool";
}

/** Messages in their roles: the model's own markup is written by its chat template, as for any other prompt. */
export function splitAtHarmony(segments: readonly Segment[], source: string): readonly Segment[] {
  const split: Segment[] = [];
  for (const segment of segments) {
    if (segment.kind === "text") splitText(split, segment, source);
    else if (segment.kind === "block") {
      const body = splitAtHarmony(segment.body, source);
      split.push({ ...segment, body, otherwise: splitAtHarmony(segment.otherwise, source) });
    } else split.push(segment);
  }
  return split;
}

function splitText(into: Segment[], segment: TextSegment, source: string): void {
  let at = 0;
  const add = (from: number, to: number) => {
    if (to > from) appendSegment(into, source, sliceText(segment, from, to));
  };
  for (const { 0: mark, index } of segment.text.matchAll(marks)) {
    add(at, index);
    at = index + mark.length;
    const role = roleOf(mark);
    // What begins the model's turn is the generation prompt.
    if (role !== null && mark.includes("<|message|>")) {
      into.push({ kind: "marker", range: sliceText(segment, index, at).range, role });
    }
  }
  add(at, segment.text.length);
}
