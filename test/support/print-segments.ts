import type { HoleSegment, Segment } from "../../src/prompt/template.ts";

/** Segments as lines that a person can read and compare; scopes in brackets, `!` for declared ones. */
export function printSegments(segments: readonly Segment[], indent = ""): string {
  return segments.flatMap((segment) => lines(segment).map((line) => indent + line)).join("\n");
}

function lines(segment: Segment): readonly string[] {
  switch (segment.kind) {
    case "text":
      return [JSON.stringify(segment.text)];
    case "marker":
      return [`<${segment.role}>`];
    case "hole":
      return [`{${segment.form === "variable" ? "" : `${segment.form} `}${segment.name}} ${scope(segment)}`];
    case "block": {
      const word = segment.form === "conditional" ? "if" : segment.isHistory ? "for each turn of" : "for";
      const item = segment.item === null ? "" : `${segment.item} in `;
      const head = `${word} ${item}${segment.form === "loop" ? segment.name : segment.expression} ${scope(segment)}`;
      const otherwise = segment.otherwise.length === 0 ? [] : ["else", ...inner(segment.otherwise)];
      return [head, ...inner(segment.body), ...otherwise];
    }
    case "include": {
      const from = segment.resolved === null ? " (unresolved)" : "";
      const overrides = [...(segment.overrides ?? [])].flatMap(([slot, body]) => [
        `  where ${slot} is`,
        ...inner(body).map((line) => `  ${line}`),
      ]);
      return [`include ${segment.target}${from}`, ...inner(segment.resolved?.segments ?? []), ...overrides];
    }
  }
}

function inner(segments: readonly Segment[]): readonly string[] {
  return segments.flatMap(lines).map((line) => `  ${line}`);
}

function scope(segment: { readonly scope: HoleSegment["scope"] }): string {
  return `[${segment.scope.scope}${segment.scope.basis === "declared" ? "!" : ""}]`;
}
