import { parseDocument } from "../../src/prompt/registry.ts";
import type { Segment } from "../../src/prompt/template.ts";
import { parseTools } from "./parse-tools.ts";

/** What the templates of a file say: their usage, roles, texts and holes, these with how often they change. */
export function said(path: string, text: string): readonly string[] {
  const show = (segments: readonly Segment[]): string =>
    segments
      .map((segment) => {
        if (segment.kind === "text") return segment.text;
        if (segment.kind === "include") return show(segment.resolved?.segments ?? []);
        if (segment.kind === "block") return `(${show(segment.body)}|${show(segment.otherwise)})`;
        return segment.kind === "marker" ? `<${segment.role}>` : `{${segment.name} ${segment.scope.scope}}`;
      })
      .join("");
  const { value } = parseDocument({ path, text }, parseTools);
  return value.map(({ usage, segments }) => `${usage}: ${show(segments)}`);
}
