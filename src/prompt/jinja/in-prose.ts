/** Whether prose is a template of Jinja2, where its name does not say. */
import { codeRanges, within } from "../markdown-code.ts";

const statement = /\{%[-+]?\s{0,20}(?:if|for|set|include|import|from|macro|block|extends|endif|endfor)\b/g;

export function hasJinjaStatements(text: string): boolean {
  return text.includes("{%") && standsOutsideCode(text, statement);
}

/** Whether a pattern stands outside of code: in it, others are shown how to write templates. `pattern` is global. */
export function standsOutsideCode(text: string, pattern: RegExp): boolean {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return false;
  const inCode = within(codeRanges(text, 0));
  return found.some(({ index }) => !inCode(index));
}
