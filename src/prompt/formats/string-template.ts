/** Prompts of Spring AI in files of their own (`.st`). */
import type { TemplateFormat } from "../format.ts";
import { baseName, isDocumentation, isInPromptFolder, splitWords, stemOf, usageOfPath } from "../names.ts";
import { stringTemplateEngine } from "../string-template.ts";
import type { Template } from "../template.ts";

/** Smalltalk's files end so too, and what generates code. */
const notProse = /\bsubclass:\s*#|\bmethodsFor:|^!|^\s*(?:import|package|#include|public class)\s/m;
const tellingWords = new Set(["prompt", "system", "user", "assistant", "message", "instructions"]);

function mayHold(text: string, path: string): boolean {
  if (notProse.test(text.slice(0, 10_000))) return false;
  if (isInPromptFolder(path) || splitWords(stemOf(path)).some((word) => tellingWords.has(word))) return true;
  return /\b(?:you are|your (?:task|job|role|goal)|assistant|answer|the following)\b/i.test(text);
}

export const stringTemplate: TemplateFormat = {
  id: "string-template",
  name: "StringTemplate",
  matches: (path) => /\.st$/i.test(path) && !isDocumentation(path),
  mayHold,
  parse: ({ path, text }) => {
    const start = text.startsWith("\uFEFF") ? 1 : 0;
    const range = { start, end: text.length };
    const { value, problems } = stringTemplateEngine(path, text, range);
    const template: Template = {
      id: path,
      path,
      format: stringTemplate.id,
      name: baseName(path).replace(/\.st$/i, ""),
      range,
      usage: usageOfPath(path),
      segments: value.segments,
      samples: new Map(),
    };
    return { value: [template], problems };
  },
};
