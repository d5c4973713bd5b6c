/** JSON that is nested too deep is not read: its parser, and all who walk its tree, would run out of stack. */
import { createScanner, type SyntaxKind } from "jsonc-parser";

/** The package's own enumeration is none for a compiler that looks at one file at a time. */
const kinds = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  end: 17,
} as const satisfies Record<string, SyntaxKind>;

/** Far more than any configuration has. */
export const maxNesting = 200;

export function isNestedTooDeep(text: string): boolean {
  // Most texts have not enough brackets at all.
  if ((text.match(/[[{]/g)?.length ?? 0) <= maxNesting) return false;
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token = scanner.scan(); token !== kinds.end; token = scanner.scan()) {
    if (token === kinds.openBrace || token === kinds.openBracket) depth++;
    if (token === kinds.closeBrace || token === kinds.closeBracket) depth--;
    if (depth > maxNesting) return true;
  }
  return false;
}
